// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import FoundationEssentials
import Glibc
import HakubeBundle
import HakubeModel

/// The folder that keeps what was fetched, so that a second build fetches nothing.
///
/// `files/` holds downloads, `texts/` what small files said, `images/` one layout for all images ever pulled, `made/`
/// what scripts made, `folder/` the folder of the last build. All of it may be removed at any time.
final class BuildCache {
    let root: String
    private let lock: Int32

    /// Waits until no other build works in the folder.
    ///
    /// - Throws: `BundleError`; `CancellationError`.
    init(_ root: String, waiting: () -> Void) async throws {
        self.root = root
        try LocalFile.makeFolder(root)
        let path = "\(root)/lock"
        lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else { throw LocalFile.fault("open", path) }
        var isTold = false
        while flock(lock, LOCK_EX | LOCK_NB) != 0 {
            if !isTold { waiting() }
            isTold = true
            // All properties are set, so deinit closes the lock if this throws.
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    deinit { if lock >= 0 { close(lock) } }

    var folder: String { "\(root)/folder" }
    var images: ImageShelf { ImageShelf(folder: "\(root)/images") }
    var guardians: ImageShelf { ImageShelf(folder: "\(root)/guardian") }
    var scratch: String { "\(root)/scratch" }

    /// Where the download of an address is kept.
    func file(of url: String) -> String { "\(root)/files/\(Self.key(url))-\(LocalFile.name(of: url))" }

    func text(of url: String) -> String? { LocalFile.text("\(root)/texts/\(Self.key(url))") }

    func keep(_ text: String, of url: String) throws {
        try LocalFile.write(Array(text.utf8), to: "\(root)/texts/\(Self.key(url))")
    }

    /// Images that were pulled before and are still whole, by name and architecture.
    func pulled() -> [LayoutImage] {
        guard let text = LocalFile.text("\(images.folder)/pulled.json"),
            let all = try? JSONDecoder().decode([LayoutImage].self, from: Data(text.utf8))
        else { return [] }
        return all
    }

    func keep(_ pulled: [LayoutImage]) throws {
        let sorted = pulled.sorted { ($0.name, $0.arch.rawValue) < ($1.name, $1.arch.rawValue) }
        try LocalFile.write(try ImageDocument.bytes(sorted), to: "\(images.folder)/pulled.json")
    }

    /// Blobs are linked from the cache as they are, so one that was damaged there would be found by every build. It goes, and
    /// the next build fetches it.
    func forgettingBlobs(of error: BundleError) -> BundleError {
        let problems = error.problems.map { problem -> Problem in
            guard let folder = problem.place.firstRange(of: "/blobs/sha256/"),
                case let hex = problem.place[folder.upperBound...].prefix(64),
                ImageDigest.isValid(ImageDigest.prefix + hex), unlink(images.path(ImageDigest.prefix + hex)) == 0
            else { return problem }
            return Problem(
                place: problem.place, message: problem.message,
                remedy: "build again: it is out of \(images.folder) now and will be fetched anew")
        }
        return BundleError(problems: problems)
    }

    private static func key(_ url: String) -> String {
        SHA256.hash(data: Array(url.utf8)).prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
