// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// An entry of a docker-archive's manifest.json.
struct DockerImage: Decodable {
    let Config: String
    let RepoTags: [String]?
    let Layers: [String]
}
