// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

extension StepRunner {
    /// A script that runs only while this run has the host. The lock can be read by root alone.
    func claimed(_ text: String, _ asRoot: Bool) -> String {
        guard let claim, asRoot else { return text }
        return "\(RunLock.check(claim))\n\(text)"
    }

    /// - Throws: `HostTaken` when another run has taken the host over.
    func checkClaim(on transport: any Transport) async throws {
        guard let claim, let bytes = try await transport.read(RunLock.path),
            let owner = LockOwner(String(decoding: bytes, as: UTF8.self)), owner.token != claim
        else { return }
        throw HostTaken(
            failure: advice.failure(
                "the host was taken over by \(owner), so this run stops", [],
                "leave the rest to that run, or run the same command again when it has ended"))
    }
}

/// Another run has the host now. No wait goes on after it.
struct HostTaken: Error {
    let failure: StepFailure
}
