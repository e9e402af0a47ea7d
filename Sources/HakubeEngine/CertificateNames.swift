// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import SwiftASN1
import X509

/// Names and addresses a certificate is valid for.
enum CertificateNames {
    /// DNS names and addresses as kubeadm writes them in certSANs.
    ///
    /// - Throws: an ASN.1 error when the text is no PEM certificate.
    static func names(pem: String) throws -> [String] {
        guard let names = try Certificate(pemEncoded: pem).extensions.subjectAlternativeNames else { return [] }
        return names.compactMap { name in
            switch name {
            case .dnsName(let name): name
            case .ipAddress(let octets): IPAddress(octets: Array(octets.bytes))?.description
            default: nil
            }
        }
    }
}
