// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// keepalived of one host, as a member of the group that shares an address.
struct VRRPMember: Sendable {
    let config: KeepalivedConfig
    let instance: KeepalivedConfig.Instance

    /// Priority with all checks good, or with one of them failed; `nil`: the host gives the address up, or it is not known.
    ///
    /// keepalived adds a positive weight while the check is good and a negative one while it is not, and keeps the sum between 1
    /// and 254. A weight of 0 means FAULT. 255 is the address's owner, which no weight moves.
    func priority(failing: String? = nil) -> Int? {
        guard let base = instance.basePriority else { return nil }
        var sum = base
        for tracked in instance.tracked {
            guard let weight = weight(of: tracked) else { continue }
            let isGood = tracked.name != failing
            if weight == 0, !isGood { return nil }
            if (weight > 0) == isGood { sum += weight }
        }
        return base == 255 ? 255 : min(254, max(1, sum))
    }

    /// `nil` if the script is not defined here.
    func weight(of tracked: KeepalivedConfig.Instance.Tracked) -> Int? {
        guard let script = config.known.first(where: { $0.name == tracked.name }) else { return tracked.weight }
        return tracked.weight ?? script.weight?.value ?? 0
    }

    func weightPlace(of tracked: KeepalivedConfig.Instance.Tracked) -> Place {
        if tracked.weight != nil { return tracked.place }
        return config.known.first { $0.name == tracked.name }?.weight?.place ?? tracked.place
    }

    var addresses: Set<IPAddress> { Set(instance.addresses.map(\.value)) }
    var source: IPAddress? { instance.source?.value ?? config.host.address }
    var families: Set<IPAddress.Family> { Set(addresses.map(\.family)) }
}

/// Several hosts' keepalived.conf beside each other.
extension Examination {
    mutating func checkVRRPGroups() {
        let members = material.keepalived.flatMap { config in
            config.instances.map { VRRPMember(config: config, instance: $0) }
        }
        for (index, member) in members.enumerated() {
            let others = members.enumerated().filter { $0.offset != index }.map(\.element)
            let peers = others.filter {
                $0.config.file != member.config.file && !$0.addresses.isDisjoint(with: member.addresses)
            }
            checkFailover(member, peers)
            // Each pair once, at the later of the two.
            for earlier in members[..<index] { comparePair(member, earlier) }
        }
    }

    private mutating func checkFailover(_ member: VRRPMember, _ peers: [VRRPMember]) {
        for tracked in member.instance.tracked {
            guard let weight = member.weight(of: tracked), weight != 0,
                let base = member.instance.basePriority, let failed = member.priority(failing: tracked.name)
            else { continue }
            let place = member.weightPlace(of: tracked)
            let healthy = peers.compactMap { $0.priority() }
            // Nobody can have more than 254.
            guard let highest = healthy.max() ?? (failed >= 254 ? failed : nil) else { continue }
            let sum =
                "with `\(tracked.name)` failed the priority is \(failed) (\(base), weight \(weight))"
            if failed >= highest {
                report(
                    .vrrpNeverFailsOver, at: place,
                    "\(sum), and no healthy host has more than \(highest): the address stays",
                    "make the weight larger than the distance between the highest and the lowest priority")
            } else if let lowest = healthy.min(), failed >= lowest {
                report(
                    .vrrpWeightSmall, at: place,
                    "\(sum), and a healthy host has only \(lowest): when that is the last one, the address does not go there",
                    "make the weight larger than the distance between the highest and the lowest priority")
            }
        }
    }

    private mutating func comparePair(_ member: VRRPMember, _ earlier: VRRPMember) {
        let (own, other) = (member.instance, earlier.instance)
        let isPeer = member.config.file != earlier.config.file && !member.addresses.isDisjoint(with: earlier.addresses)
        let sharesID = own.routerID != nil && own.routerID?.value == other.routerID?.value
        if isPeer {
            compareMembers(own, other)
            comparePeers(member, earlier)
            if let id = own.routerID, let theirs = other.routerID, !sharesID {
                report(
                    .vrrpRouterIDDiffers, at: id.place,
                    "virtual_router_id is \(id.value) here and \(theirs.value) at \(theirs.place): both hosts take the address",
                    "write the same number on every host of the group")
            }
            if sharesID, member.addresses != earlier.addresses, let first = own.addresses.first {
                report(
                    .vrrpAddressesDiffer, at: first.place,
                    "the addresses differ from those of \(other.place), and the hosts refuse each other's advertisements",
                    "list the same addresses on every host of the group")
            }
        } else if sharesID, !member.families.isDisjoint(with: earlier.families), let id = own.routerID,
            let severity = Self.severity(ofSharing: member, earlier)
        {
            report(
                .vrrpRouterIDShared, at: id.place,
                "virtual_router_id \(id.value) is that of another group (\(other.place)), with other addresses",
                "give each group of a network its own number", as: severity)
        }
    }

    /// A number is a network's. Interfaces of one host, or of hosts that call theirs alike, are on several; of others nobody
    /// knows.
    private static func severity(ofSharing member: VRRPMember, _ earlier: VRRPMember) -> Severity? {
        let names = [member.instance.interface, earlier.instance.interface]
        if names[0] == names[1] { return .error }
        if member.config.file == earlier.config.file { return nil }
        let others = [earlier, member].map { $0.config.instances.map(\.interface) }
        return zip(names, others).contains { $1.contains($0) } ? nil : .warning
    }

    private mutating func compareMembers(_ own: KeepalivedConfig.Instance, _ other: KeepalivedConfig.Instance) {
        if let priority = own.basePriority, priority == other.basePriority {
            report(
                .vrrpPriorityTie, at: own.priority?.place ?? own.place,
                "priority \(priority) is that of \(other.priority?.place ?? other.place) too, and both may take the address at once",
                "give every host a priority of its own")
        }
        if own.isMaster, other.isMaster, let state = own.state, let theirs = other.state {
            report(
                .vrrpTwoMasters, at: state.place, "the state is MASTER here and at \(theirs.place)",
                "write BACKUP on all but one, or on all")
        }
        let passwords = [own, other].map { $0.password.map { String($0.value.prefix(8)) } }
        if passwords[0] != passwords[1] {
            report(
                .vrrpPasswordsDiffer, at: own.password?.place ?? own.place,
                "auth_pass is not that of \(other.password?.place ?? other.place), and the hosts do not hear each other",
                "write the same one on every host of the group")
        }
    }

    private mutating func comparePeers(_ member: VRRPMember, _ earlier: VRRPMember) {
        for (one, other) in [(member, earlier), (earlier, member)] {
            guard let peers = one.instance.peers, !peers.value.isEmpty, let source = other.source,
                !peers.value.contains(where: { $0.value == source })
            else { continue }
            report(
                .vrrpPeerMissing, at: peers.place,
                "unicast_peer lacks \(source), the host of \(other.config.file), which then takes the address as well",
                "list every other host of the group")
        }
    }
}
