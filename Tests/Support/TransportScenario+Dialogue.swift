// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport
import Synchronization

extension TransportScenario {
    static let dialogues: [TransportScenario] = [
        TransportScenario(name: "a dialogue's questions are answered one by one") { transport, _ in
            let talk = Talk(questions: ["one", "two", "it's three"])
            let output = try await transport.converse(
                talk, with: Script("while IFS= read -r line; do echo \"<$line>\"; done; echo bye >&2"))
            try equal(output, ScriptOutput(status: 0, out: "", err: "bye\n"), "output")
            try equal(talk.heard, ["<one>", "<two>", "<it's three>"], "answers")
        },
        TransportScenario(name: "a dialogue that waits is woken by its bell") { transport, _ in
            let talk = Talk(questions: [])
            let speaker = Task {
                while talk.bell == nil { await Task.yield() }
                talk.ask("late")
            }
            let output = try await transport.converse(talk, with: Script("head -n 1"))
            await speaker.value
            try equal(output.status, 0, "status")
            try equal(talk.heard, ["late"], "answers")
        },
        TransportScenario(name: "a dialogue whose command dies while both wait ends with its status") { transport, _ in
            let talk = Talk(questions: [])
            let output = try await transport.converse(talk, with: Script("echo 'out of luck' >&2; exit 7"))
            try equal(output, ScriptOutput(status: 7, out: "", err: "out of luck\n"), "output")
        },
        TransportScenario(name: "a dialogue whose command dies while it sends ends with its status") { transport, _ in
            let talk = Flood()
            let start = ContinuousClock.now
            let output = try await transport.converse(
                talk, with: Script("head -c 100000 >/dev/null; echo 'disk is full' >&2; exit 28"))
            try equal(output, ScriptOutput(status: 28, out: "", err: "disk is full\n"), "output")
            try require(start.duration(to: .now) < .seconds(20), "it took too long")
        },
        TransportScenario(name: "what a command says is heard while it is sent to") { transport, _ in
            let talk = Flood(limit: 10_000, until: "enough")
            let output = try await transport.converse(
                talk, with: Script("head -c 8000000 >/dev/null; echo enough; exec cat >/dev/null"))
            try equal(output, ScriptOutput(status: 0), "output")
        },
        TransportScenario(name: "a dialogue that throws stops the command") { transport, _ in
            do {
                _ = try await transport.converse(Flood(limit: 10), with: Script("exec sleep 347"))
                throw Failure(description: "the failure was lost")
            } catch is BrokenSource.Failure {}
            try await awaitEnd(of: "sleep.347.", transport)
        },
        TransportScenario(name: "a dialogue that is cancelled while it waits ends, and the connection works on") {
            transport, _ in
            let talk = Talk(questions: ["x"])
            let task = Task {
                try await transport.converse(talk, with: Script("read -r line; echo ok; exec sleep 348"))
            }
            while talk.heard.isEmpty { await Task.yield() }
            task.cancel()
            if case .failure(let error) = await task.result {
                try require(error is CancellationError, "it threw \(error)")
            } else {
                throw Failure(description: "it ended by itself")
            }
            try await awaitEnd(of: "sleep.348.", transport)
        },
    ]

    /// Asks a question when the one before is answered, and ends after the last.
    private final class Talk: Dialogue {
        private struct State {
            var questions: [String]
            var open = 0
            var heard: [String] = []
            var bell: Bell?
            var isPatient: Bool
        }
        private let state: Mutex<State>

        /// With no question at all it waits for one.
        init(questions: [String]) {
            state = Mutex(State(questions: questions, isPatient: questions.isEmpty))
        }

        var heard: [String] { state.withLock { $0.heard } }
        var bell: Bell? { state.withLock { $0.bell } }

        func ask(_ question: String) {
            let bell = state.withLock { state in
                state.questions.append(question)
                state.isPatient = false
                return state.bell
            }
            bell?.ring()
        }

        func begin(_ bell: Bell) { state.withLock { $0.bell = bell } }

        func next() -> DialogueMove {
            state.withLock { state in
                guard state.open == 0, !state.isPatient else { return .wait }
                guard !state.questions.isEmpty else { return .end }
                state.open += 1
                return .send(Array((state.questions.removeFirst() + "\n").utf8))
            }
        }

        func hear(_ line: OutputLine) {
            state.withLock { state in
                guard line.stream == .out else { return }
                state.heard.append(line.text)
                state.open -= 1
            }
        }
    }

    /// Sends until it hears a word, and fails after so many pieces.
    private final class Flood: Dialogue {
        private let left: Mutex<Int>
        private let word: String?
        private let isHeard = Mutex(false)

        init(limit: Int = .max, until word: String? = nil) {
            left = Mutex(limit)
            self.word = word
        }

        func begin(_ bell: Bell) {}

        func next() throws -> DialogueMove {
            if isHeard.withLock({ $0 }) { return .end }
            let isOver = left.withLock { left in
                left -= 1
                return left < 0
            }
            if isOver { throw BrokenSource.Failure() }
            return .send([UInt8](repeating: 7, count: 4096))
        }

        func hear(_ line: OutputLine) { if line.text == word { isHeard.withLock { $0 = true } } }
    }
}
