// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// A tool's file that shall become an inventory.
package struct MigrationRequest: Sendable, Hashable {
    package let text: String
    /// The name that places get: `cluster.yml` gives `cluster.yml:12`.
    package let file: String
    /// `nil`: told by what the file holds.
    package var tool: ForeignTool?
    /// The release the inventory shall be for; `nil`: the source's.
    package var kubernetes: KubernetesVersion?

    package init(text: String, file: String) {
        self.text = text.withoutByteOrderMark
        self.file = file
    }
}

/// An inventory made of another tool's file.
package struct Migration: Sendable, Hashable {
    /// The inventory file's text.
    package let inventory: String
    package let report: MigrationReport

    /// Reads a tool's file. What has no place in an inventory is in the report; nothing is guessed.
    ///
    /// - Throws: a problem with its line for a file that cannot be read, or that is none of the tools'.
    package init(_ request: MigrationRequest) throws(InventoryError) {
        let source = try MigrationSource(request)
        var translation = Translation(release: request.kubernetes)
        switch source {
        case .rke(let root): translation.read(rke: root)
        case .sealosConfig(let root): translation.read(sealosConfig: root)
        case .clusterfile(let documents): translation.read(clusterfile: documents)
        case .kubekey(let documents): translation.read(kubekey: documents)
        case .kubespray(let inventory): translation.read(kubespray: inventory)
        }
        for root in source.roots {
            translation.ledger.sweep(
                root, "hakube's inventory has no such setting",
                "see docs/inventory.md, or do it after the cluster stands")
        }
        translation.shareLogins()
        let comment = """
            # Made by 'hakube import' of \(request.file) (\(source.tool.title)). docs/inventory.md explains every key.

            """
        do {
            inventory = try translation.draft.yaml(comment: comment)
        } catch {
            throw InventoryError(problems: [
                Problem(
                    place: request.file, message: "what it says cannot be written as YAML: \(error)",
                    remedy: "save it as UTF-8 text")
            ])
        }
        var report = MigrationReport(tool: source.tool, file: request.file)
        report.taken = translation.ledger.taken.sorted { $0.line < $1.line }
        report.settled = translation.ledger.settled.sorted { $0.line < $1.line }
        report.left = translation.ledger.left.sorted { $0.line < $1.line }
        report.problems = Self.problems(inventory)
        if !translation.filesToBring.isEmpty {
            let files = translation.filesToBring.joined(separator: ", ")
            report.problems.append(
                Problem(
                    place: "inventory",
                    message: "\(files) are paths of the source's masters, and hakube reads them here",
                    remedy: "copy the files to this machine, and write where they are"))
        }
        self.report = report
    }

    /// What the inventory lacks; files with passwords count as written, since the report tells of them.
    private static func problems(_ text: String) -> [Problem] {
        var inventory = Inventory(yaml: text, file: "inventory")
        for entry in inventory.registries {
            if let file = entry.passwordFile { inventory.passwords[file.value] = .password(Secret("written later")) }
        }
        // Those of an etcd outside are looked at by the command that needs them.
        for file in inventory.etcd?.files ?? [] {
            inventory.files[file] = "-----BEGIN CERTIFICATE-----\n"
        }
        if let key = inventory.etcd?.key?.value { inventory.files[key] = "-----BEGIN PRIVATE KEY-----\n" }
        // The bundle names a release where the source does not.
        let release = inventory.kubernetes == nil ? KubernetesVersion("v1.34.0") : nil
        do throws(InventoryError) {
            _ = try ClusterSpec.make(inventory: inventory, bundleKubernetes: release)
            return []
        } catch {
            return error.problems
        }
    }
}
