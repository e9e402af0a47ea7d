// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A tool's file, told apart by what it holds.
enum MigrationSource {
    case rke(SourceNode)
    /// ~/.sealos/config.yaml of sealos 2 and 3.
    case sealosConfig(SourceNode)
    /// The documents of a Clusterfile of sealos 4 and 5.
    case clusterfile([SourceNode])
    case kubekey([SourceNode])
    case kubespray(AnsibleInventory)

    var tool: ForeignTool {
        switch self {
        case .rke: .rke
        case .sealosConfig, .clusterfile: .sealos
        case .kubekey: .kubekey
        case .kubespray: .kubespray
        }
    }

    /// All that has to be accounted for.
    var roots: [SourceNode] {
        switch self {
        case .rke(let root), .sealosConfig(let root): [root]
        case .clusterfile(let documents), .kubekey(let documents): documents
        case .kubespray(let inventory): inventory.values
        }
    }

    /// - Throws: a file that cannot be read, or that is not one of the tool's.
    init(_ request: MigrationRequest) throws(InventoryError) {
        if Self.looksLikeINI(request.text), (request.tool ?? .kubespray) == .kubespray {
            self = .kubespray(AnsibleInventory(ini: request.text))
            return
        }
        let documents = try SourceDocuments.read(request.text, file: request.file)
        let fits = ForeignTool.allCases.filter { request.tool == nil || request.tool == $0 }
            .compactMap { Self.source($0, documents) }
        guard let source = fits.first else { throw Self.stranger(request) }
        self = source
    }

    private static func source(_ tool: ForeignTool, _ documents: [SourceNode]) -> MigrationSource? {
        func has(_ group: String, _ kind: String) -> Bool {
            documents.contains { $0["apiVersion"]?.text?.hasPrefix(group) == true && $0["kind"]?.text == kind }
        }
        guard let first = documents.first else { return nil }
        switch tool {
        case .rke:
            let isRKE = documents.count == 1 && first["nodes"]?.items.contains { $0["role"] != nil } == true
            return isRKE ? .rke(first) : nil
        case .sealos:
            if has("apps.sealos.io/", "Cluster") { return .clusterfile(rooted(documents)) }
            let marks = ["apiserverdomain", "svccidr", "podcidr", "lvscarename", "pkgurl"]
            let isConfig = first["masters"] != nil && marks.contains { first[$0] != nil }
            return isConfig ? .sealosConfig(first) : nil
        case .kubekey: return has("kubekey.kubesphere.io/", "Cluster") ? .kubekey(rooted(documents)) : nil
        case .kubespray:
            let inventory = AnsibleInventory(yaml: first)
            let isInventory = (["all"] + AnsibleInventory.masterGroups).contains { inventory.groups[$0] != nil }
            return isInventory ? .kubespray(inventory) : nil
        }
    }

    /// Several documents get their kinds in front of their keys, so that a path means one value.
    private static func rooted(_ documents: [SourceNode]) -> [SourceNode] {
        documents.map { document in
            let kind = document["kind"]?.text ?? "?"
            return kind == "Cluster" ? document : document.moved(below: kind)
        }
    }

    /// A line in brackets begins a section; YAML has no such line at the left margin without a key.
    private static func looksLikeINI(_ text: String) -> Bool {
        let lines = text.split(whereSeparator: \.isNewline).filter {
            !$0.hasPrefix("#") && !$0.hasPrefix(";") && !$0.trimmed.isEmpty
        }
        return lines.contains { $0.firstMatch(of: /^\[[A-Za-z0-9_.:-]+\]\s*([#;].*)?$/) != nil }
            && !lines.contains { $0.hasPrefix("apiVersion:") || $0.hasPrefix("nodes:") }
    }

    private static func stranger(_ request: MigrationRequest) -> InventoryError {
        let message =
            if let tool = request.tool {
                "it is no file of \(tool.title) that hakube knows"
            } else { "it is no file of RKE, sealos, KubeKey or kubespray that hakube knows" }
        return InventoryError(problems: [
            Problem(
                place: request.file, message: message,
                remedy:
                    "name RKE's cluster.yml, sealos's config.yaml or Clusterfile, KubeKey's Cluster, or kubespray's hosts file"
            )
        ])
    }
}

extension SourceNode {
    /// The same values with a word in front of their paths.
    func moved(below root: String) -> SourceNode {
        let content: Content =
            switch self.content {
            case .list(let items): .list(items.map { $0.moved(below: root) })
            case .map(let entries): .map(entries.map { Entry(key: $0.key, value: $0.value.moved(below: root)) })
            default: self.content
            }
        return SourceNode(path: path.isEmpty ? root : "\(root).\(path)", line: line, content: content, origin: origin)
    }
}
