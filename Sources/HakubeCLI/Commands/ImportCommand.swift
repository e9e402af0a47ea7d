// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeMigration
import HakubeModel

/// `hakube import FILE`: another tool's file becomes an inventory.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make an inventory of a file of RKE, sealos, KubeKey or kubespray.",
        discussion: """
            Prints the inventory, and on standard error every line of the file that has no place in it, with the reason and \
            what to do. Nothing is guessed, no password is copied, and no host is contacted. docs/migrate.md says what \
            becomes of which key. ('hakube bundle import' makes bundles of other tools' packages.)
            """)

    @Argument(
        help: """
            RKE's cluster.yml, sealos's config.yaml or Clusterfile, KubeKey's Cluster, or kubespray's hosts file (INI or YAML); \
            - is standard input.
            """)
    var file: String

    @Option(
        help: ArgumentHelp(
            "The tool: rke, sealos, kubekey or kubespray (default: told by the file).", valueName: "tool"))
    var from: ForeignTool?

    @Option(
        help: ArgumentHelp("Write the inventory to this file in place of standard output.", valueName: "file"))
    var to: String?

    @Flag(help: "Let --to overwrite a file.")
    var force = false

    @Option(
        help: ArgumentHelp(
            "The release the inventory shall be for (default: the source's).",
            discussion: "Flags that this release does not have are told, not taken over.", valueName: "version"))
    var kubernetes: String?

    @Option(
        help: ArgumentHelp(
            "text, or json: one object with the inventory and the report, on standard output.", valueName: "format"))
    var output = OutputOptions.Format.text

    func validate() throws {
        if let kubernetes, KubernetesVersion(kubernetes) == nil {
            throw ValidationError("--kubernetes \(kubernetes) is no release; write it as v1.34.2")
        }
    }

    func run() throws {
        var request = try request()
        request.tool = from
        request.kubernetes = kubernetes.flatMap(KubernetesVersion.init)
        let migration = try Migration(request)
        if let to { try write(migration.inventory, to: to) }
        switch output {
        case .text:
            if to == nil { print(migration.inventory, terminator: "") }
            StandardError.say(migration.report.text)
            if let to { StandardError.say("\nWrote \(to).") }
        case .json: print(try migration.report.json(inventory: to == nil ? migration.inventory : nil), terminator: "")
        }
    }

    private func request() throws(InventoryError) -> MigrationRequest {
        do throws(GivenText.Fault) {
            let given = try GivenText(file)
            return MigrationRequest(text: given.text, file: given.name)
        } catch { throw InventoryError(problems: [error.problem]) }
    }

    /// Made anew, so that a file that came in between is not overwritten either.
    private func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: force ? .atomic : .withoutOverwriting)
        } catch {
            if (error as? CocoaError)?.code == .fileWriteFileExists {
                throw Self.refused("--to \(path)", "the file is there already", "name another, or add --force")
            }
            throw Self.refused("--to \(path)", "the file cannot be written", "check the path and its folder")
        }
    }

    private static func refused(_ place: String, _ message: String, _ remedy: String) -> InventoryError {
        InventoryError(problems: [Problem(place: place, message: message, remedy: remedy)])
    }
}

extension ForeignTool: ExpressibleByArgument {}
