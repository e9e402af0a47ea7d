// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeBundle
import HakubeModel
import HakubePlan

extension Endpoint.Strategy.Kind: ExpressibleByArgument {}

/// `hakube endpoint set`: the endpoint of a cluster that stands goes over to another strategy.
struct EndpointSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Let a standing cluster's endpoint go over to another strategy.",
        discussion: """
            Certificates get the new names first, then the masters serve the new way, then the workers turn one at a time, and \
            what served before goes last. Connections that are open end once; new ones find their way at every moment. A \
            switch that was cut off is finished, or gone back on, by the same command. docs/ha.md says when to take which.
            """)

    @Argument(help: "guardian, kube-vip, keepalived, haproxy-keepalived or external.")
    var strategy: Endpoint.Strategy.Kind

    @Option(help: ArgumentHelp("The address that moves between masters, or the guardians' own.", valueName: "address"))
    var vip: String?

    @Option(help: ArgumentHelp("Name and port for all clients, where they change.", valueName: "name[:port]"))
    var endpoint: String?

    @Option(help: ArgumentHelp("With guardian: pod (default) or systemd.", valueName: "mode"))
    var guardian: String?

    @Option(
        help: ArgumentHelp(
            "The masters' interface for the address (default: the one with the master's own).", valueName: "name"))
    var interface: String?

    @Option(
        help: ArgumentHelp(
            "VRRP's number for these masters, 1 to 255 (default: the address's last byte).", valueName: "number"))
    var virtualRouterID: String?

    @Option(
        help: ArgumentHelp(
            "With kube-vip: the masters' own autonomous system, where routes lead to the address.", valueName: "number")
    )
    var bgpAs: String?

    @Option(
        help: ArgumentHelp(
            "With --bgp-as: a router that the masters speak to; once for each.", valueName: "address=as"))
    var bgpPeer: [String] = []

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var bundle: BundleOptions
    @OptionGroup var push: PushOptions

    func run() async throws {
        let bundles = try bundle.read()
        let contents = try BundleContents(reading: bundles)
        try await bundles.verify()
        try await Interrupt.cancels {
            var source = try ClusterSource(cluster, connection)
            source.prefersRecord = true
            let standing = try await source.standing()
            let wanted = try EndpointSwitch(of: standing.spec, to: wish)
            let session = standing.session.with(spec: wanted.spec, bundle: contents)
            let survey = try await session.survey(claiming: options.claims)
            guard survey.silent.isEmpty else { throw HostErrors(errors: survey.silent.map(\.error)) }
            try session.accept(
                SwitchPreflight(spec: wanted.spec, facts: survey.facts, bundle: contents).findings)
            let input = PlanInput(
                spec: wanted.spec, facts: survey.facts, bundle: contents, parallel: connection.parallel,
                // Hosts of etcd's own have no part in it.
                newcomers: Set(wanted.spec.kubernetesHosts.map(\.id)))
            let plan = try Planner(input).switching()
            if options.dryRun {
                try PlanOutput.show(plan, as: output.output)
            } else {
                try options.consent(to: plan, on: plan.hosts.count)
                let run = PlanRun(
                    plan: plan, session: session, bundles: bundles, output: output, facts: survey.facts,
                    push: push.settings, takeOver: options.takeOver)
                try await run.carryOut()
                try RecordCache(state: session.state).write(input.completed)
                if output.output == .text {
                    print("The endpoint of \(plan.cluster) is \(wanted.spec.endpoint.summary).")
                }
            }
            await session.close()
        }
    }

    private var wish: EndpointSwitch.Wish {
        var wish = EndpointSwitch.Wish(strategy: strategy.rawValue)
        wish.vip = vip
        wish.guardian = guardian
        wish.endpoint = endpoint
        wish.interface = interface
        wish.virtualRouterID = virtualRouterID
        wish.autonomousSystem = bgpAs
        wish.peers = bgpPeer
        return wish
    }
}
