// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@testable import HakubeBundle

/// A bundle that somebody, or a bad cable, changed; and the sentence that has to be said of it.
struct BadBundle: Sendable, CustomTestStringConvertible {
    let name: String
    let sentence: String
    /// Gives the file's bytes from a sound bundle's, whole and in parts.
    let make: @Sendable (_ good: [UInt8], _ parts: inout BundleParts) throws -> [UInt8]

    var testDescription: String { name }

    static let kubelet = "amd64/bin/kubelet"

    /// All of them; the sentence does not begin with the file's name, which each has.
    static let all = cut + flipped + paths + kinds + lies + holes + traps

    static func parts(
        _ name: String, _ sentence: String, _ change: @escaping @Sendable (inout BundleParts) throws -> Void
    ) -> BadBundle {
        BadBundle(name: name, sentence: sentence) { _, parts in
            try change(&parts)
            return try parts.bytes()
        }
    }

    private static let cut =
        (1...7).map { eighth in
            BadBundle(name: "cut at \(eighth)/8", sentence: "the file is cut short") { good, _ in
                Array(good.prefix(good.count * eighth / 8))
            }
        } + [
            BadBundle(name: "nothing left", sentence: "is empty and not a bundle") { _, _ in [] },
            BadBundle(name: "bytes behind the end", sentence: "something follows it") { good, _ in good + [0, 0] },
        ]

    private static let flipped = [
        BadBundle(name: "a flipped byte that no decompressor looks at", sentence: "its seal tells another sha256") {
            _, parts in
            // The first byte of gzip's date in the manifest's frame.
            parts.compression = .gzip
            var bytes = try parts.bytes()
            bytes[4] ^= 1
            return bytes
        },
        parts("a flipped byte in a blob", "its bytes in the file have sha256") { parts in
            let blob = try #require(parts.entries.firstIndex { $0.content.count == 7000 })
            var frame = try FrameOutput.bytes(parts.entries[blob].bytes, parts.compression)
            parts.entries[blob].listed["stored"] = frame.count
            parts.entries[blob].listed["storedSha256"] = Digest.hex(of: frame)
            parts.entries[blob].isListedRight = false
            frame[3000] ^= 1
            parts.entries[blob].frame = frame
        },
        parts("a flipped byte in a tar header", "amd64/bin/kubelet: the tar header is damaged") { parts in
            try parts.change(kubelet) { entry in
                var plain = entry.bytes
                plain[10] ^= 1
                entry.plain = plain
            }
        },
    ]

    private static let paths = [
        ("../../etc/cron.d/x", "the path has a part `..`"), ("amd64/bin/../../../x", "the path has a part `..`"),
        ("/etc/cron.d/x", "the path is absolute"), ("bin/x", "a bundle has no such folder"),
    ].flatMap { path, fault in
        [
            parts("\(path) in the manifest", "\(path): \(fault)") { parts in
                try parts.change(kubelet) { entry in
                    entry.listed["path"] = path
                    entry.header = TarHeader(path: path, mode: 0o755, size: entry.content.count)
                }
            },
            parts("\(path) in a tar header", "the entry in its place is called `\(path)`") { parts in
                try parts.change(kubelet) {
                    $0.header = TarHeader(path: path, mode: 0o755, size: $0.content.count)
                }
            },
        ]
    }

    private static let kinds = [
        ("2", "a symbolic link"), ("1", "a hard link"), ("3", "a device"), ("4", "a device"), ("5", "a directory"),
        ("6", "a named pipe"), ("x", "an extension record"),
    ].map { kind, words in
        parts("\(words) (\(kind))", "amd64/bin/kubelet: is \(words), and a bundle holds files only") { parts in
            let kind = try #require(kind.utf8.first)
            try parts.change(kubelet) {
                $0.header = TarHeader(path: kubelet, mode: 0o755, size: $0.content.count, kind: kind)
            }
        }
    }

