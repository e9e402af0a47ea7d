// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What the operator wants.
package enum Order {
    case stage(HostFile)
    case item(index: Int, ItemDescription)
    case candidate(index: Int, HostFile)
    case group(Int, indices: [Int])
    case look
    case listen(address: [CChar])
    case admit(link: UInt64, key: Digest)
    case expel(link: UInt64)
    case pullOperator(group: Int)
    case pullPeer(group: Int, Peer)
    case stop(group: Int)
    case finish

    /// Indices and groups are small numbers: a wrong one must not cost memory.
    static let limit = 1 << 16
}

/// One file of the shipment.
package struct ItemDescription {
    package let form: WireForm
    /// Permission bits.
    package let mode: UInt32
    /// Bytes of the content.
    package let size: UInt64
    /// Bytes of the wire form.
    package let wire: UInt64
    /// Of the content.
    package let digest: Digest
    package let path: HostFile
}

/// How an item's bytes travel.
package enum WireForm: UInt8 {
    /// The content itself.
    case raw = 0
    /// One zstd frame that unpacks to a ustar entry: header of 512 bytes, content, padding.
    case zstd = 1
}

/// Where another host's courier listens.
package struct Peer {
    package let link: UInt64
    package let address: [CChar]
    package let port: UInt16
    package let key: Digest
}

extension Order {
    /// One line without its newline.
    package init(line: ArraySlice<UInt8>) throws(Fault) {
        var words = WordReader(line)
        let verb = words.next()
        self = try Self.parse(WordReader.Verb(verb), &words)
        guard words.isAtEnd else { throw .input("words-after-order") }
    }

    private static func parse(_ verb: WordReader.Verb?, _ words: inout WordReader) throws(Fault) -> Order {
        switch verb {
        case .stage: return .stage(try words.path(.absolute))
        case .item: return .item(index: try words.index(), try ItemDescription(&words))
        case .candidate: return .candidate(index: try words.index(), try words.path(.absolute))
        case .group: return .group(try words.index(), indices: try words.indices())
        case .look: return .look
        case .listen: return .listen(address: try words.address())
        case .admit: return .admit(link: try words.number(), key: try words.digest())
        case .expel: return .expel(link: try words.number())
        case .pull:
            let group = try words.index()
            if words.skip("operator") { return .pullOperator(group: group) }
            return .pullPeer(group: group, try Peer(&words))
        case .stop: return .stop(group: try words.index())
        case .finish: return .finish
        case nil: throw .input("unknown-order")
        }
    }
}

extension ItemDescription {
    fileprivate init(_ words: inout WordReader) throws(Fault) {
        let form: WireForm
        if words.skip("raw") {
            form = .raw
        } else if words.skip("zstd") {
            form = .zstd
        } else {
            throw .input("unknown-form")
        }
        let mode = try words.number(radix: 8)
        guard mode <= 0o7777 else { throw .input("mode") }
        let size = try words.number()
        let wire = try words.number()
        // The kernel's file offsets are signed; half of that leaves room to add.
        guard size < 1 << 62, wire < 1 << 62 else { throw .input("size") }
        guard form == .zstd || size == wire else { throw .input("raw-has-one-size") }
        self.init(
            form: form, mode: UInt32(mode), size: size, wire: wire, digest: try words.digest(),
            path: try words.path(.insideStage))
    }
}

extension Peer {
    fileprivate init(_ words: inout WordReader) throws(Fault) {
        let link = try words.number()
        let address = try words.address()
        let port = try words.number()
        guard (1...65_535).contains(port) else { throw .input("port") }
        self.init(link: link, address: address, port: UInt16(port), key: try words.digest())
    }
}
