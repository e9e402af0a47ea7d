// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import SwiftASN1
import X509

/// Whom a kubelet says it is: the user of a kubelet.conf, or the subject of its client certificate.
struct KubeletIdentity: Sendable, Hashable {
    /// `system:node:NAME`.
    let user: String
    let place: Place
    /// Certificates and kubeconfigs of one host name the same user; only like is compared with like.
    let isCertificate: Bool

    /// Of a kubeconfig; `nil` if no user of it is a kubelet.
    init?(kubeconfig tree: YAMLTree) {
        let users = tree["users"]?.items ?? []
        for item in users {
            if let data = item.at("user.client-certificate-data"), let text = data.text, let pem = Self.decoded(text),
                let user = Self.user(pem: pem)
            {
                self.init(user: user, place: data.place, isCertificate: false)
                return
            }
            if let name = item["name"]?.found, name.value.hasPrefix("system:node:") {
                self.init(user: name.value, place: name.place, isCertificate: false)
                return
            }
        }
        return nil
    }

    /// Of a certificate; `nil` if it is none of a kubelet.
    init?(pem fragment: Fragment) {
        guard let user = Self.user(pem: fragment.text) else { return nil }
        let line = fragment.lines.first { $0.value.contains("BEGIN CERTIFICATE") }?.place ?? fragment.place(1)
        self.init(user: user, place: line, isCertificate: true)
    }

    private init(user: String, place: Place, isCertificate: Bool) {
        self.user = user
        self.place = place
        self.isCertificate = isCertificate
    }

    /// The common name of the first certificate, if it is a kubelet's.
    private static func user(pem: String) -> String? {
        guard let documents = try? PEMDocument.parseMultiple(pemString: pem),
            let document = documents.first(where: { $0.discriminator == Certificate.defaultPEMDiscriminator }),
            let certificate = try? Certificate(pemDocument: document)
        else { return nil }
        for part in certificate.subject {
            for attribute in part where attribute.type == .RDNAttributeType.commonName {
                return String(attribute.value).flatMap { $0.hasPrefix("system:node:") ? $0 : nil }
            }
        }
        return nil
    }

    /// `nil` if it is no base64, or no text.
    private static func decoded(_ text: String) -> String? {
        Data(base64Encoded: text).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
