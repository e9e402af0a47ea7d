// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTransport
import Synchronization

/// The operator's talk with the courier on one host: the program first, then commands and the bytes that it asks for.
///
/// At most one piece of an item is in memory; the next is read when the transport has taken it.
final class CourierSession: Dialogue {
    /// What the step that pushes is told.
    enum News: Sendable {
        case progress(done: Int, total: Int)
        case notice(PushNotice)
        case line(OutputLine)
    }

    /// What the routing is told.
    enum Report: Sendable {
        /// `port`: where others can connect to it.
        case ready(RelayStanding, port: Int?)
        case relay(RelayEvent)
        case admitted(link: UInt64)
    }

    struct Setup: Sendable {
        let host: HostID
        let program: CourierProgram
        let shipment: any Shipment
        /// The host's items by number, in the order in which they are sent.
        let items: [(number: Int, item: ShipmentItem)]
        let groups: [RelayGroup]
        let folder: String
        /// Where other hosts reach this one; `nil`: it passes nothing on.
        let address: String?
        let isDirect: Bool
    }

    /// After so long without a word a courier is asked for one.
    static let quiet = Duration.seconds(30)
    /// After so long it counts as dead.
    static let dead = Duration.seconds(90)

    let setup: Setup
    let limit: RateLimit?
    let news: AsyncStream<News>.Continuation
    let state: Mutex<State>
    private let report: @Sendable (Report) -> Void

    init(
        _ setup: Setup, limit: RateLimit?, news: AsyncStream<News>.Continuation,
        report: @escaping @Sendable (Report) -> Void
    ) {
        self.setup = setup
        self.limit = limit
        self.news = news
        self.report = report
        state = Mutex(State(setup))
    }

    func begin(_ bell: Bell) { state.withLock { $0.bell = bell } }

    /// Makes the transport ask again, so that a courier which says nothing for long is noticed.
    func look() { state.withLock { $0.bell }?.ring() }

    func next() throws -> DialogueMove {
        let (move, pause) = try state.withLock { try $0.next(setup, limit) }
        if let pause {
            let bell = state.withLock { $0.bell }
            Task {
                try? await Task.sleep(for: pause)
                bell?.ring()
            }
        }
        return move
    }

    func hear(_ line: OutputLine) {
        state.withLock { $0.isHeard(at: .now) }
        guard line.stream == .out, let said = CourierReport(line.text) else { return _ = news.yield(.line(line)) }
        let (reports, progress) = state.withLock { state in
            let reports = state.hear(said, setup)
            return (reports, state.progress)
        }
        if let progress { news.yield(.progress(done: progress.done, total: progress.total)) }
        for item in reports { report(item) }
    }

    /// How the talk went, once the remote command has ended.
    var end: End { state.withLock { $0.end } }

    /// A byte of an item has arrived.
    var hasReceived: Bool { state.withLock { $0.received > 0 } }

    /// Bytes of disk that what is missing takes, packed and unpacked.
    var roomForRest: Int { state.withLock { $0.roomForRest } }

    enum End: Sendable, Hashable {
        /// The courier never said a word.
        case silent
        /// All is there.
        case complete
        /// It gave up, and says why.
        case failed(word: String, detail: String)
        /// The operator's bytes of this file come out wrong.
        case unfit(path: String)
        case ended
        /// It said nothing any more, and was stopped.
        case hung
    }
}

/// The courier runs and says nothing, not even when it is asked.
struct CourierSilent: Error {}

/// Orders from the routing; from any thread.
extension CourierSession {
    func order(_ command: String) { change { $0.outbox.append(command) } }

    /// The operator sends what is missing of a group.
    func upload(_ group: Int) {
        change { state in
            // What is under way of an earlier order would come twice, and at other offsets than will be asked for.
            state.endUpload(of: group)
            state.pulls[group, default: Pull()].begin()
            state.outbox.append("pull \(group) operator")
        }
    }

    func pull(_ group: Int, from address: String) {
        change { state in
            state.endUpload(of: group)
            state.outbox.append("pull \(group) \(address)")
        }
    }

    func stop(_ group: Int) {
        change { state in
            state.endUpload(of: group)
            state.outbox.append("stop \(group)")
        }
    }

    func finish() {
        change { state in
            guard !state.isFinishing else { return }
            state.isFinishing = true
            state.outbox.append("finish")
        }
    }

    /// Ends the talk: what the operator sends does not come out right on the host.
    func refuse(_ path: String) {
        change { state in
            state.outcome = .unfit(path: path)
            state.isOver = true
        }
    }

    func tell(_ notice: PushNotice) { news.yield(.notice(notice)) }

    private func change(_ body: (inout State) -> Void) {
        let bell = state.withLock { state in
            body(&state)
            return state.bell
        }
        bell?.ring()
    }
}
