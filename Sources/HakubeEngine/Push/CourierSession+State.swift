// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTransport

extension CourierSession {
    /// A group that the operator sends: the courier says what it wants of it, then gets that in the same order.
    struct Pull {
        private var asked = 0
        private var answered = 0
        var wants: [(item: Int, offset: Int)] = []
        var isUpload = false

        mutating func begin() {
            asked += 1
            isUpload = true
        }

        /// True when the answer is the last question's, and still wanted.
        mutating func answer() -> Bool {
            answered += 1
            return answered == asked && isUpload
        }
    }

    /// Bytes on their way: items of one group, the first of them under way.
    struct Delivery {
        let group: Int
        var wants: ArraySlice<(item: Int, offset: Int)>
        var cursor: (any ShipmentCursor)?
        var offset = 0
    }

    /// Whether other hosts can connect to this one.
    enum Listener: Hashable {
        case unknown, deaf
        case port(Int)
    }

    struct State {
        var bell: Bell?
        private var lastHeard = ContinuousClock.now
        private var isAsked = false
        var sentProgram = 0
        var isTalking = false
        /// Nothing more is to be said.
        var isOver = false
        var isFinishing = false
        var outcome: End?
        var outbox: [String] = []
        var pulls: [Int: Pull] = [:]
        var deliveries: [Delivery] = []
        var standing: RelayStanding
        var listener = Listener.unknown
        var hasLooked = false
        var isReady = false
        private let items: [Int: ShipmentItem]
        /// Wire bytes that the host needed when it was ready, those of them that were there, and those received since.
        private var needed = 0
        private var had = 0
        private(set) var received = 0
        private var missing: Set<Int> = []
        private var told: (done: Int, total: Int)?
        private(set) var progress: (done: Int, total: Int)?

        init(_ setup: Setup) {
            items = Dictionary(uniqueKeysWithValues: setup.items.map { ($0.number, $0.item) })
            standing = RelayStanding(missing: [:], wire: [], isListening: false, isDirect: setup.isDirect)
            for number in items.keys { standing.missing[number] = 0 }
            if setup.address == nil { listener = .deaf }
        }

        var end: End { outcome ?? (isTalking ? .ended : .silent) }

        var roomForRest: Int {
            missing.reduce(0) { sum, number in
                guard let item = items[number] else { return sum }
                return sum + item.size + (item.form == .zstd ? item.wire : 0)
            }
        }

        mutating func next(_ setup: Setup, _ limit: RateLimit?) throws -> (DialogueMove, pause: Duration?) {
            if isOver { return (.end, nil) }
            let program = setup.program.packed
            if sentProgram < program.count {
                let piece = program[sentProgram..<min(sentProgram + 64 << 10, program.count)]
                if let pause = limit?.take(piece.count) { return (.wait, pause) }
                sentProgram = piece.endIndex
                lastHeard = .now
                return (.send(Array(piece)), nil)
            }
            try watch()
            guard isTalking else { return (.wait, nil) }
            if !outbox.isEmpty {
                defer { outbox = [] }
                return (.send(CourierFrame.text(outbox)), nil)
            }
            return try deliver(setup, limit)
        }

        private mutating func deliver(_ setup: Setup, _ limit: RateLimit?) throws -> (DialogueMove, pause: Duration?) {
            while var delivery = deliveries.first {
                guard let want = delivery.wants.first, let item = items[want.item] else {
                    deliveries.removeFirst()
                    continue
                }
                let size = min(CourierFrame.piece, item.wire - max(want.offset, delivery.offset))
                if size > 0, let pause = limit?.take(size) { return (.wait, pause) }
                if delivery.cursor == nil {
                    delivery.cursor = try setup.shipment.cursor(of: item, from: want.offset)
                    delivery.offset = want.offset
                }
                let bytes = try delivery.cursor?.next(upTo: CourierFrame.piece) ?? []
                guard !bytes.isEmpty else {
                    delivery.wants.removeFirst()
                    delivery.cursor = nil
                    delivery.offset = 0
                    deliveries[0] = delivery
                    continue
                }
                let frame = CourierFrame.data(item: want.item, offset: delivery.offset, bytes)
                delivery.offset += bytes.count
                deliveries[0] = delivery
                return (.send(frame), nil)
            }
            return (.wait, nil)
        }

