// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import HakubeModel

/// What may be unpacked from somebody else's archive before it counts as an attack on the disk.
package struct ImportLimits: Sendable, Hashable {
    /// Files, folders and links, nested archives included.
    package var entries = 200_000
    /// Bytes of all that is unpacked.
    package var bytes = 64 << 30
    /// Bytes unpacked of one archive for each byte read of it, once a gibibyte is there. Images compress by 2 to 5, binaries by 3 to 4.
    package var ratio = 200
    /// Bytes from which on the ratio counts.
    package var ratioFloor = 1 << 30
    /// Bytes of a JSON document or a manifest.
    package var document = 8 << 20
    /// Archives in archives.
    package var depth = 3

    package init() {}
}

/// What an import has unpacked so far, in all its archives.
final class ImportTotal {
    fileprivate var entries = 0
    fileprivate var bytes = 0
}

/// What one archive may still unpack.
final class ImportBudget {
    let limits: ImportLimits
    private let total: ImportTotal
    /// Of this archive alone: what another unpacked says nothing about this one's size.
    private var bytes = 0

    init(_ limits: ImportLimits, of total: ImportTotal = ImportTotal()) {
        self.limits = limits
        self.total = total
    }

    func takeEntry(of archive: String) throws(BundleError) {
        total.entries += 1
        guard total.entries <= limits.entries else {
            throw BundleError(archive, "it holds more than \(limits.entries) entries", Self.remedy)
        }
    }

    /// - Parameter read: bytes of the archive that were needed so far.
    func take(_ count: Int, of archive: String, read: Int) throws(BundleError) {
        bytes += count
        total.bytes += count
        guard total.bytes <= limits.bytes else {
            throw BundleError(archive, "it unpacks to more than \(limits.bytes >> 20) MiB", Self.remedy)
        }
        guard bytes <= max(limits.ratioFloor, read * limits.ratio) else {
            throw BundleError(
                archive, "it unpacks to more than \(limits.ratio) times its size, as no honest one does", Self.remedy)
        }
    }

    private static let remedy = "check where it comes from; nothing was kept of it"
}

extension BundleError {
    init(_ place: String, _ message: String, _ remedy: String) {
        self.init(problems: [Problem(place: place, message: message, remedy: remedy)])
    }
}
