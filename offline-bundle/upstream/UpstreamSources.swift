// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The sources of `hakube bundle build` where none are named; sources.yaml beside this file is compiled in.
package enum UpstreamSources {
    package static var yaml: String { String(decoding: PackageResources.sources_yaml, as: UTF8.self) }
}
