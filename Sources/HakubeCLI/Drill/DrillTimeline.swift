// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubePlan

/// A drill as an SVG chart: a row a place, in it a band for new connections and a thin one for the watch, red where they were
/// away; upright lines at the stop, when it was put back, and when the master served again. Pure.
struct DrillTimeline {
    let outcome: DrillOutcome

    private static let left = 250
    private static let plot = 680
    private static let right = 30
    private static let top = 92
    private static let row = 46
    private static let lead = Duration.seconds(2)

    /// Where the bands begin.
    private var start: Duration { .zero - Self.lead }
    private var span: Duration { max(outcome.end, .seconds(1)) + Self.lead }

    /// A whole SVG document that ends with a newline.
    var svg: String {
        let height = Self.top + Self.row * outcome.places.count + 40
        let width = Self.left + Self.plot + Self.right
        let head =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
            + "viewBox=\"0 0 \(width) \(height)\" font-family=\"sans-serif\" font-size=\"12\">"
        let parts =
            [head, "<rect width=\"\(width)\" height=\"\(height)\" fill=\"white\"/>", text(16, 26, title, size: 15)]
            + axis + outcome.places.enumerated().flatMap { row($0.offset, $0.element) } + events + ["</svg>"]
        return parts.joined(separator: "\n") + "\n"
    }

    private var title: String {
        let what =
            switch outcome.kind {
            case .process: "API server of \(outcome.targetName) killed"
            case .network: "network of \(outcome.targetName) cut"
            case .host: "\(outcome.targetName) restarted"
            }
        return "\(outcome.cluster): \(what)"
    }

    private var bottom: Int { Self.top + Self.row * outcome.places.count }

    // MARK: - Parts

    private var axis: [String] {
        let step = [1, 2, 5, 10, 20, 30, 60, 120, 300].first { span / .seconds($0) <= 14 } ?? 600
        return stride(from: 0, through: Int(outcome.end / .seconds(1)), by: step).flatMap { second in
            let place = x(.seconds(second))
            return [
                "<path d=\"M\(place) \(Self.top - 6)V\(bottom)\" stroke=\"#e4e4e4\"/>",
                text(place, Double(bottom + 16), "\(second) s", anchor: "middle", fill: "#666"),
            ]
        }
    }

    private var events: [String] {
        let marks: [(at: Duration?, words: String)] = [
            (.zero, "stopped"), (outcome.putBack, "put back"), (outcome.serving, "serves again"),
        ]
        return marks.enumerated().flatMap { index, mark -> [String] in
            guard let at = mark.at else { return [] }
            // A line of text for each, since they may be close together.
            let height = 46 + 14 * index
            let place = x(at)
            let isFar = Double(Self.left + Self.plot) - place < 130
            let label = "\(mark.words)\(index == 0 ? "" : " after \(RunWords.time(at))")"
            return [
                "<path class=\"event\" d=\"M\(place) \(height - 9)V\(bottom)\" stroke=\"#222\" stroke-dasharray=\"4 3\"/>",
                text(
                    place + (isFar ? -5 : 5), Double(height), label, anchor: isFar ? "end" : "start", fill: "#222"),
            ]
        }
    }

    private func row(
        _ index: Int, _ entry: (place: DrillPlace, measure: PlaceMeasure, precision: Duration)
    ) -> [String] {
        let y = Self.top + Self.row * index
        let (place, measure) = (entry.place, entry.measure)
        var parts = [
            text(16, Double(y + 14), Self.short(place.name)),
            text(16, Double(y + 30), sum(measure), size: 11, fill: "#666"),
            band("good", start, outcome.end, y + 2, 18, "#8fc79a"),
        ]
        parts += measure.outages.map { band("away", $0.begin, $0.end ?? outcome.end, y + 2, 18, "#d0312d") }
        guard measure.watch.stood else { return parts }
        parts.append(band("watch", start, outcome.end, y + 23, 7, "#8db3d9"))
        return parts + measure.watch.gaps.map { band("lost", $0.begin, $0.end ?? outcome.end, y + 23, 7, "#d0312d") }
    }

    /// As much of a name as there is room for left of the bands.
    private static func short(_ name: String) -> String { name.count > 34 ? "\(name.prefix(33))…" : name }

    private func sum(_ measure: PlaceMeasure) -> String {
        let failed =
            measure.failed == 0
            ? "no request failed"
            : "\(measure.failed) of \(measure.requests) failed\(measure.isBack ? "" : ", not back")"
        guard let longest = measure.watch.longest(until: outcome.end) else { return failed }
        return "\(failed); watch \(measure.watch.isBack ? RunWords.time(longest) : "not back")"
    }

    /// Never thinner than can be seen.
    private func band(
        _ name: String, _ begin: Duration, _ end: Duration, _ y: Int, _ height: Int, _ color: String
    ) -> String {
        let from = x(begin)
        let wide = max(2, rounded(x(max(begin, end)) - from))
        return
            "<rect class=\"\(name)\" x=\"\(from)\" y=\"\(y)\" width=\"\(wide)\" height=\"\(height)\" fill=\"\(color)\"/>"
    }

    private func text(
        _ x: Double, _ y: Double, _ words: String, size: Int = 12, anchor: String = "start", fill: String = "#222"
    ) -> String {
        "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\" text-anchor=\"\(anchor)\" fill=\"\(fill)\">\(Self.escaped(words))</text>"
    }

    private func x(_ moment: Duration) -> Double {
        rounded(Double(Self.left) + (moment + Self.lead) / span * Double(Self.plot))
    }

    /// A tenth of a unit is finer than a screen, and the text is the same on every machine.
    private func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in TerminalText.printable(text) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
