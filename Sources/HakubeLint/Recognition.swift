// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Tells what a text is by what stands in it.
enum Recognition {
    static func kind(_ fragment: Fragment) -> FileKind? {
        let lines = fragment.lines.map { $0.value.trimmed }
        let told = lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
        let isYAML = hasKey("kind", fragment) && hasKey("apiVersion", fragment)
        if isScript(fragment, lines: told, isCertain: true) { return .script }
        if isYAML { return .kubernetes }
        if lines.contains(where: isPEM) { return .certificate }
        if told.first?.hasPrefix("{") ?? false, fragment.text.contains("\"virtual\"") { return .guardian }
        let firsts = told.compactMap(\.words.first)
        let blocks = [
            "vrrp_instance", "vrrp_script", "vrrp_sync_group", "vrrp_track_process", "vrrp_track_file",
            "virtual_server",
            "virtual_server_group",
        ]
        if firsts.contains(where: blocks.contains) { return .keepalived }
        let sections = ["frontend", "backend", "listen", "defaults", "global"].filter(firsts.contains)
        if sections.count > 1 || ["frontend", "listen"].contains(where: sections.contains) { return .haproxy }
        // A part of a configuration that is spread over a folder.
        if !sections.isEmpty, fragment.baseName.hasSuffix(".cfg") { return .haproxy }
        if sections == ["backend"], firsts.contains("server") { return .haproxy }
        if hasKey("nodes", fragment), lines.contains(where: { $0.contains(/(?:^|[\s{,])address:\s/) }) { return .rke }
        let addressed = firsts.count { IPAddress($0.prefix { $0 != "%" }.trimmed) != nil }
        if addressed > 0, addressed * 2 >= told.count || fragment.baseName.contains("hosts") { return .hosts }
        if fragment.isPart { return nil }
        return isScript(fragment, lines: told, isCertain: false) ? .script : nil
    }

    /// A certificate or a private key, of which nothing but the kind is looked at.
    private static func isPEM(_ line: String) -> Bool {
        line.hasPrefix("-----BEGIN CERTIFICATE")
            || line.hasPrefix("-----BEGIN ") && line.hasSuffix("PRIVATE KEY-----")
    }

    /// A key of the outermost map.
    private static func hasKey(_ key: String, _ fragment: Fragment) -> Bool {
        fragment.lines.contains { $0.value.hasPrefix(key + ":") || $0.value.trimmed.hasPrefix("\"\(key)\":") }
    }

    private static let programs: Set<String> = [
        "kubeadm", "kubectl", "scp", "rsync", "ssh", "sshpass", "sed", "echo", "systemctl", "docker", "ctr", "crictl",
        "mkdir", "cp", "mv", "cat", "tar", "modprobe", "sysctl", "swapoff", "ipvsadm", "yum", "apt-get", "apt", "dnf",
        "sudo", "export", "hostnamectl", "ssh-copy-id", "tee", "helm", "keepalived", "haproxy", "rke", "sealos",
    ]

    private static func isScript(_ fragment: Fragment, lines: [String], isCertain: Bool) -> Bool {
        guard !fragment.isPart else { return false }
        if isCertain {
            let name = fragment.baseName
            let isNamed = name.hasSuffix(".sh") || name.hasSuffix(".bash") || name.hasSuffix("history")
            if isNamed || fragment.text.hasPrefix("#!") { return true }
            // Manifests may hold scripts as well.
            let isDocument = lines.first.map { $0 == "---" || $0.prefixMatch(of: /[A-Za-z]+:/) != nil } ?? false
            return !isDocument && lines.contains { isCommand($0) && $0.contains("<<") }
        }
        return lines.contains(where: isCommand)
    }

    /// The first word, or the one behind a prompt or a history's number, is a program that clusters are made with.
    private static func isCommand(_ line: String) -> Bool {
        if line.prefixMatch(of: /\[?[\w.\-]+@[\w.\-]+[^#$>]*[#$]\s+\S/) != nil { return true }
        let words = line.words.drop { Int($0) != nil || $0 == "$" || $0 == "#" }
        return words.first.map { programs.contains($0.split(separator: "/").last.map(String.init) ?? $0) } ?? false
    }
}
