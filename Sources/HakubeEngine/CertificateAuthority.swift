// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import SwiftASN1

/// A CA certificate as kubeadm pins it.
enum CertificateAuthority {
    /// SHA-256 of the certificate's SubjectPublicKeyInfo in DER, in hex (kubeadm's discovery-token-ca-cert-hash).
    ///
    /// - Throws: an ASN.1 error when the text is no PEM certificate.
    static func publicKeyHash(pem: String) throws -> String {
        let document = try PEMDocument(pemString: pem)
        let certificate = try DER.parse(document.derBytes)
        // RFC 5280, 4.1: the first field of a Certificate is the TBSCertificate. Its version, tagged [0], may be missing;
        // serial number, signature, issuer, validity and subject stand before the key.
        let fields = try children(of: children(of: certificate).first)
        let isTagged = fields.first?.identifier.tagClass == .contextSpecific
        let index = isTagged ? 6 : 5
        guard fields.indices.contains(index) else { throw ASN1Error.invalidASN1Object(reason: "no public key") }
        return SHA256.hash(data: fields[index].encodedBytes).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    private static func children(of node: ASN1Node?) throws -> [ASN1Node] {
        guard let node, case .constructed(let nodes) = node.content else {
            throw ASN1Error.invalidASN1Object(reason: "not a certificate")
        }
        return Array(nodes)
    }
}
