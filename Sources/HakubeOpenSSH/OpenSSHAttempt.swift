// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeModel
import HakubeRemote
import HakubeTransport

/// Lets ssh connect and log in, answers its questions, and says what went wrong.
struct OpenSSHAttempt {
    let program: SSHProgram
    let host: Host
    /// As ssh itself reads ~/.ssh/config.
    let login: Login
    /// For each hop, the host's last.
    let meanings: [EffectiveConfig]
    let context: SSHContext
    let run: RunFolder

    private var configuration: SSHConfiguration { context.configuration }
    /// In the order in which they are passed.
    private var logins: [Login] { login.bastions + [login] }

    func open(_ wakeup: Wakeup) throws -> any Link {
        var pauses: [Duration] = [.milliseconds(250), .milliseconds(750), .seconds(2)]
        while true {
            let folder = try HostFolder(in: run)
            let files = try ClientFiles(folder, logins, context)
            let arguments = arguments(files)
            let master = try Master(
                arguments.master(
                    socket: folder.socket, ciphers: meanings.last?.ciphers(hasAES: Processor.hasAES) ?? []),
                environment: environment(folder),
                in: folder, log: folder.log(logins.count - 1))
            let questions = LoginQuestions(logins, context)
            let outcome = try wait(for: master, files, questions, wakeup)
            if outcome == .ready {
                try files.record(logins, host.id)
                return OpenSSHLink(master, program: program, configuration)
            }
            master.end()
            // A key that was shown on first contact counts from then on, also when the log-in fails.
            try files.record(logins, host.id)
            let failure = failure(files, questions, isLate: outcome == .late)
            guard failure.mayPass, !pauses.isEmpty else { throw try error(failure, files, wakeup) }
            if wakeup.wait(milliseconds: Deadline(after: pauses.removeFirst()).milliseconds) {
                throw CancellationError()
            }
        }
    }

    private enum Outcome { case ready, ended, late }

    private func wait(for master: Master, _ files: ClientFiles, _ questions: LoginQuestions, _ wakeup: Wakeup) throws
        -> Outcome
    {
        var said: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 1)
        defer { buffer.deallocate() }
        var deadline = Deadline(after: configuration.connectTimeout * logins.count)
        var isLoggingIn = false
        while true {
            switch master.output.take(into: buffer) {
            case .bytes(let count):
                said += buffer[..<count]
                if String(decoding: said, as: UTF8.self).contains(ClientArguments.ready) { return .ready }
            case .end: return .ended
            case .nothing: break
            }
            if let question = files.askPass.question() {
                switch questions.reply(to: question) {
                case .answer(let secret): files.askPass.answer(secret)
                case .none: if !question.isNotice { files.askPass.answer(nil) }
                case .giveUp: return .ended
                }
                deadline = Deadline(after: configuration.authenticationTimeout)
                continue
            }
            do {
                try Poll.wait(
                    [(master.output.number, Int16(POLLIN)), (files.askPass.descriptor, Int16(POLLIN))], until: deadline,
                    wakeup)
            } catch is DeadlinePassed where !isLoggingIn && isAnyoneLoggingIn(files) {
                isLoggingIn = true
                deadline = Deadline(after: configuration.authenticationTimeout)
            } catch is DeadlinePassed {
                return .late
            }
        }
    }

    private func isAnyoneLoggingIn(_ files: ClientFiles) -> Bool {
        logins.indices.contains { files.log($0).hasReachedLogin && !files.log($0).hasLoggedIn }
    }

    /// The first hop that was not passed.
    private func failure(_ files: ClientFiles, _ questions: LoginQuestions, isLate: Bool) -> LoginFailure {
        let hop = logins.indices.dropLast().first { !files.log($0).hasLoggedIn } ?? logins.count - 1
        var failure = LoginFailure(
            login: logins[hop], log: files.log(hop), recorded: files.recorded[hop], context: context)
        failure.tried = questions.passwordTried.contains(logins[hop]) ? ["password"] : []
        failure.notes = questions.notes
        failure.isLate = isLate
        failure.isFinal = questions.hasAnswered || hop > 0 && files.log(hop - 1).refusedForwarding != nil
        failure.hasProxy = hop == 0 && host.access.bastions != [] && meanings[0].hasProxy
        failure.proxyWords = ClientLog(files.folder.text(files.folder.errors)).words
        return failure
    }

    private func error(_ failure: LoginFailure, _ files: ClientFiles, _ wakeup: Wakeup) throws -> TransportError {
        if failure.login.isBastion { return failure.error.met(at: failure.login, onTheWayTo: login) }
        if let bastion = login.bastions.last, let reason = files.log(logins.count - 2).refusedForwarding {
            return TransportError(
                .unreachable, peer: login.peer,
                message: "the bastion \(bastion.peer) opens no connection to it: \(reason)",
                remedy:
                    "check the address as the bastion sees it, its firewall, and AllowTcpForwarding in its sshd_config")
        }
        let error = failure.error
        if error.code == .unknownHostKey, let told = try unknownKey(wakeup) { return told }
        return error
    }

    /// The sentence with the whole key in it, which ssh does not print: it is asked for once more, without a log-in.
    private func unknownKey(_ wakeup: Wakeup) throws -> TransportError? {
        let folder = try HostFolder(in: run)
        let files = try ClientFiles(folder, logins, context)
        var arguments = arguments(files)
        arguments.trusting.insert(logins.count - 1)
        _ = try? ProgramAnswer.of(
            arguments.keyOnly(), environment: environment(folder),
            until: Deadline(after: configuration.connectTimeout), wakeup)
        do {
            try files.record(logins, host.id)
            return nil
        } catch let error as TransportError {
            return error
        }
    }

    private func arguments(_ files: ClientFiles) -> ClientArguments {
        var arguments = ClientArguments(
            program: program.path, host: host, login: login, configuration: configuration, log: files.folder.log,
            knownHosts: files.folder.knownHosts)
        arguments.meanings = meanings
        arguments.recordedTypes = files.recorded.map { $0.map(\.type) }
        if !configuration.strictHostKeys {
            arguments.trusting = Set(logins.indices.filter { files.recorded[$0].isEmpty })
        }
        return arguments
    }

    private func environment(_ folder: HostFolder) -> [String: String] {
        Master.environment(
            askPass: folder.askPass, agentSocket: configuration.agentSocket, hasProxies: !login.bastions.isEmpty)
    }
}
