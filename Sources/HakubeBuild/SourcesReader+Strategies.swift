// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Yams

extension SourcesReader {
    /// What stands under `ha`: for each endpoint strategy the images that it runs on masters.
    mutating func readStrategies(_ node: Node?, components: [String: VersionTable]) -> [BundleSources.Strategy] {
        guard let node else { return [] }
        guard let mapping = node.mapping else {
            refuse(
                place(node), "`ha` is not a map", "write the name of each endpoint strategy, and below it its images")
            return []
        }
        return mapping.compactMap { key, value in
            guard let name = key.string, !name.isEmpty else {
                refuse(place(key), "this is no name of a strategy", "write it like keepalived")
                return nil
            }
            let images = list(value, name).compactMap { readImage($0, components: components) }
            if images.isEmpty {
                refuse(place(value), "the strategy \(name) has no images", "list them, or leave the strategy out")
            }
            return BundleSources.Strategy(name: name, images: images)
        }
    }

    private mutating func readImage(
        _ node: Node, components: [String: VersionTable]
    ) -> BundleSources.Strategy.Image? {
        guard let fields = map(node, "an image", keys: ["component", "image"]) else { return nil }
        let component = readComponent(fields["component"], components)
        guard let written = fields["image"] else {
            refuse(place(node), "an image has no name", "write it after `image`")
            return nil
        }
        let holes = ["kubernetes", "minor"] + (component == nil ? [] : ["version"])
        guard let name = address(written, "image", holes: holes, needsScheme: false) else { return nil }
        // What stands in the holes later is a version too.
        guard ImageName.isFull(name.filled(["kubernetes": "v1.0.0", "minor": "1.0", "version": "1.0"])) else {
            refuse(
                place(written), "`\(written.scalar?.string ?? "")` is no image's full name",
                "write registry, path and tag, like docker.io/library/haproxy:{{version}}")
            return nil
        }
        return BundleSources.Strategy.Image(component: component, name: name)
    }
}
