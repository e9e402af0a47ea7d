// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier
import HakubeCourier

/// Sound input of every kind.
struct Seeds {
    let key = [UInt8](repeating: 5, count: 32).withUnsafeBytes { Digest($0) }
    let orders: [[UInt8]]
    let input: [UInt8]
    let children: [[UInt8]]
    let parents: [[UInt8]]

    init() {
        let hex = String(repeating: "0a", count: 32)
        orders = [
            "stage /var/lib/hakube/stage/1", "item 0 raw 755 5 5 \(hex) bin/kubelet",
            "item 1 zstd 644 9000 400 \(hex) a b/c",
            "candidate 0 /usr/bin/kubelet", "group 0 0,1", "look", "listen 10.0.0.1",
            "admit 18446744073709551615 \(hex)",
            "expel 1", "pull 0 operator", "pull 0 1 fe80::1%eth0 65535 \(hex)", "stop 0", "finish",
        ].map { Array($0.utf8) }
        var frames: [UInt8] = []
        func frame(_ kind: UInt8, _ payload: [UInt8]) {
            frames.append(kind)
            BigEndian.put(UInt32(payload.count), into: &frames)
            frames += payload
        }
        frame(0x54, orders.reduce([]) { $0 + $1 + [0x0a] })
        frame(0x44, [UInt8](repeating: 0, count: 12) + [1, 2, 3, 4, 5])
        frame(0x54, Array("finish\n".utf8))
        input = frames
        let wants = [Want(digest: key, form: .zstd, offset: 77), Want(digest: key, form: .raw, offset: 0)]
        children = [ChildMessage.wants(wants).bytes, ChildMessage.wants([]).bytes, ChildMessage.go.bytes]
        parents = [[2], [3, 0, 0, 0, 1], [4, 0, 0, 0, 0], [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3]]
    }

    /// What a bundle stores of a file of this size.
    static func packed(_ size: Int) -> [UInt8] {
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
        let entry =
            [UInt8](repeating: 0x68, count: 512) + content + [UInt8](repeating: 0, count: (512 - size % 512) % 512)
        var room = [UInt8](repeating: 0, count: ZSTD_compressBound(entry.count))
        let count = ZSTD_compress(&room, room.count, entry, entry.count, 1)
        return Array(room.prefix(count))
    }
}
