// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTransport

/// Gives each line of a batch's output to the part that wrote it. Pure: lines in, lines and marks out.
///
/// The two streams come at their own pace, so each part's end is told on both; what runs ahead on one of them waits.
struct BatchTranscript: Sendable {
    enum Word: String, Sendable {
        /// The check found nothing to do.
        case unchanged
        /// The check, with this status, led to the act, which begins now.
        case wanted
        /// The act is about to begin; told in the record alone.
        case begun
        /// The act ended with this status.
        case acted
        /// The check led to an act that is not the batch's.
        case needed
    }

    struct Mark: Sendable, Hashable {
        let part: Int
        let word: Word
        let status: Int

        /// Reads `PART WORD STATUS`, as it stands behind the tag and in the record on the host.
        init?(_ text: some StringProtocol) {
            let words = text.split(separator: " ")
            guard words.count == 3, let part = Int(words[0]), let word = Word(rawValue: String(words[1])),
                let status = Int(words[2])
            else { return nil }
            (self.part, self.word, self.status) = (part, word, status)
        }

        /// Whether the part is over.
        var isEnd: Bool { word != .wanted && word != .begun }
    }

    enum Item: Sendable, Hashable {
        case line(OutputLine)
        case mark(Mark)
    }

    private let prefix: String
    private var ahead: [OutputLine.Stream: [Item]] = [.out: [], .err: []]

    init(tag: String) { prefix = tag + " " }

    /// What is known with this line, in order.
    mutating func take(_ line: OutputLine) -> [Item] {
        ahead[line.stream, default: []] += items(of: line)
        return due()
    }

    /// The rest, when no more comes: what one stream alone has said counts.
    mutating func finish() -> [Item] { due(isLast: true) }

    /// A script that does not end its last line has the mark behind it, on the same line.
    private func items(of line: OutputLine) -> [Item] {
        guard let range = line.text.firstRange(of: prefix), let mark = Mark(line.text[range.upperBound...]) else {
            return [.line(line)]
        }
        let before = String(line.text[..<range.lowerBound])
        return (before.isEmpty ? [] : [.line(OutputLine(line.stream, before))]) + [.mark(mark)]
    }

    private mutating func due(isLast: Bool = false) -> [Item] {
        var items: [Item] = []
        while true {
            for stream in [OutputLine.Stream.out, .err] {
                let lines = ahead[stream, default: []].prefix { !$0.isMark }
                items += lines
                ahead[stream, default: []].removeFirst(lines.count)
            }
            let marks = [OutputLine.Stream.out, .err].map { ahead[$0]?.first }
            guard let mark = marks[0] ?? marks[1], isLast || marks[0] == marks[1] else { return items }
            items.append(mark)
            for (stream, first) in zip([OutputLine.Stream.out, .err], marks) where first == mark {
                ahead[stream, default: []].removeFirst()
            }
        }
    }
}

extension BatchTranscript.Item {
    fileprivate var isMark: Bool { if case .mark = self { true } else { false } }
}
