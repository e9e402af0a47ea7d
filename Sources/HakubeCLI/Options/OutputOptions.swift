// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser

/// How results and progress are shown.
struct OutputOptions: ParsableArguments {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        /// For people.
        case text
        /// For programs: JSON, or one JSON object a line while something runs.
        case json
    }

    @Option(help: ArgumentHelp("Form of the output: text or json.", valueName: "format"))
    var output = Format.text

    @Flag(name: [.short, .long], help: "Show what the hosts print, too.")
    var verbose = false
}
