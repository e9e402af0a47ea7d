// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@testable import HakubeBuild

@Suite struct ExtraFileTests {
    @Test func `a role stands behind a second colon`() throws {
        let scratch = try Scratch()
        let local = try scratch.write("x", to: "a=b.conf")
        #expect(try ExtraFile("\(local)=files/b.conf").roles == [.master, .node])
        let file = try ExtraFile("\(local)=bin/tool:node")
        #expect(file.local == local)
        #expect(file.path == "bin/tool")
        #expect(file.roles == [.node])
    }

    @Test(arguments: [
        "files/x", "=files/x", "/dev/null=etc/x", "/dev/null=files/a/b", "/dev/null=files/..", "/none=files/x",
    ])
    func `what does not say file and place is refused with the flag`(_ text: String) throws {
        let error = try #require(throws: InventoryError.self) { try ExtraFile(text) }
        #expect(error.problems[0].place == "--file \(text)")
    }
}
