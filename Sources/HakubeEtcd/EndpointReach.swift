// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
package import HakubePlan
package import HakubeTransport

/// Whether an etcd that somebody else runs takes connections from hosts that shall use it: all that can be asked by who has no
/// credentials for it, as after `init` nobody but the masters has them.
package enum EndpointReach {
    /// Seconds for one connection.
    private static let limit = 5

    /// - Throws: `TransportError`, `CancellationError`.
    package static func reading(
        of endpoints: [EtcdEndpoint], from hosts: [Host],
        through connection: @escaping @Sendable (Host) async throws -> any Transport
    ) async throws -> ExternalEtcdReading {
        var reading = ExternalEtcdReading()
        try await withThrowingTaskGroup(of: (HostID, [EtcdEndpoint: ExternalEtcdReading.Answer]).self) { group in
            for host in hosts {
                group.addTask {
                    let output = try await connection(host).run(script(to: endpoints)) { _ in }
                    return (host.id, answers(endpoints, output))
                }
            }
            for try await (host, answers) in group { reading.answers[host] = answers }
        }
        return reading
    }

    /// Prints a line for each: the status of the attempt, and what was said.
    private static func script(to endpoints: [EtcdEndpoint]) -> Script {
        let knocks = endpoints.map { "knock \(Script.quoted($0.host)) \($0.port)" }.joined(separator: "\n")
        return Script(
            """
            for program in bash timeout grep; do command -v $program >/dev/null || exit \(HostRelay.lacksPrograms); done
            # bash's words about the connection begin with the endpoint's name; there may be others.
            knock() {
                words=$(LC_ALL=C timeout \(limit) bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1) && status=0 || status=$?
                printf '%s %s\\n' "$status" "$(printf '%s\\n' "$words" | grep -m 1 -F "$1: ")"
            }
            \(knocks)
            """, timeout: .seconds(limit * endpoints.count + 15), asRoot: false)
    }

    private static func answers(
        _ endpoints: [EtcdEndpoint], _ output: ScriptOutput
    ) -> [EtcdEndpoint: ExternalEtcdReading.Answer] {
        let lines = output.out.split(separator: "\n").map(String.init)
        return Dictionary(
            uniqueKeysWithValues: endpoints.enumerated().map { index, endpoint in
                if output.status == HostRelay.lacksPrograms { return (endpoint, .unasked("it has no bash")) }
                guard index < lines.count else { return (endpoint, .unasked("it did not tell")) }
                return (endpoint, answer(lines[index]))
            })
    }

    private static func answer(_ line: String) -> ExternalEtcdReading.Answer {
        switch line.prefix(while: { $0 != " " }) {
        case "0": .open
        case "124": .silent("no answer within \(limit) s")
        default: .silent(line.split(separator: ": ").dropFirst().last.map { $0.lowercased() } ?? "no connection")
        }
    }
}
