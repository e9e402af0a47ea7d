// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeCLI
import HakubeEngine
import HakubeFetch
import Synchronization
import Testing

@Suite struct TransferDisplayTests {
    private let style = TerminalStyle(hasColour: false, isUnicode: true)
    private let pace = Pace.simulated()

    /// Two files of 100 MB and one of unknown length, at 10 MB/s each.
    private func run(_ display: any FetchProgress, seconds: Int) async throws {
        display.planned(transfers: 4, bytes: 1_000_000_000)
        for label in ["kubeadm v1.36.4 amd64", "kubelet v1.36.4 amd64"] { display.began(label, bytes: 100_000_000) }
        display.began("sums", bytes: nil)
        for label in ["kubeadm v1.36.4 amd64", "kubelet v1.36.4 amd64", "sums"] { display.advanced(label, to: 0) }
        for second in 1...max(1, seconds) {
            try await pace.pause(.seconds(1))
            for label in ["kubeadm v1.36.4 amd64", "kubelet v1.36.4 amd64", "sums"] {
                display.advanced(label, to: min(100_000_000, second * 10_000_000))
            }
        }
    }

    @Test func `each transfer has a bar, its rate and the time left, and one line tells of all`() async throws {
        let terminal = MockTerminal()
        let display = TerminalTransfers(terminal, style: style, pace: pace)
        try await run(display, seconds: 4)
        try await pace.pause(.milliseconds(100))
        display.advanced("kubeadm v1.36.4 amd64", to: 41_000_000)
        #expect(
            terminal.frames.last == """
                  ⠙ kubeadm v1.36.4 amd64        ████░░░░░░    41 MB of 100 MB   10 MB/s   0:06
                  ⠙ kubelet v1.36.4 amd64        ████░░░░░░    40 MB of 100 MB 9756 kB/s   0:07
                  ⠙ sums                                                 40 MB 9756 kB/s
                  0 of 4 fetched                             121 MB of 1000 MB   29 MB/s   0:30
                """)
    }

    @Test func `what has ended is counted and leaves a clean line behind`() async throws {
        let terminal = MockTerminal()
        let display = TerminalTransfers(terminal, style: style, pace: pace)
        try await run(display, seconds: 10)
        try await pace.pause(.seconds(1))
        display.ended("kubeadm v1.36.4 amd64")
        #expect(terminal.frames.last?.contains("1 of 4 fetched") == true)
        display.failed("sums")
        display.ended("kubelet v1.36.4 amd64")
        #expect(terminal.frames.last == "")
    }

    @Test func `sizes that cannot be make no nonsense and end nothing`() async throws {
        let terminal = MockTerminal()
        let display = TerminalTransfers(terminal, style: style, pace: pace)
        for _ in 0..<2 { display.planned(transfers: 1, bytes: Int.max) }
        display.began("endless", bytes: Int.max)
        display.advanced("endless", to: 0)
        try await pace.pause(.seconds(1))
        display.advanced("endless", to: 1)
        #expect(terminal.frames.last?.contains("99:59:59") == true)
        #expect(TransferBoard.clock(.seconds(Int64.max)) == "99:59:59")
    }

    @Test func `notes scroll by above the living lines`() async throws {
        let terminal = MockTerminal()
        let display = TerminalTransfers(terminal, style: style, pace: pace)
        display.began("file", bytes: 10)
        try await pace.pause(.seconds(1))
        display.note("https://dl.k8s.io/file: the connection was cut\u{1B}[2J; next try in 1 s")
        let lines = try #require(terminal.frames.last?.split(separator: "\n"))
        #expect(lines.first == "! https://dl.k8s.io/file: the connection was cut; next try in 1 s")
        #expect(lines.count == 3)
        display.ended("file")
        display.note("all alone")
        #expect(terminal.frames.last?.split(separator: "\n").last == "! all alone")
    }

    @Test(arguments: [(200, 79), (80, 79), (60, 59), (40, 39)])
    func `no line is wider than 80 columns, and none as wide as a narrow terminal`(
        columns: Int, widest: Int
    ) async throws {
        let terminal = MockTerminal(columns: columns)
        let display = TerminalTransfers(terminal, style: style, pace: pace)
        display.note(String(repeating: "words ", count: 40))
        try await run(display, seconds: 3)
        let lines = terminal.frames.flatMap { $0.split(separator: "\n") }
        #expect(!lines.isEmpty && lines.allSatisfy { $0.count <= widest })
    }

    @Test func `it draws ten times a second at most, however often bytes come`() async throws {
        let terminal = MockTerminal()
        let display = TerminalTransfers(terminal, style: style, pace: pace)
        display.began("file", bytes: 1000)
        for count in 0..<1000 {
            display.advanced("file", to: count)
            try await pace.pause(.milliseconds(1))
        }
        #expect((9...11).contains(terminal.frames.count))
    }

    @Test func `more transfers than there is room for are counted`() async throws {
        let terminal = MockTerminal(rows: 6)
        let display = TerminalTransfers(terminal, style: style, pace: pace)
        for number in 1...9 { display.began("file\(number)", bytes: 10) }
        try await pace.pause(.seconds(1))
        display.advanced("file1", to: 1)
        let lines = terminal.frames.last?.split(separator: "\n").map { $0.prefix(15) }
        #expect(
            lines == ["  ⠋ file1      ", "  ⠋ file2      ", "  ⠋ file3      ", "    and 6 more", "  0 of 9 fetche"])
    }

    @Test func `a file that begins anew has no negative rate`() async throws {
        var board = TransferBoard(style: style)
        board.begin("file", bytes: 1000, at: .zero)
        board.advance("file", to: 900, at: .zero)
        board.advance("file", to: 0, at: .seconds(1))
        board.advance("file", to: 100, at: .seconds(2))
        #expect(board.live(at: .seconds(2), width: 79, height: 24).first?.contains(" 100 B/s   0:09") == true)
    }

    @Test func `what was there before a resumed transfer is no part of its rate`() async throws {
        var board = TransferBoard(style: style)
        board.begin("file", bytes: 1000, at: .zero)
        board.advance("file", to: 800, at: .zero)
        board.advance("file", to: 900, at: .seconds(1))
        #expect(board.live(at: .seconds(1), width: 79, height: 24).first?.contains(" 100 B/s   0:01") == true)
    }

    @Test func `a new round counts from its own begin`() async throws {
        var board = TransferBoard(style: style)
        board.plan(1, bytes: nil)
        board.begin("a", bytes: 10, at: .zero)
        board.advance("a", to: 10, at: .zero)
        board.end("a")
        board.plan(2, bytes: 50)
        board.begin("b", bytes: 20, at: .zero)
        board.advance("b", to: 5, at: .zero)
        #expect(board.live(at: .zero, width: 79, height: 24).last?.contains("0 of 2 fetched") == true)
        #expect(board.live(at: .zero, width: 79, height: 24).last?.contains("5 B of 50 B") == true)
    }

    @Test func `marks are plain where the terminal has no others`() async throws {
        let terminal = MockTerminal()
        let display = TerminalTransfers(terminal, style: TerminalStyle(hasColour: true, isUnicode: false), pace: pace)
        display.note("a note")
        try await run(display, seconds: 3)
        #expect(terminal.lines.allSatisfy { $0.allSatisfy(\.isASCII) })
        #expect(terminal.lines.contains { $0.contains("###-------") })
        #expect(terminal.colours > 0)
    }

    @Test func `a pipe gets a line for each file that is there, and for each note`() async throws {
        let text = Mutex("")
        let display = PlainTransfers(pace: pace) { line in text.withLock { $0 += line } }
        try await run(display, seconds: 31)
        display.note("try again")
        display.ended("kubeadm v1.36.4 amd64")
        display.failed("kubelet v1.36.4 amd64")
        #expect(
            text.withLock { $0 } == """
                fetching kubeadm v1.36.4 amd64: 100 MB of 100 MB
                fetching kubelet v1.36.4 amd64: 100 MB of 100 MB
                fetching sums: 100 MB
                note: try again
                fetched kubeadm v1.36.4 amd64, 100 MB in 31.0s

                """)
    }

    @Test(arguments: [(0, "0:00"), (7, "0:07"), (725, "12:05"), (10_800, "3:00:00")])
    func `the time left is a clock's`(seconds: Int, text: String) {
        #expect(TransferBoard.clock(.seconds(seconds)) == text)
    }
}
