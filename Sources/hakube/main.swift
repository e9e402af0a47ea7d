// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeCLI

let status = await Hakube.run(Array(CommandLine.arguments.dropFirst()))
// Threads of connections may still be ending, and exit(3) would take the C libraries' tables away under them.
fflush(nil)
_exit(status)
