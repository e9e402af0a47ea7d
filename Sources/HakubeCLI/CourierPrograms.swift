// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel

/// The couriers that hakube was installed with.
enum CourierPrograms {
    /// Lies beside this program: under its plain name for this machine's architecture, else with the architecture's behind it.
    static func beside(_ arch: Architecture) -> URL? {
        // The link's target, so that a link to hakube from a folder on PATH finds them, too.
        guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
        return program(arch, in: URL(filePath: own).deletingLastPathComponent(), own: .current)
    }

    static func program(_ arch: Architecture, in folder: URL, own: Architecture?) -> URL? {
        let names = (arch == own ? ["hakube-courier"] : []) + ["hakube-courier-\(arch.rawValue)"]
        return names.map { folder.appending(path: $0) }.first {
            FileManager.default.isReadableFile(atPath: $0.path(percentEncoded: false))
        }
    }
}

extension Architecture {
    /// Of this program; `nil` for one that no bundle is for.
    fileprivate static var current: Architecture? {
        #if arch(x86_64)
        .amd64
        #elseif arch(arm64)
        .arm64
        #else
        nil
        #endif
    }
}
