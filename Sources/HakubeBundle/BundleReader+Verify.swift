// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
import Synchronization

extension BundleReader {
    /// Reads the whole file and holds every byte against the manifest, and the manifest against what a cluster needs.
    ///
    /// Files are read side by side, on all cores.
    ///
    /// A signature is looked at by `signer` and `requireSignature`.
    ///
    /// - Parameter progress: called with bytes of the stored file read and in all.
    /// - Returns: the manifest, which can now be relied on.
    /// - Throws: `BundleError` with all faults; `CancellationError` when the task is cancelled.
    package func verify(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> BundleManifest {
        let (file, head) = try open()
        let frames = head.frames
        let meter = SharedMeter(file.size - frames.reduce(0) { $0 + $1.file.stored })
        let results = Results(frames.count)
        // The large ones first, so that no core is left with one at the end.
        let order = frames.indices.sorted { frames[$0].file.stored > frames[$1].file.stored }
        try SideBySide.run(order, meter: meter, watch: { progress($0, file.size) }) { _, number in
            do {
                results.put(.success(try frames[number].entry(of: file, meter: meter).content()), at: number)
            } catch let error as BundleError {
                results.put(.failure(error), at: number)
            }
        }
        var faults = FaultList(path)
        var contents: [String: Content] = [:]
        for (frame, result) in zip(frames, results.all) {
            switch result {
            case .success(let content): contents[frame.file.path] = content
            case .failure(let error): faults.add(error)
            }
        }
        // Damage found so far would only be said a second time by the rules.
        try faults.throwIfAny()
        try BundleRules(manifest: head.manifest, contents: contents).check(&faults)
        try faults.throwIfAny()
        return head.manifest
    }

    /// What the threads found, in the order of the manifest.
    private final class Results: Sendable {
        private struct State {
            var results: [Result<Content, BundleError>?]
            // Documents are kept in memory for the rules; a bundle made to fill it is cut off here.
            var documentBudget = 64 << 20
        }

        private let state: Mutex<State>

        init(_ count: Int) { state = Mutex(State(results: Array(repeating: nil, count: count))) }

        var all: [Result<Content, BundleError>] { state.withLock { $0.results.compactMap { $0 } } }

        func put(_ result: Result<Content, BundleError>, at place: Int) {
            state.withLock { state in
                state.results[place] = result.map { content in
                    state.documentBudget -= content.document?.count ?? 0
                    return state.documentBudget >= 0 ? content : content.withoutDocument
                }
            }
        }
    }
}

extension Content {
    fileprivate var withoutDocument: Content { Content(size: size, sha256: sha256, head: head, document: nil) }
}
