// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel

/// A configuration that the operator gives: a file, a pipe, or standard input for `-`.
struct GivenText {
    /// What cannot be read, in a sentence.
    struct Fault: Error {
        let problem: Problem
    }

    /// The path, or what standard input is called.
    let name: String
    let text: String

    /// Bytes. More is no configuration, and would be read for minutes.
    private static let largest = 4 << 20

    /// Reads it to its end.
    init(_ path: String) throws(Fault) {
        let name = path == "-" ? "standard input" : path
        func refused(_ message: String, _ remedy: String) -> Fault {
            Fault(problem: Problem(place: name, message: message, remedy: remedy))
        }
        if path != "-" {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw refused("there is no such file", "check the path")
            }
            if isFolder.boolValue { throw refused("this is a folder", "name the file in it") }
        }
        guard let data = Self.bytes(path) else { throw refused("the file cannot be read", "check its permissions") }
        guard data.count <= Self.largest else {
            throw refused("it has more than \(Self.largest >> 20) MiB, and is no configuration", "leave it out")
        }
        guard !data.contains(0), let text = String(validating: data, as: UTF8.self) else {
            throw refused("the file is no UTF-8 text", "save it as UTF-8")
        }
        self.name = name
        self.text = text
    }

    /// One byte above the limit at most; a pipe gives what it has piece by piece. `nil`: it cannot be read.
    private static func bytes(_ path: String) -> Data? {
        // Where standard input is a socket, /dev/stdin cannot be opened.
        let isInput = path == "-" || path == "/dev/stdin"
        guard let file = isInput ? FileHandle.standardInput : FileHandle(forReadingAtPath: path) else { return nil }
        var data = Data()
        do {
            while data.count <= largest, let part = try file.read(upToCount: largest + 1 - data.count), !part.isEmpty {
                data += part
            }
            return data
        } catch { return nil }
    }
}
