// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import FuzzSupport

// bundle-fuzz [INPUTS [FIRST]]: feeds so many damaged bundles, signatures and keys, numbered from FIRST, to the reader and
// ends with 1 at the first that breaks a promise. After a crash the last line tells where to begin again.

/// Without a buffer, so that a crash does not swallow it.
func say(_ text: String) {
    let line = Array("bundle-fuzz: \(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

let words = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let count = words.first ?? 100_000
let first = words.dropFirst().first ?? 0
let scratch = FileManager.default.temporaryDirectory.appending(path: "bundle-fuzz-\(UUID())").path()
let trials = try Trials(folder: scratch)
let deadline = Deadline(seconds: 60)
for number in first..<(first + count) {
    if number.isMultiple(of: 20_000) { say("input \(number)") }
    deadline.began(number)
    var generator = Generator(seed: number)
    let trial = trials.all[Int(number % UInt64(trials.all.count))]
    if let fault = try trial.run(&generator) {
        say("input \(number), \(trial.name): \(fault)\nbundle-fuzz 1 \(number) repeats it; its file is \(trials.input)")
        exit(1)
    }
}
try FileManager.default.removeItem(atPath: scratch)
say("\(count) inputs, no fault; \(trials.accepted) of them were still sound")
