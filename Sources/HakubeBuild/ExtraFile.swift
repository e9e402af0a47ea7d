// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// A file of the operator's own that goes into the bundle: `LOCAL=bin/NAME`, and `:master` or `:node` behind it.
package struct ExtraFile: Sendable, Hashable {
    let local: String
    let path: String
    let roles: [Role]

    /// - Throws: `InventoryError` naming the flag.
    package init(_ text: String) throws(InventoryError) {
        let place = "--file \(text)"
        let remedy = "write it as LOCAL=files/NAME or LOCAL=bin/NAME, and :master or :node behind it for one role only"
        guard let cut = text.lastIndex(of: "="), cut != text.startIndex else {
            throw InventoryError(place, "does not say where the file goes", remedy)
        }
        local = String(text[..<cut])
        var goal = String(text[text.index(after: cut)...])
        let only = Role.bundled.first { goal.hasSuffix(":\($0.rawValue)") }
        if let only { goal.removeLast(only.rawValue.count + 1) }
        if let fault = Self.fault(target: goal) { throw InventoryError(place, "`\(goal)` \(fault)", remedy) }
        path = goal
        roles = only.map { [$0] } ?? Role.bundled
        guard LocalFile.isFile(local) else {
            throw InventoryError(place, "there is no file \(local)", "name a file that is there")
        }
    }

    /// What is wrong with a path for a bundle's file, in words; `nil` if nothing is.
    static func fault(target path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, ["bin", "cni", "files"].contains(parts[0]) else { return "is no place in a bundle" }
        let name = parts[1]
        let isPlain = name.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-", "+": true
            default: false
            }
        }
        let isName = isPlain && !name.isEmpty && !name.hasPrefix(".") && !name.hasPrefix("-")
        return isName ? nil : "has a name with other characters than letters, digits and ._-+"
    }

    /// files/ is the same for every architecture; programs are not.
    static func isProgram(_ path: String) -> Bool { !path.hasPrefix("files/") }
}
