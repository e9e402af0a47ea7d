// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Testing

@testable import HakubeModel

struct AddressRangeTests {
    @Test(arguments: [
        ("10.0.0.7", ["10.0.0.7/32"]),
        ("10.0.0.0-10.0.0.255", ["10.0.0.0/24"]),
        ("10.0.0.1-10.0.0.6", ["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32"]),
        ("10.0.0.254-10.0.1.1", ["10.0.0.254/31", "10.0.1.0/31"]),
        ("0.0.0.0-255.255.255.255", ["0.0.0.0/0"]),
        ("fd00::-fd00::1:0", ["fd00::/112", "fd00::1:0/128"]),
        ("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ["::/0"]),
    ])
    func `a range is the fewest blocks that hold it and nothing else`(range: String, blocks: [String]) throws {
        #expect(try #require(AddressRange(range)).blocks.map(\.description) == blocks)
    }
}
