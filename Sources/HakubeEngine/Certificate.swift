// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
package import FoundationEssentials
package import HakubeModel
import SwiftASN1
import X509

/// What hakube wants to know of an X.509 certificate: until when it is valid, and for whom.
package struct Certificate: Sendable, Hashable {
    package let notAfter: Date
    /// DNS names of the subject's alternative names, as written.
    package let names: Set<String>
    package let addresses: Set<IPAddress>
    /// SHA-256 of the whole certificate, 64 hexadecimal digits.
    package let digest: String

    /// The first certificate of a text; further ones, as a kubelet keeps them, are its issuers. A key before it is skipped.
    ///
    /// - Throws: an error of the library's when there is none.
    package init(pem: String) throws {
        let documents = try PEMDocument.parseMultiple(pemString: pem)
        guard let document = documents.first(where: { $0.discriminator == X509.Certificate.defaultPEMDiscriminator })
        else { throw ASN1Error.invalidASN1Object(reason: "no certificate") }
        let certificate = try X509.Certificate(pemDocument: document)
        notAfter = certificate.notValidAfter
        digest = SHA256.hash(data: document.derBytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let alternatives = Array(try certificate.extensions.subjectAlternativeNames ?? SubjectAlternativeNames())
        names = Set(
            alternatives.compactMap { name in
                if case .dnsName(let name) = name { name } else { nil }
            })
        addresses = Set(
            alternatives.compactMap { name in
                if case .ipAddress(let octets) = name { IPAddress(octets: Array(octets.bytes)) } else { nil }
            })
    }

    /// As kubeadm writes them in certSANs, sorted.
    var texts: [String] { names.sorted() + addresses.sorted().map(\.description) }
}
