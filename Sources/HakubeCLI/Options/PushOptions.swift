// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeEngine

/// How the bundle's files travel.
struct PushOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Way of the files: auto (default), direct or relay.",
            discussion: """
                relay: hosts pass on what they receive, so that it crosses this machine's line once. direct: each host gets \
                it from here. auto takes relay where three hosts or more need the same files.
                """, valueName: "way"))
    var fanOut = PushSettings.FanOut.auto

    @Option(
        help: ArgumentHelp(
            "The most that leaves this machine, all uploads together: 50MB (a second), 400Mbit.", valueName: "rate"))
    var limitRate: String?

    @Option(help: ArgumentHelp("How many hosts get files from here at the same time.", valueName: "number"))
    var parallelUploads = PushSettings.defaultUploads

    func validate() throws {
        guard parallelUploads >= 1 else {
            throw ValidationError("--parallel-uploads \(parallelUploads) sends to no host; write 1 or more.")
        }
        if let limitRate, DataRate(limitRate) == nil {
            throw ValidationError(
                "--limit-rate \(limitRate) is no rate of 1kB or more; write a number with kB, MB, GB, kbit, Mbit or Gbit, such as 50MB."
            )
        }
    }

    var settings: PushSettings {
        PushSettings(
            fanOut: fanOut, limitRate: limitRate.flatMap(DataRate.init)?.bytesPerSecond,
            parallelUploads: parallelUploads, courier: CourierPrograms.beside)
    }
}

extension PushSettings.FanOut: ExpressibleByArgument {}
