// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeTransport

/// Why a host is reached by the system's ssh and not by libssh2.
package enum ClientReason: Sendable, Hashable {
    /// ~/.ssh/config says something that only ssh follows.
    case directives([String])
    /// Keys that libssh2 cannot use, or certificates.
    case keys(String)
    /// Much is sent to few hosts from a machine where libssh2 needs far more CPU for it.
    case cost
    /// libssh2 has tried.
    case limit(ClientLimit)

    /// As the end of a sentence.
    package var words: String {
        switch self {
        case .directives(let names): "~/.ssh/config sets \(names.joined(separator: ", "))"
        case .keys(let what): what
        case .cost: "it encrypts big pushes with far less CPU on this machine"
        case .limit(.algorithms): "the server allows no algorithm that libssh2 has"
        case .limit(.rsaSignatures): "this libssh2 cannot sign with RSA keys as servers want it"
        case .limit(.keyForm): "libssh2 cannot read the key"
        }
    }

    /// What has to be known of a host before anything is connected.
    package struct Facts: Sendable {
        /// Directives of ~/.ssh/config for this host that libssh2's side does not follow.
        package var directives: [String] = []
        /// Types of the private keys in files, in order; `nil` for one that does not say.
        package var keyTypes: [String?] = []
        /// A certificate lies beside one of them.
        package var hasCertificate = false
        /// A bundle goes to so few hosts that all of them get it from here.
        package var sendsMuch = false
        /// ssh's ciphers are cheap here, and libssh2's are not.
        package var isCheaperByProgram = false
        /// This libssh2 signs with RSA keys in the way servers want it today.
        package var signsRSA = true

        package init() {}
    }

    /// The reason known beforehand, if there is one.
    package init?(_ facts: Facts) {
        if !facts.directives.isEmpty {
            self = .directives(facts.directives)
        } else if facts.hasCertificate {
            self = .keys("a certificate lies beside the key, and only ssh shows it")
        } else if facts.keyTypes.contains(where: { $0?.hasPrefix("sk-") ?? false }) {
            self = .keys("the key is on a FIDO security key")
        } else if !facts.signsRSA, !facts.keyTypes.isEmpty,
            facts.keyTypes.allSatisfy({ $0 == "ssh-rsa" })
        {
            self = .limit(.rsaSignatures)
        } else if facts.sendsMuch, facts.isCheaperByProgram {
            self = .cost
        } else {
            return nil
        }
    }
}
