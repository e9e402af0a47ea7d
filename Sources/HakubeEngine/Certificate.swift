// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import FoundationEssentials
package import HakubeModel
import SwiftASN1

/// What an operator wants to know of an X.509 certificate (RFC 5280).
package struct Certificate: Sendable, Hashable {
    package let notAfter: Date
    /// DNS names of the subject's alternative names, as written.
    package let names: Set<String>
    package let addresses: Set<IPAddress>

    /// The first certificate of a text; further ones, as a kubelet keeps them, are its issuers.
    ///
    /// - Throws: an ASN.1 error when there is none.
    package init(pem: String) throws {
        guard
            let document = try PEMDocument.parseMultiple(pemString: pem).first(where: {
                $0.discriminator == "CERTIFICATE"
            })
        else { throw ASN1Error.invalidASN1Object(reason: "no certificate") }
        let fields = try Self.children(Self.children(DER.parse(document.derBytes)).first)
        // RFC 5280, 4.1: version, tagged [0], may be missing; serial, signature and issuer stand before the validity.
        let offset = fields.first?.identifier.tagClass == .contextSpecific ? 1 : 0
        guard fields.count > offset + 3 else { throw ASN1Error.invalidASN1Object(reason: "no validity") }
        let times = try Self.children(fields[offset + 3])
        guard times.count == 2 else { throw ASN1Error.invalidASN1Object(reason: "no validity") }
        notAfter = try Self.date(times[1])
        (names, addresses) = try Self.alternatives(in: fields)
    }

    private static func date(_ node: ASN1Node) throws -> Date {
        let parts: (year: Int, month: Int, day: Int, hours: Int, minutes: Int, seconds: Int)
        if node.identifier == .utcTime {
            let time = try UTCTime(derEncoded: node)
            parts = (time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
        } else {
            let time = try GeneralizedTime(derEncoded: node)
            parts = (time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let components = DateComponents(
            year: parts.year, month: parts.month, day: parts.day, hour: parts.hours, minute: parts.minutes,
            second: parts.seconds)
        guard let date = calendar.date(from: components) else { throw ASN1Error.invalidASN1Object(reason: "no date") }
        return date
    }

    /// id-ce-subjectAltName (RFC 5280, 4.2.1.6): dNSName is [2], iPAddress is [7].
    private static func alternatives(in fields: [ASN1Node]) throws -> (Set<String>, Set<IPAddress>) {
        let identifier: ASN1ObjectIdentifier = [2, 5, 29, 17]
        let extensionsTag = ASN1Identifier(tagWithNumber: 3, tagClass: .contextSpecific)
        guard let tagged = fields.first(where: { $0.identifier == extensionsTag }) else { return ([], []) }
        var names: Set<String> = []
        var addresses: Set<IPAddress> = []
        for entry in try children(children(tagged).first) {
            let parts = try children(entry)
            guard let first = parts.first, let last = parts.last,
                try ASN1ObjectIdentifier(derEncoded: first) == identifier
            else { continue }
            let octets = try ASN1OctetString(derEncoded: last)
            for name in try children(DER.parse(octets.bytes)) {
                guard case .primitive(let bytes) = name.content else { continue }
                switch name.identifier.tagNumber {
                case 2: names.insert(String(decoding: bytes, as: UTF8.self))
                case 7: if let address = address(Array(bytes)) { addresses.insert(address) }
                default: break
                }
            }
        }
        return (names, addresses)
    }

    private static func address(_ bytes: [UInt8]) -> IPAddress? {
        let value = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        switch bytes.count {
        case 4: return IPAddress(family: .v4, value: value)
        case 16: return IPAddress(family: .v6, value: value)
        default: return nil
        }
    }

    private static func children(_ node: ASN1Node?) throws -> [ASN1Node] {
        guard let node, case .constructed(let nodes) = node.content else {
            throw ASN1Error.invalidASN1Object(reason: "not a certificate")
        }
        return Array(nodes)
    }
}
