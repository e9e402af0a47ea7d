// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One file of the shipment and how far it is. Everything but the description is guarded by the depot's lock.
final class Item {
    enum State {
        /// Not all of the content is here.
        case lacking
        /// Verified, but it proves the stage and others are still missing.
        case waiting
        /// In place.
        case whole
    }

    /// Who sent the bytes of the log.
    enum Origin: Equatable {
        case nobody, `operator`
        case link(UInt64)
        /// More than one, or an earlier run.
        case several
    }

    let index: Int
    let description: ItemDescription
    /// In the stage's folder of unfinished files. Items with the same content have logs of their own.
    let logName: HostFile
    /// Content being unpacked; the log itself where the wire form is the content.
    let partName: HostFile
    var candidates: [HostFile] = []
    var state = State.lacking
    /// The operator knows that it is in place.
    var isTold = false
    /// Whether the wire form is here as well once the content is.
    var hasWire = false
    /// Bytes of the wire form that are here, from its start.
    var logged: UInt64 = 0
    /// Open while the item is lacking and something has come.
    var log: Int32 = -1
    /// Somebody is writing to the log, without the lock.
    var isWriting = false
    /// Counts how often everything was thrown away: who sent or received bytes of an earlier life must know.
    var life = 0
    var origin = Origin.nobody
    /// The group that fetches it.
    var group: Group?
    /// The unpacker has it on its list.
    var isPending = false
    /// The link that sent it has taken its bytes back.
    var isVoid = false

    // The unpacker's alone, without the lock.
    var unpacking: Unpacking?
    /// Bytes of the log that went through it.
    var consumed: UInt64 = 0
    var part: Int32 = -1
    /// Bytes of content in the part.
    var written: UInt64 = 0

    init(index: Int, _ description: ItemDescription, copy: Int) {
        self.index = index
        self.description = description
        let base = description.digest.hex
        logName = HostFile(base, number: copy, description.form == .raw ? ".raw" : ".zstd")
        partName = HostFile(base, number: copy, ".part")
    }

    var isComplete: Bool { logged == description.wire }

    /// Bytes of the wire form that can be read here, from its start.
    var readable: UInt64 {
        switch state {
        case .whole: hasWire ? description.wire : 0
        case .lacking, .waiting: logged
        }
    }

    func add(_ other: Origin) { origin = origin == .nobody || origin == other ? other : .several }

    var originWord: Line.Word {
        switch origin {
        case .operator: .word("operator")
        case .link(let link): .number(link)
        case .nobody, .several: .word("parts")
        }
    }
}