    private static let lies = [
        parts("an entry twice", "amd64/bin/kubelet: the file is listed twice") { parts in
            let place = try parts.index(of: kubelet)
            parts.entries.insert(parts.entries[place], at: place)
        },
        parts("an entry in a wrong place", "the files are not in order") { $0.entries.swapAt(3, 4) },
        parts("a size too small", "amd64/bin/kubelet: the entry has 975 bytes, and the manifest says 9") { parts in
            try parts.change(kubelet) { $0.listed["size"] = 9 }
        },
        parts("a size beyond the frame", "amd64/bin/kubelet: its frame ends early") { parts in
            try parts.change(kubelet) { entry in
                entry.listed["size"] = 1 << 30
                entry.plain =
                    TarHeader(path: kubelet, mode: 0o755, size: 1 << 30).block
                    + entry.bytes.dropFirst(TarHeader.byteCount)
            }
        },
        parts("a stored size beyond the file", "the file is cut short") { parts in
            try parts.change(kubelet) { entry in
                entry.listed["stored"] = 1 << 40
                entry.isListedRight = false
            }
        },
        parts("a stored size below zero", "the stored size -7 cannot be") { parts in
            try parts.change(kubelet) { entry in
                entry.listed["stored"] = -7
                entry.isListedRight = false
            }
        },
        parts("a bomb", "amd64/bin/kubelet: more bytes follow in its frame than its size tells") { parts in
            try parts.change(kubelet) { $0.plain = $0.bytes + [UInt8](repeating: 0, count: 200 << 20) }
        },
        parts("a bomb for a manifest", "hakube-bundle.json: the manifest's entry is not as hakube writes it") { parts in
            parts.editHead = { _ in
                TarHeader(path: BundleManifest.entryName, mode: 0o644, size: 1 << 30).block
                    + [UInt8](repeating: 32, count: 200 << 20)
            }
        },
        parts("a frame in a frame", "amd64/bin/kubelet: its frame is damaged") { parts in
            try parts.change(kubelet) { entry in
                entry.plain = try? FrameOutput.bytes(entry.bytes, .zstd)
            }
        },
        parts("another owner", "the tar header has an owner, a date or a form") { parts in
            try parts.change(kubelet) { entry in
                var block = entry.header.block
                // Owner 1 in place of 0, and the checksum that goes with it.
                block[114] += 1
                block[153] += 1
                if block[153] > UInt8(ascii: "7") { (block[153], block[152]) = (UInt8(ascii: "0"), block[152] + 1) }
                entry.plain = block + entry.bytes.dropFirst(TarHeader.byteCount)
            }
        },
        parts("a mode with set-user-id", "the entry has mode 04755, and the manifest says 0755") { parts in
            try parts.change(kubelet) {
                $0.header = TarHeader(path: kubelet, mode: 0o4755, size: $0.content.count)
            }
        },
        parts("another content", "amd64/bin/kubelet: the content has sha256") { parts in
            try parts.change(kubelet) { $0.content[100] ^= 1 }
        },
    ]

    private static let holes = [
        parts("an unknown format", "the bundle has format 3, this hakube reads format 2; use the hakube") {
            $0.manifest["format"] = 3
        },
        parts("the format before", "the bundle has format 1, this hakube reads format 2; pack it again") {
            $0.manifest["format"] = 1
        },
        parts("no manifest to be read", "the manifest cannot be read") { $0.edit = { _ in "{" } },
        parts("half a manifest", "the manifest is not complete: `arches` is missing") { $0.manifest["arches"] = nil },
        parts("a program of another architecture", "the program is for arm64, and its folder for amd64") { parts in
            try parts.replace(kubelet, by: BundleFolder.program(machine: 183))
        },
        parts("a missing program", "amd64/bin/kubelet: the program is missing") { parts in
            parts.entries.remove(at: try parts.index(of: kubelet))
        },
        parts("a missing blob", "its blob sha256:") { parts in
            let blob = try #require(parts.entries.firstIndex { $0.content.count == 7000 })
            parts.entries.remove(at: blob)
        },
        parts("a missing image", "asks for the image, and the bundle does not have it") { parts in
            parts.manifest["requiredImages"] = BundleFolder.images + ["registry.k8s.io/conformance:v1.34.2"]
        },
        parts("a list of images that is another release's", "needs etcd:3.6.5-0, and the list does not have it") {
            $0.manifest["requiredImages"] = BundleFolder.images.filter { !$0.contains("etcd") }
        },
        parts("a pause image that is another's", "containerd would start pods with registry.k8s.io/pause:3.9") {
            $0.manifest["sandboxImage"] = "registry.k8s.io/pause:3.9"
        },
        parts("a containerd too old", "containerd: containerd 1.6.20 is too old for Kubernetes v1.34.2") {
            $0.manifest["components"] = [["name": "containerd", "version": "1.6.20"]]
        },
        parts("a kubelet of another release", "kubelet: is of 1.33.0, and the bundle is for Kubernetes v1.34.2") {
            $0.manifest["components"] = [["name": "kubelet", "version": "1.33.0"]]
        },
        parts("a manifest that pulls", "asks with imagePullPolicy Always to pull the image") { parts in
            let text = "spec: {containers: [{image: \"\(BundleFolder.pause)\", imagePullPolicy: Always}]}\n"
            try parts.replace("manifests/pod-network.yaml", by: Array(text.utf8))
        },
        parts("an index that lies", "images/index.json as sha256:") { parts in
            let path = ImageLayout.index
            let text = String(decoding: parts.entries[try parts.index(of: path)].content, as: UTF8.self)
            // Two images change names.
            let other = text.replacing("kube-proxy:", with: "kube-x:").replacing(
                "etcd:3.6.5-0", with: "kube-proxy:v1.34.2")
            let swapped = other.replacing("kube-x:v1.34.2", with: "etcd:3.6.5-0")
            try parts.replace(path, by: Array(swapped.utf8))
        },
    ]
}
