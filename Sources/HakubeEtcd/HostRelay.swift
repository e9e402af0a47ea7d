// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTransport
import Synchronization

/// Carries one exchange from here to an endpoint as a host reaches it: the host passes bytes on and understands none of them.
///
/// Nothing is written there and nothing is started that outlives the talk. The key stays on this machine.
final class HostRelay: Dialogue {
    /// The host has no bash, whose /dev/tcp opens the connection.
    static let lacksPrograms = 90
    /// Seconds for one exchange.
    private static let limit = 10

    private let state: Mutex<State>

    private struct State {
        let exchange: TLSExchange
        var bell: Bell?
        var words = ""
    }

    init(_ exchange: sending TLSExchange) { state = Mutex(State(exchange: exchange)) }

    /// What passes the bytes on. Lines are of base64: what comes back over a connection is text.
    static func script(to endpoint: EtcdEndpoint) -> Script {
        // dd takes what is there and waits for no more, so that each piece goes on at once.
        let relay = """
            exec 3<>"/dev/tcp/$0/$1" || exit 91
            {
                while piece=$(dd bs=16384 count=1 2>/dev/null <&3 | base64 | tr -d "\\n") && [ -n "$piece" ]; do
                    printf "%s\\n" "$piece"
                done
                echo end
            } &
            cat >&3
            kill $! 2>/dev/null
            exit 0
            """
        return Script(
            """
            for program in bash timeout dd base64 tr; do command -v $program >/dev/null || exit \(lacksPrograms); done
            exec timeout \(limit) bash -c \(Script.quoted(relay)) \(Script.quoted(endpoint.host)) \(endpoint.port)
            """, timeout: .seconds(limit + 10), asRoot: false)
    }

    func begin(_ bell: Bell) { state.withLock { $0.bell = bell } }

    func next() -> DialogueMove {
        state.withLock { state in
            let bytes = state.exchange.toSend()
            if !bytes.isEmpty { return .send(bytes) }
            return state.exchange.isOver ? .end : .wait
        }
    }

    func hear(_ line: OutputLine) {
        let bell = state.withLock { state -> Bell? in
            if line.stream == .err {
                state.words = line.text
            } else if let data = Data(base64Encoded: line.text) {
                state.exchange.take(Array(data))
            } else {
                state.exchange.end()
            }
            return state.bell
        }
        bell?.ring()
    }

    /// How it ended. A host that could not connect says why: `bash: …: Connection refused`.
    func outcome(_ output: ScriptOutput) -> Outcome {
        state.withLock { state in
            if output.status == Self.lacksPrograms { return .unasked("it has no bash") }
            if let failure = state.exchange.failure { return .silent(failure) }
            if let answer = HTTPAnswer(state.exchange.answer) { return .answered(answer) }
            if output.status == 124 { return .silent("no answer within \(Self.limit) s") }
            let reason = state.words.split(separator: ": ").last.map { $0.lowercased() }
            return .silent(reason ?? "the connection was ended without an answer")
        }
    }

    enum Outcome: Sendable, Hashable {
        case answered(HTTPAnswer)
        case silent(String)
        case unasked(String)
    }
}
