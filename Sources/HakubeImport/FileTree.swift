// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeBundle

/// Files below one folder, by their names in an archive or in the user's folder. Links lead to files of the same tree only.
struct FileTree {
    /// Where the files lie.
    let root: String
    /// What to call it in sentences.
    let title: String
    /// Ours to take apart; false for a folder of the user's.
    let isOurs: Bool
    private(set) var files: Set<String> = []
    /// Names of links, and the name in this tree each leads to.
    private var links: [String: String] = [:]

    init(root: String, title: String, isOurs: Bool) {
        self.root = root
        self.title = title
        self.isOurs = isOurs
    }

    var names: [String] { files.sorted() }

    mutating func note(file name: String) { files.insert(name) }
    mutating func note(link name: String, to target: String) { links[name] = target }
    func knows(_ name: String) -> Bool { files.contains(name) || links[name] != nil }

    /// The path of a file, through links of the tree; `nil` when nothing of that name is a file here.
    func path(of name: String) -> String? {
        guard var name = Self.normal(name) else { return nil }
        for _ in 0..<8 {
            if files.contains(name) { return "\(root)/\(name)" }
            guard let target = links[name] else { return nil }
            name = target
        }
        return nil
    }

    /// A relative name without `.` and empty parts; `nil` if it is absolute, leads upwards, or is no plain text.
    static func normal(_ name: String) -> String? {
        guard !name.hasPrefix("/"), name.utf8.count <= 1024 else { return nil }
        let parts = name.split(separator: "/").filter { $0 != "." }
        guard parts.count <= 32, !parts.contains("..") else { return nil }
        guard parts.allSatisfy({ $0.utf8.count <= 255 && $0.utf8.allSatisfy { $0 >= 32 && $0 != 127 } }) else {
            return nil
        }
        return parts.joined(separator: "/")
    }

    /// Where a symbolic link of an archive leads within the archive; `nil` when that is outside.
    static func target(_ link: String, of name: String) -> String? {
        guard !link.hasPrefix("/") else { return nil }
        var parts = name.split(separator: "/").dropLast().map(String.init)
        for part in link.split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(String(part))
            } else if parts.popLast() == nil {
                return nil
            }
        }
        return normal(parts.joined(separator: "/"))
    }

    /// The user's own folder.
    init(folder: String) throws {
        self.init(root: folder, title: folder, isOurs: false)
        try visit("")
    }

    private mutating func visit(_ folder: String) throws {
        guard let directory = opendir(folder.isEmpty ? root : "\(root)/\(folder)") else {
            throw ImportFile.fault("read", "\(root)/\(folder)")
        }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let own = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard own != ".", own != "..", let name = Self.normal(folder.isEmpty ? own : "\(folder)/\(own)") else {
                continue
            }
            switch Int(entry.pointee.d_type) {
            case DT_DIR: try visit(name)
            case DT_LNK:
                let target = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, filled in
                    filled = buffer.withMemoryRebound(to: CChar.self) { target in
                        max(0, target.baseAddress.map { readlink("\(root)/\(name)", $0, target.count) } ?? 0)
                    }
                }
                let text = String(decoding: target, as: UTF8.self)
                if let inside = Self.target(text, of: name) { note(link: name, to: inside) }
            default:
                if ImportFile.size("\(root)/\(name)") != nil { note(file: name) }
            }
        }
    }
}
