// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A balancer on a worker: hakube-guardian's guardian.json, or LVScare's arguments.
struct GuardianTargets: Sendable, Hashable {
    /// The address that exists on workers only.
    let virtual: Found<HostPort>
    let real: [Found<HostPort>]

    init(virtual: Found<HostPort>, real: [Found<HostPort>]) {
        self.virtual = virtual
        self.real = real
    }

    /// Of guardian.json; `nil` if it is something else.
    init?(_ tree: YAMLTree) {
        guard let virtual = tree["virtual"]?.found.flatMap(Self.target), let real = tree["real"], tree["kind"] == nil
        else { return nil }
        self.init(virtual: virtual, real: real.texts.compactMap(Self.target))
    }

    /// `--vs VIP:PORT --rs MASTER:PORT …`, `ipvsadm -A -t VIP:PORT`, and sealos's kubeadm: `join VIP:PORT --master …`.
    init?(_ words: [Found<String>]) {
        func values(_ names: String...) -> [Found<HostPort>] {
            words.indices.compactMap { index in
                for name in names {
                    if words[index].value == name, words.indices.contains(index + 1) {
                        return Self.target(words[index + 1])
                    }
                    if words[index].value.hasPrefix(name + "=") {
                        let text = String(words[index].value.dropFirst(name.count + 1))
                        return Self.target(Found(text, words[index].place))
                    }
                }
                return nil
            }
        }
        let command = ShellCommand(words: words)
        if let virtual = values("--vs").first {
            self.init(virtual: virtual, real: values("--rs"))
        } else if command.program == "ipvsadm", let virtual = values("-t", "--tcp-service").first {
            self.init(virtual: virtual, real: values("-r", "--real-server"))
        } else if let endpoint = command.joinEndpoint, !values("--master").isEmpty {
            self.init(virtual: endpoint, real: values("--master"))
        } else {
            return nil
        }
    }

    private static func target(_ text: Found<String>) -> Found<HostPort>? {
        HostPort(text.value).map { Found($0, text.place) }
    }
}
