// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Where the container runtime asks for the images of one registry, should it ever have to.
package struct Registry: Sendable, Hashable {
    /// The name in image references: `docker.io`, `registry.example.com:5000`; `_default` means every other registry.
    package let host: String
    /// URLs that are asked in this order, and nothing else is; empty: the registry itself by https.
    package let endpoints: [String]
    /// Certificates in PEM that its endpoints are checked against besides the system's.
    package let ca: String?
    /// True: whoever answers is believed.
    package let skipVerify: Bool
    /// Goes to every endpoint; `nil`: they are asked without a name.
    package let login: RegistryLogin?

    package static let fallback = "_default"

    package init(
        host: String, endpoints: [String] = [], ca: String? = nil, skipVerify: Bool = false, login: RegistryLogin? = nil
    ) {
        self.host = host
        self.endpoints = endpoints
        self.ca = ca
        self.skipVerify = skipVerify
        self.login = login
    }
}

extension Inventory {
    /// An entry of `registries`, as written.
    package struct RegistryEntry: Sendable, Hashable {
        package let host: Placed<String>
        package var endpoints: [Placed<String>] = []
        /// Path of a file on the operator's machine.
        package var ca: Placed<String>?
        package var skipVerify: Placed<String>?
        package var username: Placed<String>?
        /// Path of a file on the operator's machine, whose first line is the password.
        package var passwordFile: Placed<String>?

        package init(host: Placed<String>) { self.host = host }
    }
}
