// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

// hakube-bench-run: what a run costs on the operator's machine, as one JSON object on standard output.
//
//   init --hosts 1000        one run of init with the real executor, on hosts in memory
//   plan --hosts 500         what `plan --assume-fresh` does, from the inventory's text to the plan's and its JSON
//   commands FILE --key KEY --home FOLDER --steps 20
//                            a run of so many small commands on each host, over SSH; a line of FILE is user@address:port

func show(_ result: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    print(String(decoding: try encoder.encode(result), as: UTF8.self))
}

var arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
switch arguments.next() {
case "init": try show(try await Simulation(hosts: arguments.number("--hosts", 1000)).run())
case "plan": try show(try PlanTime(hosts: arguments.number("--hosts", 500)).measure())
case "commands":
    let (key, home) = (arguments.option("--key"), arguments.option("--home"))
    let steps = arguments.number("--steps", 20)
    guard let file = arguments.next() else { Arguments.refuse(Arguments.usage) }
    try show(try await Commands(file: file, steps: steps, key: key, home: home).run())
default: Arguments.refuse(Arguments.usage)
}
