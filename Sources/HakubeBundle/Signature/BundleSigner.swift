// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Puts a signature into a bundle file, in place of the one it had.
package enum BundleSigner {
    /// Writes a new head and copies all else as it is.
    ///
    /// - Parameter output: `nil`: the file itself, replaced when the new one is whole.
    /// - Returns: who signed.
    /// - Throws: `BundleError`; `CancellationError` when the task is cancelled.
    package static func sign(
        _ path: String, with key: SigningKey, to output: String? = nil,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> PublicKey {
        let (file, head) = try BundleReader(path).open()
        return try write(try key.signature(of: head.text), into: file, head, to: output, progress: progress)
    }

    /// The same with a signature made elsewhere, by `ssh-keygen -Y sign -n hakube-bundle` over hakube-bundle.json.
    /// - Throws: `BundleError`, also for a signature that does not fit.
    package static func attach(
        signature name: String, to path: String, output: String? = nil,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> PublicKey {
        guard let text = try FileBytes.text(name, followingLinks: true) else {
            throw BundleError(name, "the signature is missing", "name the .sig file that ssh-keygen wrote")
        }
        let (file, head) = try BundleReader(path).open()
        return try write([UInt8](text.utf8), into: file, head, to: output, from: name, progress: progress)
    }

    private static func write(
        _ text: [UInt8], into file: BundleFile, _ head: BundleHead, to output: String?, from place: String? = nil,
        progress: (_ done: Int, _ total: Int) -> Void
    ) throws -> PublicKey {
        let signature: SSHSignature
        do {
            signature = try SSHSignature(armored: text)
            guard signature.isValid(for: head.text) else {
                throw SSHSignature.Fault(message: "the signature does not fit the bundle's manifest")
            }
        } catch let fault as SSHSignature.Fault {
            throw BundleError(
                place ?? file.path, fault.message,
                "sign hakube-bundle.json of this bundle with `ssh-keygen -Y sign -n \(SSHSignature.namespace)`")
        }
        // Written anew, so that a signature has one form whoever made it.
        let stored = try BundleHead.stored(
            text: head.text, signature: [UInt8](signature.armored.utf8), file.compression)
        // A link stays one, and what it leads to is replaced.
        let part = try PartFile(path: output ?? FileStatus.resolved(file.path), mode: output == nil ? file.mode : nil)
        try part.write(stored)
        var start = head.dataStart
        let end = start + head.manifest.files.reduce(0) { $0 + $1.stored }
        while start < end {
            let next = min(end, start + 16 << 20)
            try file.copy(start..<next, to: part)
            start = next
            progress(start, end)
            try Task.checkCancellation()
        }
        try part.write(Seal.end(head: stored, file.compression))
        try part.finish()
        return signature.key
    }
}
