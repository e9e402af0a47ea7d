// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
import Synchronization

/// Asks for each secret once and remembers the answer for all hosts of the run.
///
/// The lock is held while the user types: questions come one at a time, and a second session that needs the same secret
/// finds it answered.
package final class SecretVault: Sendable {
    private let answers = Mutex<[String: Secret]>([:])

    package init() {}

    /// An answer that is good once: a code, or a PIN, which a security key counts. Nobody else is asked meanwhile.
    package func unkept(_ source: SecretSource, _ prompt: String) -> Secret? {
        guard case .ask(let question) = source else { return nil }
        return answers.withLock { _ in question(prompt) }
    }

    /// - Parameters:
    ///   - topic: what the secret belongs to; one answer a topic.
    ///   - rejected: the answer that was wrong; a question is asked again only if nobody has given another one since.
    package func secret(_ topic: String, from source: SecretSource, prompt: String, rejected: Secret? = nil) -> Secret?
    {
        switch source {
        case .none:
            return nil
        case .value(let secret):
            return secret == rejected ? nil : secret
        case .ask(let question):
            return answers.withLock { answers in
                if let known = answers[topic], known != rejected { return known }
                guard let answer = question(prompt) else { return nil }
                answers[topic] = answer
                return answer
            }
        }
    }
}
