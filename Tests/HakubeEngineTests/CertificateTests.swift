// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeEngine
import HakubeModel
import HakubeTestSupport
import Testing

struct CertificateTests {
    @Test func `names, addresses and the end are read`() throws {
        let certificate = try Certificate(pem: SampleCertificate.apiServer)
        #expect(certificate.notAfter.formatted(.iso8601) == "2036-11-18T16:15:14Z")
        #expect(certificate.names == ["localhost", "apiserver.cluster.local", "api.example.com"])
        let addresses = ["127.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.103.97.2", "fd00::1"]
        #expect(certificate.addresses == Set(addresses.compactMap { IPAddress($0) }))
    }

    @Test func `an end after 2049 and a certificate without names are read`() throws {
        let certificate = try Certificate(pem: SampleCertificate.authority)
        #expect(certificate.notAfter.formatted(.iso8601) == "2051-07-13T16:13:31Z")
        #expect(certificate.names.isEmpty)
        #expect(certificate.addresses.isEmpty)
    }

    @Test func `of several certificates the first counts`() throws {
        let text = SampleCertificate.authority + "\n" + SampleCertificate.apiServer
        #expect(try Certificate(pem: text) == Certificate(pem: SampleCertificate.authority))
    }

    @Test(arguments: ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
    func `what is no certificate is an error`(_ text: String) {
        #expect(throws: (any Error).self) { try Certificate(pem: text) }
    }
}
