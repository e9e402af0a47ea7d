// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeGuardian
import Testing

struct AddressTests {
    @Test(arguments: ["10.0.0.1:6443", "[fd00::1]:6443", "1.2.3.4:1", "[::1]:65535"])
    func `an address and port reads as it writes`(text: String) {
        #expect(SocketAddress(text)?.description == text)
    }

    @Test(arguments: [
        "", "10.0.0.1", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:+1", "fd00::1:6443", "[10.0.0.1]:6443",
        "10.0.0.256:1", "master1:6443", "[fd00::1%eth0]:6443", "10.0.0.1:64 43", "[fd00::1]", "010.0.0.1:1",
    ])
    func `anything else is no address and port`(text: String) {
        #expect(SocketAddress(text) == nil)
    }

    @Test func `an IPv6 address is written in its short form`() {
        #expect(IPAddress("fd00:0:0:0::0001")?.description == "fd00::1")
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    }

    @Test func `only addresses of one host are unicast`() {
        let no = ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "0.1.2.3"]
        for text in no { #expect(IPAddress(text)?.isUnicastHost == false, "\(text)") }
        for text in ["10.0.0.1", "fd00::1"] { #expect(IPAddress(text)?.isUnicastHost == true, "\(text)") }
        #expect(IPAddress("127.0.0.53")?.isLoopback == true)
        #expect(IPAddress("::1")?.isLoopback == true)
        #expect(IPAddress("fd00::1")?.isLoopback == false)
    }
}
