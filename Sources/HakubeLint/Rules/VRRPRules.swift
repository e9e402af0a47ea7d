// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// keepalived.conf, each file by itself.
extension Examination {
    mutating func checkKeepalived() {
        for config in material.keepalived {
            for instance in config.instances {
                checkNumbers(instance)
                checkPreemption(instance, config)
                checkPeers(instance, config)
                checkTracking(instance, config)
            }
            checkScripts(config)
        }
    }

    private mutating func checkNumbers(_ instance: KeepalivedConfig.Instance) {
        if let id = instance.routerID, let number = Int(id.value), !(1...255).contains(number) {
            report(
                .vrrpNumberRange, at: id.place, "virtual_router_id \(number) is not between 1 and 255",
                "choose a number from 1 to 255 that no other group of this network has")
        }
        if let priority = instance.priority, let number = Int(priority.value), !(1...255).contains(number) {
            report(
                .vrrpNumberRange, at: priority.place, "priority \(number) is not between 1 and 255",
                "choose 1 to 254; keepalived takes 100 in place of what it cannot use")
        }
        if let password = instance.password, password.value.utf8.count > 8 {
            report(
                .vrrpPasswordLong, at: password.place,
                "auth_pass has \(password.value.utf8.count) characters, and keepalived takes the first 8",
                "write 8 characters or fewer")
        }
    }

    private mutating func checkPreemption(_ instance: KeepalivedConfig.Instance, _ config: KeepalivedConfig) {
        guard let place = instance.noPreempt else { return }
        if instance.isMaster {
            report(
                .vrrpNoPreemptMaster, at: place,
                "nopreempt does not go with state MASTER: keepalived drops it on this host",
                "write state BACKUP on every host, or take nopreempt out")
        }
        let weighted = instance.tracked.lazy.compactMap { tracked -> (name: String, place: Place)? in
            let script = config.known.first { $0.name == tracked.name }
            let weight = tracked.weight ?? script?.weight?.value ?? 0
            return weight == 0
                ? nil : (tracked.name, tracked.weight == nil ? script?.weight?.place ?? tracked.place : tracked.place)
        }.first
        guard let weighted else { return }
        // RFC 5798, section 6.4.2: with preemption off, a backup accepts a master of any priority.
        report(
            .vrrpNeverFailsOver, at: weighted.place,
            "a failed `\(weighted.name)` lowers the priority, and with nopreempt (line \(place.line)) no backup takes over for that",
            "take nopreempt out, or take the weight out, so that a failed check gives the address up")
    }

    private mutating func checkPeers(_ instance: KeepalivedConfig.Instance, _ config: KeepalivedConfig) {
        guard let peers = instance.peers else { return }
        if peers.value.isEmpty {
            report(
                .vrrpPeersEmpty, at: peers.place, "unicast_peer is empty, and keepalived goes back to multicast",
                "list the other hosts' addresses, or take the block out")
        }
        for peer in peers.value where peer.value == (instance.source?.value ?? config.host.address) {
            report(
                .vrrpPeerIsSelf, at: peer.place, "\(peer.value) is this host itself", "list only the other hosts")
        }
    }

    private mutating func checkTracking(_ instance: KeepalivedConfig.Instance, _ config: KeepalivedConfig) {
        for tracked in instance.tracked
        where !config.isPartial && !config.known.contains(where: { $0.name == tracked.name }) {
            report(
                .vrrpScriptUnknown, at: tracked.place, "there is no vrrp_script `\(tracked.name)`",
                "define it, or correct the name")
        }
        if instance.tracked.isEmpty, !instance.tracksOther {
            report(
                .vrrpNoCheck, at: instance.place,
                "`\(instance.name)` checks nothing: the address stays on a host whose API server is down",
                "define a vrrp_script that asks the API server, and list it in track_script")
        }
    }

    private mutating func checkScripts(_ config: KeepalivedConfig) {
        let tracked = Set(config.instances.flatMap(\.tracked).map(\.name)).union(config.trackedElsewhere)
        for script in config.scripts {
            if !config.instances.isEmpty, !config.isPartial, !tracked.contains(script.name) {
                report(
                    .vrrpScriptUntracked, at: script.place, "no instance tracks `\(script.name)`, so it is never run",
                    "list it in track_script")
            }
            guard let command = script.command else { continue }
            checkCommand(command)
        }
    }

    private mutating func checkCommand(_ command: Found<String>) {
        let text = command.value
        let looksOnly = ["killall -0", "pidof", "pgrep", "ps -", "ps aux", "is-active", "netstat", "ss -"]
        let asks = ["curl", "wget", "nc ", "/dev/tcp/", "openssl"]
        if looksOnly.contains(where: text.contains), !asks.contains(where: text.contains) {
            report(
                .vrrpCheckShallow, at: command.place,
                "the check sees that something runs or listens, and not that an API server answers",
                "ask it: curl -sfk --max-time 2 https://127.0.0.1:PORT/readyz")
        }
        let ports = text.matches(of: /(?::|grep\s+['":]*|--port[\s=]|-p\s+)(\d{2,5})\b/).compactMap { Int($0.output.1) }
        let fronts = material.haproxy.flatMap { $0.toAPIServers(picture.apiPorts) }.flatMap(\.binds).compactMap(
            \.value.port)
        let known = Set(fronts).union(picture.apiPorts).union([10248])
        guard let port = ports.first, !ports.contains(where: known.contains) else { return }
        guard !fronts.isEmpty || !picture.bindPorts.isEmpty else { return }
        report(
            .vrrpCheckPort, at: command.place,
            "the check asks port \(port), and what is known to listen has \(known.subtracting([10248]).sorted().map(String.init).inWords)",
            "ask the port that clients come to")
    }
}
