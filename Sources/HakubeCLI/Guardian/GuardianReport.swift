// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What `hakube-guardian status --output json` says on a worker. What an earlier guardian does not tell is `nil`.
struct GuardianReport: Sendable, Hashable, Codable {
    struct RealServer: Sendable, Hashable, Codable {
        let address: String
        /// `unknown`, `up`, `sick` or `down`.
        let state: String
        /// `nil`: not in rotation.
        let weight: Int?
        let since: String?
        let detail: String?
    }

    struct Transition: Sendable, Hashable, Codable {
        let time: String
        let server: String
        let from: String
        let to: String
        let reason: String?
    }

    /// What stood in the kernel at the moment of the call: an IPVS service, or the proxy's listener.
    struct Live: Sendable, Hashable, Codable {
        let service: Bool?
        let destinations: [Destination]?
        let listening: Bool?
        let connections: Int?
        let route: Bool?
    }

    struct Destination: Sendable, Hashable, Codable {
        let address: String
        let weight: Int
    }

    /// One request through the virtual address, made by the guardian's program itself.
    struct Probe: Sendable, Hashable, Codable {
        let ok: Bool
        let status: Int?
        let milliseconds: Double?
        let detail: String?
    }

    struct Configuration: Sendable, Hashable, Codable {
        let path: String?
        let problem: String?
    }

    let running: Bool
    let version: String?
    /// `ipvs` or `proxy`, and why.
    let backend: String?
    let reason: String?
    let virtual: String?
    let started: String?
    let failOpen: Bool?
    let suspectsItself: Bool?
    let verifying: Bool?
    let problem: String?
    let real: [RealServer]?
    /// Oldest first.
    let transitions: [Transition]?
    let live: Live?
    let deviations: [String]?
    let probe: Probe?
    let configuration: Configuration?
}
