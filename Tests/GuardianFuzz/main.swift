// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FuzzSupport
import Glibc
import HakubeGuardian

// guardian-fuzz [INPUTS [FIRST]]: feeds so many damaged inputs, numbered from FIRST, to the guardian's parsers in turn and
// ends with 1 at the first that breaks a promise. After a crash the last line tells where to begin again.

/// Without a buffer, so that a crash does not swallow it.
func say(_ text: String) {
    let line = Array("guardian-fuzz: \(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

let words = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let count = words.first ?? 1_000_000
let first = words.dropFirst().first ?? 0
for number in first..<(first + count) {
    if number.isMultiple(of: 250_000) { say("input \(number)") }
    let parser = Parser.all[Int(number % UInt64(Parser.all.count))]
    var generator = Generator(seed: number)
    let input = generator.damaged(parser.seeds)
    if let fault = parser.check(input, &generator) {
        say("input \(number), \(parser.name): \(fault)\n\(input)\nguardian-fuzz 1 \(number) repeats it")
        exit(1)
    }
}
say("\(count) inputs, no fault")