        mutating func isHeard(at moment: ContinuousClock.Instant) {
            lastHeard = moment
            isAsked = false
        }

        /// A courier that has nothing to tell is asked for a sign of life: it admits a link that nobody uses.
        private mutating func watch() throws {
            let silence = ContinuousClock.now - lastHeard
            guard silence > CourierSession.quiet else { return }
            guard silence < CourierSession.dead else { throw CourierSilent() }
            guard isTalking, !isAsked else { return }
            isAsked = true
            outbox += ["admit 0 \(String(repeating: "0", count: 64))", "expel 0"]
        }

        mutating func endUpload(of group: Int) {
            pulls[group]?.isUpload = false
            pulls[group]?.wants = []
            deliveries.removeAll { $0.group == group }
        }

        mutating func hear(_ said: CourierReport, _ setup: Setup) -> [Report] {
            progress = nil
            switch said {
            case .hello(let version): greet(version, setup)
            case .holds(let item, let wire):
                standing.missing[item] = nil
                if wire { standing.wire.insert(item) }
            case .part(let item, let bytes): if standing.missing[item] != nil { standing.missing[item] = bytes }
            case .ready:
                hasLooked = true
                return becomeReady()
            case .listening(let port):
                listener = .port(port)
                return becomeReady()
            case .deaf:
                listener = .deaf
                return becomeReady()
            case .admitted(let link): return [.admitted(link: link)]
            case .stopped: break
            case .want(let group, let item, let offset): pulls[group]?.wants.append((item, offset))
            case .wanted(let group): answered(group)
            case .at(let total):
                received = total
                tellProgress()
                return [.relay(.received(setup.host, total: total))]
            case .done(let item):
                missing.remove(item)
                tellProgress()
                return [.relay(.done(setup.host, item: item))]
            case .bad(let item, let origin):
                if items[item] != nil { missing.insert(item) }
                let culprit: RelayEvent.Culprit =
                    switch origin {
                    case .upload: .upload
                    case .parts: .parts
                    case .link(let link): .link(link)
                    }
                return [.relay(.bad(setup.host, item: item, from: culprit))]
            case .lost(_, let link, let why): return [.relay(.lost(setup.host, link: link, why))]
            case .backlog(let link, let available, let sent):
                return [.relay(.backlog(setup.host, link: link, available: available, sent: sent))]
            case .error(let word, let detail): outcome = .failed(word: word, detail: detail)
            case .missing: isOver = true
            case .bye: outcome = outcome ?? .complete
            }
            return []
        }

        private mutating func greet(_ version: Int, _ setup: Setup) {
            guard version == 1, !isTalking else { return }
            isTalking = true
            outbox += ["stage \(setup.folder)"]
            outbox += setup.items.map { $0.item.command($0.number) }
            outbox += setup.items.flatMap { entry in
                StageCandidates.paths(for: entry.item.path).map { "candidate \(entry.number) \($0)" }
            }
            outbox += setup.groups.map { "group \($0.id) \($0.items.map(String.init).joined(separator: ","))" }
            if let address = setup.address { outbox.append("listen \(address)") }
            outbox.append("look")
        }

        private mutating func becomeReady() -> [Report] {
            guard hasLooked, listener != .unknown, !isReady else { return [] }
            isReady = true
            var port: Int?
            if case .port(let number) = listener { port = number }
            standing.isListening = port != nil
            missing = Set(standing.missing.keys)
            needed = missing.reduce(0) { $0 + (items[$1]?.wire ?? 0) }
            had = standing.missing.values.reduce(0, +)
            tellProgress()
            return [.ready(standing, port: port)]
        }

        private mutating func answered(_ group: Int) {
            guard var pull = pulls[group] else { return }
            let isCurrent = pull.answer()
            let wants = pull.wants
            pull.wants = []
            pulls[group] = pull
            if isCurrent, !wants.isEmpty { deliveries.append(Delivery(group: group, wants: wants[...])) }
        }

        /// What is thrown away as bad and comes again is not counted twice.
        private mutating func tellProgress() {
            guard needed > 0 else { return }
            let done = missing.isEmpty ? needed : min(had + received, needed)
            guard told?.done != done else { return }
            told = (done, needed)
            progress = told
        }
    }
}
