// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeTransport
import Synchronization

/// A program in memory that an operator's dialogue talks with. What it says is handed out as soon as it is asked for.
package protocol FakePartner: AnyObject, Sendable {
    /// Called once; the bell is to be rung when something is to be said without having been spoken to.
    func begin(_ bell: Bell)
    /// Bytes on its standard input.
    func take(_ bytes: [UInt8])
    /// What it has to say since it was last asked.
    func say() -> [OutputLine]
    /// Its exit status, as soon as it has ended; no more input means that it ends.
    func ending(isInputOver: Bool) -> Int?
    /// The operator's connection broke, or the run was cancelled.
    func cut()
}

extension FakePartner {
    /// Lets the two talk until one of them ends.
    func talk(with dialogue: any Dialogue) async throws -> ScriptOutput {
        let (rings, feed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let bell = Bell { feed.yield() }
        var ringing = rings.makeAsyncIterator()
        begin(bell)
        dialogue.begin(bell)
        var isInputOver = false
        do {
            while true {
                for line in say() { dialogue.hear(line) }
                if let status = ending(isInputOver: isInputOver) {
                    for line in say() { dialogue.hear(line) }
                    return ScriptOutput(status: status)
                }
                switch isInputOver ? .wait : try dialogue.next() {
                case .send(let bytes): take(bytes)
                case .end: isInputOver = true
                case .wait:
                    await ringing.next()
                    try Task.checkCancellation()
                }
            }
        } catch {
            cut()
            throw error
        }
    }
}
