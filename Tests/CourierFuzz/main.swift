// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import FuzzSupport
import HakubeCourier

// courier-fuzz [INPUTS [FIRST]]: feeds so many damaged frames, orders, messages and links, numbered from FIRST, to the
// courier's decoders and ends with 1 at the first that breaks a promise. After a crash the last line tells where to begin.

/// Without a buffer, so that a crash does not swallow it.
func say(_ text: String) {
    let line = Array("courier-fuzz: \(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

let words = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let count = words.first ?? 100_000
let first = words.dropFirst().first ?? 0
let trials = Trials()
for number in first..<(first + count) {
    if number.isMultiple(of: 50_000) { say("input \(number)") }
    // A decoder that goes round for ever is as bad as one that crashes: SIGALRM ends the program, after the last line.
    alarm(60)
    var generator = Generator(seed: number)
    let trial = trials.all[Int(number % UInt64(trials.all.count))]
    if let fault = trial.run(&generator) {
        say("input \(number), \(trial.name): \(fault)\ncourier-fuzz 1 \(number) repeats it")
        exit(1)
    }
}
say("\(count) inputs, no fault; \(trials.accepted) of them were still sound")
