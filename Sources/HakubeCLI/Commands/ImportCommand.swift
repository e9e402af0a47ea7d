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
        let isInput = file == "-"
        let name = isInput ? "standard input" : file
        var request = MigrationRequest(text: try Self.text(isInput ? "/dev/stdin" : file, name), file: name)
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

    /// More than any of these files has, in bytes.
    private static let limit = 4 << 20

    /// A file's text, or all that comes out of a pipe.
    private static func text(_ path: String, _ name: String) throws -> String {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw refused(name, "this is a folder", "name the file in it")
        }
        guard let data = bytes(path) else { throw refused(name, "the file cannot be read", "check the path") }
        guard data.count <= limit else {
            throw refused(name, "it has more than \(limit >> 20) MiB, as no such file has", "check the path")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw refused(name, "the file is no UTF-8 text", "save it as UTF-8")
        }
        return text
    }

    /// One byte above the limit at most. A pipe gives what it has piece by piece.
    private static func bytes(_ path: String) -> Data? {
        guard let handle = path == "/dev/stdin" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path) else {
            return nil
        }
        var data = Data()
        do {
            while data.count <= limit, let piece = try handle.read(upToCount: limit + 1 - data.count), !piece.isEmpty {
                data += piece
            }
            return data
        } catch { return nil }
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
