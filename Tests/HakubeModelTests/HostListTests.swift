// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

struct HostListTests {
    private static func texts(_ list: HostList) -> [String] {
        list.items.map { item in
            (item.user.map { "\($0)@" } ?? "") + item.target.description + (item.port.map { " \($0)" } ?? "")
        }
    }

    @Test(arguments: [
        ("10.0.0.1", ["10.0.0.1"]),
        ("10.0.0.1-3", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        ("10.0.0.7-7", ["10.0.0.7"]),
        ("10.0.0.1-3,10.0.0.9", ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.9"]),
        (" 10.0.0.1 , 10.0.0.2 ", ["10.0.0.1", "10.0.0.2"]),
        ("10.0.0.254-10.0.1.1", ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]),
        ("root@10.0.0.1:2222", ["root@10.0.0.1 2222"]),
        ("ops@10.0.0.1-2:2222", ["ops@10.0.0.1 2222", "ops@10.0.0.2 2222"]),
        ("fd00::1", ["fd00::1"]),
        ("FD00:0:0::1", ["fd00::1"]),
        ("[fd00::1]", ["fd00::1"]),
        ("[fd00::1]:2222", ["fd00::1 2222"]),
        ("ops@[fd00::1]:2222", ["ops@fd00::1 2222"]),
        ("fd00::9-fd00::b", ["fd00::9", "fd00::a", "fd00::b"]),
        ("[fd00::1-fd00::2]:2222", ["fd00::1 2222", "fd00::2 2222"]),
        ("fd00::1:2222", ["fd00::1:2222"]),
        ("web-1.example.com:22", ["web-1.example.com 22"]),
        ("ip-10-0-0-1", ["ip-10-0-0-1"]),
    ])
    func `a list names each host`(_ text: String, _ expected: [String]) {
        let list = HostList(text, place: "--masters")
        #expect(Self.texts(list) == expected)
        #expect(list.problems.isEmpty)
    }

    @Test func `a range over two networks counts every address`() {
        let list = HostList("10.10.0.1-10.10.1.244", place: "--nodes")
        #expect(list.items.count == 500)
        #expect(list.items.first?.target.description == "10.10.0.1")
        #expect(list.items.last?.target.description == "10.10.1.244")
    }

    @Test func `a range may stand for a thousand hosts`() {
        #expect(HostList("10.0.0.0-10.0.3.231", place: "").items.count == 1000)
    }

    private static let forms =
        "write it as 10.0.0.1, 10.0.0.1-3, 10.0.0.1-10.0.1.9, user@10.0.0.1:22 or [fd00::1]:22"

    @Test(arguments: [
        ("", "the list of hosts is empty; write addresses with one comma between them"),
        ("10.0.0.1,,10.0.0.2", "the list of hosts has an empty item; write addresses with one comma between them"),
        ("10.0.0.1,", "the list of hosts has an empty item; write addresses with one comma between them"),
        ("10.0.0.9-3", "the range 10.0.0.9-3 ends before it starts; write 10.0.0.3-10.0.0.9"),
        ("fd00::5-fd00::1", "the range fd00::5-fd00::1 ends before it starts; write fd00::1-fd00::5"),
        (
            "10.0.0.0-10.0.3.232",
            "the range 10.0.0.0-10.0.3.232 stands for 1001 hosts; write at most 1000 hosts in one range"
        ),
        (
            "fd00::-fd01::",
            "the range fd00::-fd01:: stands for more than 2^64 hosts; write at most 1000 hosts in one range"
        ),
        (
            "10.0.0.1-256",
            "the range 10.0.0.1-256 has no valid end; write it as 10.0.0.1-1 or with a whole address after the dash"
        ),
        (
            "fd00::1-5",
            "the range fd00::1-5 has no valid end; write a whole address after the dash: fd00::1-fd00::1"
        ),
        (
            "10.0.0.1-fd00::1",
            "the range 10.0.0.1-fd00::1 starts with IPv4 and ends with IPv6; write both ends in one family"
        ),
        ("10.0.0.1:0", "the port of 10.0.0.1:0 is not a number from 1 to 65535; write it as address:22"),
        ("10.0.0.1:65536", "the port of 10.0.0.1:65536 is not a number from 1 to 65535; write it as address:22"),
        ("[fd00::1]:ssh", "the port of [fd00::1]:ssh is not a number from 1 to 65535; write it as address:22"),
        ("@10.0.0.1", "@10.0.0.1 has no valid user name before the @; write it as user@address"),
        ("-oX@10.0.0.1", "-oX@10.0.0.1 has no valid user name before the @; write it as user@address"),
        ("[fd00::1", "[fd00::1 opens a bracket and does not close it; write it as [fd00::1]:22"),
        (
            "[10.0.0.1]:22",
            "[10.0.0.1]:22 does not read as [IPv6 address]:port; write it as [fd00::1]:22, and IPv4 without brackets"
        ),
        (
            "[fd00::1]22",
            "[fd00::1]22 does not read as [IPv6 address]:port; write it as [fd00::1]:22, and IPv4 without brackets"
        ),
        (
            "fe80::1%eth0",
            "fe80::1%eth0 has a zone, which means something on one machine only;"
                + " write a global or unique local address instead of fe80::1"
        ),
        ("10.0.0.256", "10.0.0.256 is neither an address nor a range; \(forms)"),
        ("10.0.0-3", "10.0.0-3 is neither an address nor a range; \(forms)"),
        ("10.0.0.0/24", "10.0.0.0/24 is neither an address nor a range; \(forms)"),
        ("what?", "what? is neither an address nor a range; \(forms)"),
        ("10.0.0.1 10.0.0.2", "10.0.0.1 10.0.0.2 is neither an address nor a range; \(forms)"),
    ])
    func `what is no host has its sentence`(_ text: String, _ expected: String) {
        let list = HostList(text, place: "--masters")
        #expect(list.problems.map(\.description) == ["--masters: \(expected)"])
    }

    @Test func `one bad item does not hide the others`() {
        let list = HostList("10.0.0.9-3,10.0.0.1,x y", place: "--nodes")
        #expect(Self.texts(list) == ["10.0.0.1"])
        #expect(list.problems.count == 2)
    }
}
