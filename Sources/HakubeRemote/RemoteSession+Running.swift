// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

/// A script and what it is fed.
struct RemoteJob {
    /// Standard input of a script.
    enum Input {
        /// The script itself travels there.
        case script
        case source(any ByteSource)
        case dialogue(any Dialogue)
    }

    let script: Script
    let input: Input
    var onProgress: (Int) -> Void = { _ in }
    var onOutput: OutputSink = { _, _ in }

    init(_ script: Script, input: Input = .script) {
        self.script = script
        self.input = input
    }

    var payload: RemoteCommand.Payload {
        if case .script = input { .standardInput } else { .argument(script.text) }
    }

    /// What was heard in a dialogue is not kept.
    var keepsOutput: Bool {
        if case .dialogue = input { false } else { true }
    }
}

/// How a job ended, in bytes.
struct RawOutput {
    var status = 0
    var out: [UInt8] = []
    var err: [UInt8] = []

    var outText: String { String(decoding: out, as: UTF8.self) }
    var errorText: String { String(decoding: err, as: UTF8.self) }
}

extension RemoteSession {
    /// Runs a job to its end.
    /// - Throws: `TransportError`; `CancellationError`; whatever the input throws.
    func perform(_ job: RemoteJob, _ wakeup: Wakeup?) throws -> RawOutput {
        let link = try usable()
        let privilege = job.script.asRoot ? self.privilege : .direct
        let command = RemoteCommand(
            payload: job.payload, privilege: privilege, reportsSignals: link.losesSignals)
        let collector = OutputCollector(command: command, keepsOutput: job.keepsOutput, forward: job.onOutput)
        do {
            let exchange = try link.exchange(command.line, wakeup, sink: collector.take)
            defer { exchange.close() }
            do {
                try feed(job, command, exchange, collector)
                let status = try exchange.finish(until: Deadline(after: job.script.timeout))
                guard collector.hasStarted else {
                    throw notStarted(privilege, wrongPassword: collector.isAskedTwice, words: collector.noise)
                }
                return try collector.output(status: status)
            } catch is DeadlinePassed {
                throw stopped(job, command, exchange)
            } catch {
                // A script whose input ends for our reasons must not take it for the whole input. One that has not begun
                // yet would not be found, and begin later; only somebody who presses Ctrl-C does not wait for that.
                let isHurried = error is CancellationError
                if !isHurried {
                    try? exchange.read(until: Deadline(after: Self.patience)) { collector.hasStarted }
                }
                if !exchange.hasEnded { kill(command, exchange, within: isHurried ? nil : Self.patience) }
                throw error
            }
        } catch let failure as any LinkFailure {
            throw lost("the connection broke: \(failure)")
        } catch is DeadlinePassed {
            throw lost("the server opened no channel within \(configuration.connectTimeout.text)")
        }
    }

    private func feed(
        _ job: RemoteJob, _ command: RemoteCommand, _ exchange: any Exchange, _ collector: OutputCollector
    )
        throws
    {
        if case .sudoWithPassword(let password) = command.privilege {
            try exchange.send(Array("\(password.exposed)\n".utf8))
            // A wrong password makes sudo ask again, and it would take the script for the answer.
            let deadline = Deadline(after: configuration.authenticationTimeout)
            do {
                try exchange.read(until: deadline) { collector.hasStarted || collector.isAskedTwice }
            } catch is DeadlinePassed {
                throw unprivileged(
                    "sudo gave no answer within \(configuration.authenticationTimeout.text)",
                    "try sudo on the host by hand")
            }
            guard collector.hasStarted else { return }
        }
        try exchange.send(command.preamble)
        switch job.input {
        case .script: try exchange.send(command.input(for: job.script.text))
        case .source(let source): try feed(source, exchange, job.onProgress)
        case .dialogue(let dialogue): try talk(dialogue, exchange)
        }
    }

    private func feed(_ input: any ByteSource, _ exchange: any Exchange, _ onProgress: (Int) -> Void) throws {
        var sent = 0
        do {
            try input.read { bytes in
                try exchange.send(bytes)
                // Ends the source: the command that should read this is gone, and its status says why.
                guard !exchange.hasEnded else { throw RemoteEnded() }
                sent += bytes.count
                onProgress(sent)
            }
        } catch {
            guard exchange.hasEnded else { throw error }
        }
    }

    private struct RemoteEnded: Error {}

    /// Sends what the dialogue says until it ends its side or the command ends.
    private func talk(_ dialogue: any Dialogue, _ exchange: any Exchange) throws {
        let alarm = try Wakeup()
        dialogue.begin(Bell { alarm.raise() })
        while !exchange.hasEnded {
            // Before the question: what is queued while it is answered must not be slept over.
            alarm.reset()
            switch try dialogue.next() {
            case .send(let bytes): try exchange.send(bytes)
            case .wait: try exchange.listen(alarm)
            case .end: return
            }
        }
    }

    private func stopped(_ job: RemoteJob, _ command: RemoteCommand, _ exchange: any Exchange) -> TransportError {
        kill(command, exchange)
        guard exchange.isInputOpen else {
            return TransportError(
                .timeout, peer: peer,
                message: "the script did not end within \(job.script.timeout.text) and was stopped",
                remedy: "look at the host for what it waits for, then run the same command again")
        }
        return lost("the host took no byte for \(configuration.stallTimeout.text)")
    }

    /// A busy host looks through its processes for that long.
    private static let patience = Duration.seconds(30)

    /// Ends the processes of a command, then its channel. Without a terminal sshd leaves them running, and it does not
    /// close the channel before they have ended; neither libssh2 1.10 nor a multiplexed ssh can send signals.
    ///
    /// - Parameter time: how long its end is waited for; `nil`: until the word is surely on its way.
    private func kill(_ command: RemoteCommand, _ exchange: any Exchange, within time: Duration? = nil) {
        defer { exchange.close() }
        guard let link, link.isUsable else { return }
        let killer = RemoteCommand(payload: .standardInput, privilege: command.privilege, reportsSignals: false)
        let job = RemoteJob(Script(RemoteCommand.killScript(for: command)))
        let collector = OutputCollector(command: killer, keepsOutput: false) { _, _ in }
        guard
            let channel = try? link.exchange(killer.line, nil, sink: collector.take),
            (try? feed(job, killer, channel, collector)) != nil
        else { return }
        // What was sent takes effect even if a busy host confirms it later; a cancellation has to return soon.
        _ = try? channel.finish(until: Deadline(after: time ?? link.lead))
        channel.close()
    }
}
