// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// How an etcd that somebody else runs looks from the hosts that shall use it. Gathered by reading only.
package struct ExternalEtcdReading: Sendable, Hashable {
    /// What an endpoint said, or why it said nothing.
    package enum Answer: Sendable, Hashable {
        case said(Said)
        /// It takes connections; nobody had the credentials to ask more.
        case open
        /// In words, e.g. `connection refused`.
        case silent(String)
        /// The host has nothing to ask with; in words.
        case unasked(String)
    }

    package struct Said: Sendable, Hashable {
        /// It has a leader and can commit.
        package let isHealthy: Bool
        /// What it says in place of that, if anything.
        package let reason: String
        /// `3.5.21`; empty where it did not tell.
        package let version: String

        package init(isHealthy: Bool, reason: String = "", version: String = "") {
            self.isHealthy = isHealthy
            self.reason = reason
            self.version = version
        }
    }

    /// What was asked of each endpoint, from each host.
    package var answers: [HostID: [EtcdEndpoint: Answer]] = [:]
    /// The etcd that an endpoint belongs to, where it told.
    package var clusters: [EtcdEndpoint: String] = [:]
    /// How many keys there are below the prefix of the API servers; `nil` where that could not be found out.
    package var keys: Int?

    package init() {}

    /// The endpoint said to one of the hosts that it is well; one that is not says nothing else.
    func hasAnswer(from endpoint: EtcdEndpoint) -> Bool {
        answers.values.contains { if case .said(let said) = $0[endpoint] { said.isHealthy } else { false } }
    }

    var hasAnswer: Bool { answers.values.contains { $0.keys.contains(where: hasAnswer) } }
}

extension ClusterSpec {
    /// Below this the API servers keep their keys in etcd; the user's documents may say otherwise.
    package var etcdPrefix: String { EtcdPrefix(documents: kubeadmDocuments).value }
}
