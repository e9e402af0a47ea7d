// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
package import HakubeTransport

/// A shell of this machine that takes a script on standard input, as a host's does.
package enum LocalShell {
    package static func run(_ script: Script) throws -> ScriptOutput {
        let (status, out) = try LocalProgram.outcome(
            ["/bin/sh", "-c", "exec /bin/sh 2>/dev/null"], input: "set -eu\n\(script.text)\n")
        return ScriptOutput(status: Int(status), out: out)
    }
}
