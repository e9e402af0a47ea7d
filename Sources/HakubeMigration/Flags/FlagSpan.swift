// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The releases whose program has a flag. Written `name`, `name>22` (came with v1.22), `name<27` (gone with v1.27) or `name?30`
/// (nobody has looked whether v1.30 and later have it).
struct FlagSpan: Sendable, Hashable {
    let since: Int?
    let goneWith: Int?
    let uncertainFrom: Int?

    static let always = FlagSpan(since: nil, goneWith: nil, uncertainFrom: nil)

    /// Why a flag is not passed on.
    enum Objection: Sendable, Hashable {
        case unknown
        case notYet(since: Int)
        case gone(with: Int)
        case uncertain

        /// One sentence.
        func sentence(_ program: String, _ release: KubernetesVersion) -> String {
            switch self {
            case .unknown: "hakube knows no such flag of \(program)"
            case .notYet(let minor): "\(program) of \(release) has no such flag yet, it came with v1.\(minor)"
            case .gone(let minor): "\(program) of \(release) has no such flag any more, it went with v1.\(minor)"
            case .uncertain: "it is not certain that \(program) of \(release) still has this flag"
            }
        }
    }

    func objection(_ release: KubernetesVersion) -> Objection? {
        if let since, !release.isAtLeast(1, since) { return .notYet(since: since) }
        if let goneWith, release.isAtLeast(1, goneWith) { return .gone(with: goneWith) }
        if let uncertainFrom, release.isAtLeast(1, uncertainFrom) { return .uncertain }
        return nil
    }

    /// Names with their spans, of texts with blanks between them.
    static func table(_ texts: String...) -> [String: FlagSpan] {
        let pairs = texts.joined(separator: " ").split(whereSeparator: \.isWhitespace).map {
            word -> (String, FlagSpan) in
            let name = word.prefix { !"<>?".contains($0) }
            let mark = word.dropFirst(name.count)
            func minor(_ sign: Character) -> Int? {
                mark.firstIndex(of: sign).flatMap { Int(mark[mark.index(after: $0)...].prefix { $0.isNumber }) }
            }
            return (String(name), FlagSpan(since: minor(">"), goneWith: minor("<"), uncertainFrom: minor("?")))
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}
