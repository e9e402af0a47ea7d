// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier
import FuzzSupport
import HakubeCourier

/// What is done with each damaged input, and what has to hold beside not crashing. A trial returns what is wrong.
final class Trials {
    struct Trial {
        let name: String
        let run: (inout Generator) -> String?
    }

    private(set) var accepted = 0
    private let seeds = Seeds()

    var all: [Trial] {
        [
            Trial(name: "operator's input", run: input), Trial(name: "order", run: order),
            Trial(name: "child's message", run: child), Trial(name: "parent's message", run: parent),
            Trial(name: "link", run: link), Trial(name: "frame of zstd", run: frame),
        ]
    }

    // MARK: The operator

    /// Frame by frame, as the courier reads it.
    private func input(_ generator: inout Generator) -> String? {
        var rest = generator.damaged([seeds.input])[...]
        while rest.count >= Frame.headSize {
            let head = Array(rest.prefix(Frame.headSize))
            rest = rest.dropFirst(Frame.headSize)
            guard let frame = try? Frame(head) else { return nil }
            switch frame {
            case .orders(let length):
                guard length <= Frame.longestOrders else { return "orders of \(length) bytes" }
                for line in rest.prefix(length).split(separator: 0x0a) { _ = try? Order(line: line) }
                rest = rest.dropFirst(length)
            case .data(let length):
                guard (0...Frame.longestData).contains(length) else { return "data of \(length) bytes" }
                guard rest.count >= DataPlace.size else { return nil }
                _ = DataPlace(Array(rest.prefix(DataPlace.size)))
                rest = rest.dropFirst(DataPlace.size + length)
            }
            accepted += 1
        }
        return nil
    }

    /// No path that is accepted leads out of the stage.
    private func order(_ generator: inout Generator) -> String? {
        guard let order = try? Order(line: generator.damaged(seeds.orders)[...]) else { return nil }
        accepted += 1
        switch order {
        case .item(let index, let item):
            let names = item.path.bytes.split(separator: 0x2f, omittingEmptySubsequences: false)
            let dots: [ArraySlice<UInt8>] = [[], [0x2e], [0x2e, 0x2e]]
            if names.contains(where: { dots.contains($0) || $0.contains(0) || $0.count > 255 }) {
                return "an evil path"
            }
            if names.first?.elementsEqual(".wire".utf8) == true { return "a path among the unfinished" }
            if item.form == .raw && item.size != item.wire { return "raw with two sizes" }
            return index < 1 << 16 && item.mode <= 0o7777 ? nil : "an item \(index) of mode \(item.mode)"
        case .stage(let path), .candidate(_, let path): return path.bytes.first == 0x2f ? nil : "a relative path"
        case .group(_, let indices): return Set(indices).count == indices.count ? nil : "an index twice"
        default: return nil
        }
    }

    // MARK: Other couriers

    private func child(_ generator: inout Generator) -> String? {
        let bytes = generator.damaged(seeds.children)
        guard let message = bytes.withUnsafeBytes({ ChildMessage($0) }) else { return nil }
        accepted += 1
        return message.bytes == bytes ? nil : "what is read is not what is said"
    }

    private func parent(_ generator: inout Generator) -> String? {
        let bytes = generator.damaged(seeds.parents)
        return bytes.withUnsafeBytes { raw in
            guard let message = ParentMessage(raw) else { return nil }
            accepted += 1
            guard case .data(_, _, let content) = message else { return nil }
            return !content.isEmpty && content.count < bytes.count ? nil : "data of no bytes"
        }
    }

    /// Whatever is done to a sealed stream, nothing comes out of it that was not said, in that order.
    private func link(_ generator: inout Generator) -> String? {
        let said = (0..<4).map { [UInt8](repeating: UInt8($0), count: Int.random(in: 0..<300, using: &generator)) }
        let sealer = Sealer(seeds.key, .toChild)
        let sealed = said.reduce([UInt8]()) { $0 + sealer.seal($1) }
        let opener = Opener(seeds.key, .toChild, header: sealer.header)
        var rest = generator.damaged([sealed])[...]
        var heard = 0
        while rest.count >= 4 {
            guard let size = Array(rest.prefix(4)).withUnsafeBytes({ Opener.size($0) }), rest.count >= 4 + size else {
                return nil
            }
            let chunk = Array(rest.dropFirst(4).prefix(size))
            guard let plain = chunk.withUnsafeBytes({ opener.open($0).map { Array($0) } }) else { return nil }
            guard heard < said.count, plain == said[heard] else { return "something that was not said" }
            heard += 1
            rest = rest.dropFirst(4 + size)
        }
        if heard == said.count { accepted += 1 }
        return nil
    }

    // MARK: Content

    /// Never more than was announced, and a digest only of exactly that.
    private func frame(_ generator: inout Generator) -> String? {
        let size = Int.random(in: 0..<3000, using: &generator)
        let wire = generator.damaged([Seeds.packed(size), Seeds.packed(size), Seeds.packed(100)])
        let unpacking = Unpacking(.zstd, size: UInt64(size))
        var hasher = Hasher256()
        var given = 0
        var rest = wire[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(Int.random(in: 1..<900, using: &generator)))
            let isSound = try? piece.withUnsafeBytes { piece in
                try unpacking.feed(piece) { (bytes) throws(Fault) in
                    given += bytes.count
                    hasher.add(bytes)
                }
            }
            guard isSound == true else { return given <= size ? nil : "\(given) bytes of \(size)" }
            rest = rest.dropFirst(piece.count)
        }
        guard given <= size else { return "\(given) bytes of \(size)" }
        guard let digest = unpacking.end() else { return nil }
        accepted += 1
        return given == size && digest == hasher.digest() ? nil : "a digest of \(given) bytes, not \(size)"
    }
}
