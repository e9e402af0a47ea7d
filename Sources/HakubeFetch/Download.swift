// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A file to fetch.
package struct Download: Sendable, Hashable {
    /// What people see of it while it runs, such as `kubeadm v1.36.4 amd64`.
    package let label: String
    /// http or https; before mirrors.
    package let url: String
    /// Without one the file is fetched anew each time, and only over https or from a host of `plainHTTP`.
    package let checksum: Checksum?
    /// Absolute path of the finished file. Its folder is made; while it runs the file has `.part` behind its name.
    package let destination: String
    /// Mode 0755 in place of 0644.
    package let isExecutable: Bool

    package init(label: String, url: String, checksum: Checksum?, destination: String, isExecutable: Bool = false) {
        self.label = label
        self.url = url
        self.checksum = checksum
        self.destination = destination
        self.isExecutable = isExecutable
    }
}
