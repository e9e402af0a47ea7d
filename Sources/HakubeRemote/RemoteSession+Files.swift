// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

/// Bytes in memory.
private struct MemorySource: ByteSource {
    let bytes: [UInt8]

    var byteCount: Int { bytes.count }

    func read(into consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        try bytes.withUnsafeBytes { try consume($0) }
    }
}

extension RemoteSession {
    /// A status no cat(1) uses.
    private static let absent = 44

    func write(_ contents: [UInt8], to path: String, mode: Int, _ wakeup: Wakeup) throws {
        let name = Script.quoted(path)
        // The size is checked because a broken connection looks like the end of the file.
        let script = """
            target=\(name)
            if [ -d "$target" ]; then echo "$target is a directory" >&2; exit 1; fi
            folder=$(dirname -- "$target")
            mkdir -p -- "$folder"
            umask 077
            # With a dot: whoever reads every file of a folder, as the kubelet does with its manifests, passes over it.
            temporary=$(mktemp "$folder/.$(basename -- "$target").XXXXXX")
            trap 'rm -f -- "$temporary"' EXIT
            cat >"$temporary"
            size=$(wc -c <"$temporary")
            if [ "$size" -ne \(contents.count) ]; then echo "only $size of \(contents.count) bytes arrived" >&2; exit 1; fi
            chmod \(String(mode, radix: 8)) "$temporary"
            # On the disk before it has the name: after a power cut the old file is there, or the new one, never an empty one.
            sync "$temporary" 2>/dev/null || :
            if mountpoint -q -- "$target" 2>/dev/null; then
                cat <"$temporary" >"$target"
            else
                mv -f -- "$temporary" "$target"
                trap - EXIT
            fi
            if command -v restorecon >/dev/null; then restorecon -- "$target" 2>/dev/null || :; fi
            """
        let output = try perform(RemoteJob(Script(script), input: .source(MemorySource(bytes: contents))), wakeup)
        guard output.status == 0 else {
            throw TransportError(
                .file, peer: peer, message: "\(path) cannot be written: \(output.errorText.trimmingSpaces)",
                remedy: "check the file system on the host (space, read-only mount, what stands at this path)")
        }
    }

    func read(_ path: String, _ wakeup: Wakeup) throws -> [UInt8]? {
        let name = Script.quoted(path)
        let script = "if [ ! -e \(name) ]; then exit \(RemoteSession.absent); fi; cat <\(name)"
        // Long enough for a snapshot of etcd over a thin line; a connection that stalls is noticed by itself.
        let output = try perform(RemoteJob(Script(script, timeout: .seconds(3600))), wakeup)
        switch output.status {
        case 0: return output.out
        case RemoteSession.absent: return nil
        default:
            throw TransportError(
                .file, peer: peer, message: "\(path) cannot be read: \(output.errorText.trimmingSpaces)",
                remedy: "check what stands at this path on the host")
        }
    }
}
