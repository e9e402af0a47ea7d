// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubePlan
import Testing

/// hakube's lines in /etc/hosts never disturb anybody else's.
@Suite struct ManagedBlockTests {
    let block = ManagedBlock(path: "/etc/hosts", name: "demo", lines: ["10.0.0.1 apiserver.cluster.local"])
    let own = "# hakube begin demo\n10.0.0.1 apiserver.cluster.local\n# hakube end demo\n"

    @Test func `a file without the block gets it at its end`() {
        #expect(block.applied(to: "127.0.0.1 localhost\n") == "127.0.0.1 localhost\n" + own)
    }

    @Test func `an empty file becomes the block`() {
        #expect(block.applied(to: "") == own)
    }

    @Test func `a last line without its newline keeps its text`() {
        #expect(block.applied(to: "127.0.0.1 localhost") == "127.0.0.1 localhost\n" + own)
    }

    @Test func `applying it twice changes nothing`() {
        let once = block.applied(to: "127.0.0.1 localhost\n\n# mine\n")
        #expect(block.applied(to: once) == once)
    }

    @Test func `an older block is replaced where it stands`() {
        let old = "a\n# hakube begin demo\n10.9.9.9 apiserver.cluster.local\n10.8.8.8 x\n# hakube end demo\nb\n"
        #expect(block.applied(to: old) == "a\n" + own + "b\n")
    }

    @Test func `another cluster's block is left alone`() {
        let other = "# hakube begin other\n10.1.1.1 api.other\n# hakube end other\n"
        #expect(block.applied(to: other) == other + own)
    }

    @Test func `a begin marker without an end swallows no foreign line`() {
        let torn = "a\n# hakube begin demo\n10.9.9.9 theirs\nb\n"
        #expect(block.applied(to: torn) == "a\n" + own + "10.9.9.9 theirs\nb\n")
    }

    @Test func `a file with CRLF keeps its line ends and gets the block once`() {
        let once = block.applied(to: "127.0.0.1 localhost\r\n")
        #expect(once == "127.0.0.1 localhost\r\n" + own)
        #expect(block.applied(to: once) == once)
    }

    @Test func `a doubled block becomes one`() {
        #expect(block.applied(to: own + "x\n" + own) == own + "x\n")
    }
}
