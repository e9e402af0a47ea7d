// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

/// An inventory that is nearly right, and the sentences it gets.
struct InventoryCase: Sendable, CustomTestStringConvertible {
    let yaml: String
    let sentences: [String]

    /// `yaml` follows the two lines `kubernetes: v1.34.2` and `masters: [10.0.0.1]`, so it starts on line 3.
    static func after(_ yaml: String, _ sentences: String...) -> InventoryCase {
        InventoryCase(yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1]\n" + yaml, sentences: sentences)
    }

    static func whole(_ yaml: String, _ sentences: String...) -> InventoryCase {
        InventoryCase(yaml: yaml, sentences: sentences)
    }

    var testDescription: String { yaml }

    /// Every problem of the file, as the user reads it.
    var found: [String] { problems(yaml: yaml) }
}

/// The sentences for a file `c.yaml`, flags, or both; empty if there is nothing to complain about.
func problems(
    yaml: String? = nil, bundle: String? = nil, flags: (inout InventoryOverrides) -> Void = { _ in }
) -> [String] {
    var overrides = InventoryOverrides()
    flags(&overrides)
    do throws(InventoryError) {
        _ = try ClusterSpec.make(
            inventory: yaml.map { Inventory(yaml: $0, file: "c.yaml") } ?? Inventory(), overrides: overrides,
            bundleKubernetes: bundle.flatMap(KubernetesVersion.init))
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// The specification of `yaml` and flags.
func spec(
    yaml: String? = nil, bundle: String? = nil, flags: (inout InventoryOverrides) -> Void = { _ in }
) throws -> ClusterSpec {
    var overrides = InventoryOverrides()
    flags(&overrides)
    return try ClusterSpec.make(
        inventory: yaml.map { Inventory(yaml: $0, file: "c.yaml") } ?? Inventory(), overrides: overrides,
        bundleKubernetes: bundle.flatMap(KubernetesVersion.init))
}
