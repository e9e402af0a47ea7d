// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeCLI

exit(await Hakube.run(Array(CommandLine.arguments.dropFirst())))
