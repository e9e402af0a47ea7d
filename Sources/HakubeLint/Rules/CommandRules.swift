// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Commands that make one host a copy of another, or that a release does not take.
extension Examination {
    mutating func checkCommands() {
        for (command, section) in material.commands {
            checkCopies(command, section)
            checkKubeadm(command)
            checkPassword(command, section)
            if let taint = command.taint { checkTaint(taint.value, at: taint.place) }
        }
    }

    /// kubeadm's own rule for copying by hand: the CAs, sa and front-proxy-ca, nothing else. Where it goes to counts as well:
    /// a backup is no second host.
    private mutating func checkCopies(_ command: ShellCommand, _ section: ShellScript.Section) {
        guard let place = command.place else { return }
        var sources: [String] = []
        switch command.program {
        case "scp", "rsync", "pscp":
            let files = command.files
            guard let target = files.last, files.contains(where: \.isRemotePath), target.pathOnHost.isLivePath else {
                return
            }
            sources = files.dropLast().map(\.pathOnHost)
        case "tar":
            let remote = section.pipeline(of: command).first { $0.program == "ssh" }?.words.map(\.value) ?? []
            let words = remote.flatMap(\.words)
            guard let option = words.firstIndex(of: "-C"), words.dropFirst(option + 1).first?.isLivePath ?? false else {
                return
            }
            sources = command.files
        default: return
        }
        for source in sources {
            let path = source.split(separator: "/").filter { $0 != "*" && $0 != "." }.joined(separator: "/")
            switch path {
            case "etc/kubernetes", "etc/kubernetes/kubelet.conf", "etc/kubernetes/bootstrap-kubelet.conf",
                "var/lib/kubelet", "var/lib/kubelet/pki":
                report(
                    .sharedIdentity, at: place,
                    "\(source) goes to another host with the kubelet's certificate in it: two kubelets are then one node",
                    "join each master with `kubeadm join --control-plane`, which makes its own")
                return
            case "etc/kubernetes/pki":
                report(
                    .sharedCertificates, at: place,
                    "\(source) goes to another host with certificates in it that name this one",
                    "copy ca, sa, front-proxy-ca and etcd/ca only, or use --upload-certs")
                return
            default: continue
            }
        }
    }

    /// Flags that may stand beside --config. kubeadm ends with "can not mix '--config' with arguments" otherwise.
    private static let besideConfig: Set<String> = [
        "--config", "--ignore-preflight-errors", "--skip-phases", "--upload-certs", "--experimental-upload-certs",
        "--skip-token-print", "--skip-certificate-key-print", "--dry-run", "--node-name", "--rootfs", "--v", "-v",
        "--cri-socket", "--patches", "--kubeconfig", "--add-dir-header", "--log-file", "--one-output",
    ]

    private mutating func checkKubeadm(_ command: ShellCommand) {
        guard command.kubeadmVerb != nil else { return }
        if let config = command.flag("--config") {
            let others = command.words.filter { word in
                word.value.hasPrefix("--") && !Self.besideConfig.contains(word.value.optionName)
            }
            if let first = others.first {
                report(
                    .kubeadmFlagsMixed, at: first.place,
                    "kubeadm refuses \(others.map(\.value.optionName).inWords) beside --config (line \(config.place.line))",
                    "put it into the configuration file")
            }
        }
        guard let release = picture.release, release.isAtLeast(1, 16) else { return }
        for (old, new) in [
            ("--experimental-control-plane", "--control-plane"), ("--experimental-upload-certs", "--upload-certs"),
        ] {
            guard let flag = command.flag(old) else { continue }
            report(.kubeadmFlagRemoved, at: flag.place, "\(old) is gone since v1.16", "write \(new)")
        }
    }

    /// What stands in arguments is read by every user of the host, and stays in the shell's history.
    private mutating func checkPassword(_ command: ShellCommand, _ section: ShellScript.Section) {
        let isEchoed =
            command.program == "echo"
            && section.pipeline(of: command).contains {
                ($0.program == "passwd" && $0.flag("--stdin") != nil) || $0.program == "chpasswd"
            }
        let isArgument = command.program == "sshpass" && command.givesPassword
        guard isEchoed || isArgument, let place = command.place else { return }
        report(
            .passwordInCommand, at: place,
            "a password stands in the command, where every user of this host can read it",
            isArgument ? "use keys, or `sshpass -f FILE`" : "use keys, or let passwd ask")
    }

    /// Files that say who a kubelet is have to differ from host to host.
    mutating func checkIdentities() {
        var seen: [String: KubeletIdentity] = [:]
        for identity in material.identities {
            let key = "\(identity.isCertificate) \(identity.user)"
            guard let first = seen[key] else {
                seen[key] = identity
                continue
            }
            guard !isSameHost(first.place.file, identity.place.file) else { continue }
            report(
                .sharedIdentity, at: identity.place,
                "this kubelet says that it is \(identity.user), as the one of \(first.place.file) does",
                "reset one of the hosts and join it anew")
        }
    }

    /// A kubelet keeps its older certificates in the folder of the current one.
    private func isSameHost(_ one: String, _ other: String) -> Bool {
        let folders = [one, other].map { $0.split(separator: "/").dropLast() }
        return folders[0] == folders[1] && [one, other].allSatisfy { $0.contains("kubelet-client-") }
    }
}

extension String {
    /// `HOST:PATH`.
    fileprivate var isRemotePath: Bool { !hasPrefix("/") && contains(":") }

    fileprivate var pathOnHost: String {
        isRemotePath ? String(self[(lastIndex(of: ":") ?? startIndex)...].dropFirst()) : self
    }

    /// `--token` of `--token=SECRET`: values may be secrets, and are not told.
    fileprivate var optionName: String { String(prefix { $0 != "=" }).trimmed }

    /// A place from which a kubelet would take what is put there.
    fileprivate var isLivePath: Bool {
        self == "/" || ["/etc", "/etc/", "/var/lib", "/var/lib/"].contains(self) || hasPrefix("/etc/kubernetes")
            || hasPrefix("/var/lib/kubelet")
    }
}

extension ShellCommand {
    /// Whether sshpass is given `-pSECRET` or `-p SECRET`; `-f`, `-d` and `-e` take it from elsewhere.
    fileprivate var givesPassword: Bool {
        var rest = arguments[...]
        while let option = rest.popFirst(), option.hasPrefix("-") {
            if option.hasPrefix("-p") { return true }
            if ["-f", "-d", "-P"].contains(option) { rest = rest.dropFirst() }
        }
        return false
    }

    /// The key of `kubectl taint nodes … KEY=VALUE:EFFECT` or `KEY:EFFECT-`.
    fileprivate var taint: Found<String>? {
        guard program == "kubectl", arguments.first == "taint" else { return nil }
        return words.first { $0.value.hasPrefix("node-role.kubernetes.io/") }.map { word in
            let key = String(word.value.prefix { $0 != "=" && $0 != ":" })
            // A `-` at the end takes the taint away.
            return Found(key.hasSuffix("-") ? String(key.dropLast()) : key, word.place)
        }
    }
}
