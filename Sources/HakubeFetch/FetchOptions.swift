// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// How things are fetched.
package struct FetchOptions: Sendable {
    /// Transfers side by side.
    package var parallel: Int
    /// The one with the longest `from` that fits is taken.
    package var mirrors: [Mirror]
    /// PEM file of the certificate authorities to believe, in place of the system's.
    package var caFile: String?
    /// HOST or HOST:PORT that are spoken to without TLS.
    package var plainHTTP: Set<String>
    /// How long retries may go on without a byte of progress.
    package var patience: Duration
    /// Bytes that a file may have whose size nobody told before.
    package var limit = Self.usualLimit
    /// Docker's config.json with the logins of registries; `nil`: as docker itself finds it, by DOCKER_CONFIG or the home.
    package var dockerConfig: String?

    /// Archives of programs have some hundred MB.
    package static let usualLimit = 4 << 30

    package init(
        parallel: Int = 4, mirrors: [Mirror] = [], caFile: String? = nil, plainHTTP: Set<String> = [],
        patience: Duration = .seconds(120), dockerConfig: String? = nil
    ) {
        self.parallel = parallel
        self.mirrors = mirrors
        self.caFile = caFile
        self.plainHTTP = plainHTTP
        self.patience = patience
        self.dockerConfig = dockerConfig
    }
}

/// Another place for what stands under a URL prefix (`https://dl.k8s.io`) or in a registry (`registry.k8s.io`).
package struct Mirror: Sendable, Hashable {
    package let from: String
    package let to: String

    package init(from: String, to: String) {
        self.from = from
        self.to = to
    }
}
