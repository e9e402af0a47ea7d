// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import Synchronization

/// Tells a thread that its task was cancelled.
final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }

    func check() throws {
        if isSet { throw CancellationError() }
    }
}

/// Work that waits for the net or for a disk. On the shared pool it would starve every other task of the process.
enum BlockingWork {
    /// Runs `body` on a thread of its own. It has to look at its `Cancellation` now and then.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable (Cancellation) throws -> Value
    ) async throws -> Value {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await withCheckedThrowingContinuation { ended in
                let code = start { ended.resume(with: Result { try body(cancellation) }) }
                guard code != 0 else { return }
                let words = String(cString: strerror(code))
                ended.resume(
                    throwing: TransferFailure(
                        reason: .other, message: "no thread for it (\(words))", remedy: "allow more with ulimit -u"))
            }
        } onCancel: {
            cancellation.set()
        }
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// - Returns: 0, or errno; `body` is not run then.
    private static func start(_ body: @escaping @Sendable () -> Void) -> Int32 {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body))
        let code = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                // A server that went away is an error of its transfer, not the end of the process.
                var pipe = sigset_t()
                sigemptyset(&pipe)
                sigaddset(&pipe, SIGPIPE)
                pthread_sigmask(SIG_BLOCK, &pipe, nil)
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        if code != 0 { context.release() }
        return code
    }
}
