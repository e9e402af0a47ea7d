// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"fmt"
	"strconv"
	"strings"
)

// scenario is one kind of fault, tried in several phases of the guardian's period.
type scenario struct {
	name    string
	backend string // "" is ipvs
	ipv6    bool
	client  string // namespace of the client; "" is the worker's
	masters int    // 0 is 3
	file    bool   // the guardian has its settings from a file
	once    bool   // the phase does not matter
	quick   bool   // part of the quick run
	run     func(*bench) error
	rows    []row
}

const phases = 5

// virtual is the virtual server as ipvsadm writes it.
var virtual = endpoint(ipv4.virtual)

var scenarios = []scenario{
	{name: "killed", quick: true, run: failover(1, killed, 3), rows: []row{
		unnoticed("killed", "API server process killed")}},
	{name: "host-gone", quick: true, run: failover(1, gone, 3), rows: []row{
		seconds("host-gone", "host gone (link down)", 0.7, 0.8).failing(5, free)}},
	{name: "hung", quick: true, run: failover(1, hung, 4), rows: []row{
		seconds("hung", "process hung (SIGSTOP)", 1.2, free).failing(8, free)}},
	{name: "planned-stop", quick: true, run: failover(1, planned, 3), rows: []row{
		unnoticed("planned-stop", "readyz turns 500, stopped 3 s later")}},
	{name: "two-gone", run: failover(2, gone, 5), rows: []row{
		observed("two-gone", "two of three hosts gone at once")}},
	{name: "all-killed", quick: true, run: allAway(killed), rows: []row{
		seconds("all-killed", "all three killed for 12 s: first success after the return", 0.1, 0.1)}},
	{name: "all-gone", run: allAway(gone), rows: []row{
		observed("all-gone", "all three hosts gone for 12 s: first success after the return")}},
	{name: "flushed", quick: true, run: changed("ipvsadm", "-C"), rows: []row{
		seconds("flushed", "`ipvsadm -C` by someone: table whole", 0.3, 0.3)}},
	{name: "netlink-flush", run: changed(self, "flush"), rows: []row{
		seconds("netlink-flush", "kube-proxy in nftables mode flushes IPVS: table whole", 0.3, 0.3)}},
	{name: "foreign", quick: true, run: changed("ipvsadm", "-a", "-t", virtual, "-r", "10.0.0.99:6443", "-m"), rows: []row{
		seconds("foreign", "foreign real server added: gone", 0.3, 0.3)}},
	{name: "reweighted", run: changed("ipvsadm", "-e", "-t", virtual, "-r", "10.0.0.11:6443", "-m", "-w", "7"), rows: []row{
		seconds("reweighted", "destination re-weighted: repaired", 0.3, 0.3)}},
	{name: "deleted", run: changed("ipvsadm", "-d", "-t", virtual, "-r", "10.0.0.11:6443"), rows: []row{
		seconds("deleted", "real server deleted by hand: back", 0.3, 0.3)}},
	{name: "rescheduled", run: changed("ipvsadm", "-E", "-t", virtual, "-s", "wlc"), rows: []row{
		seconds("rescheduled", "scheduler changed: repaired", 0.3, 0.3)}},
	{name: "route-deleted", run: routeDeleted, rows: []row{
		seconds("route-deleted", "local route deleted: back", 0.3, 0.3)}},
	{name: "long", quick: true, run: longConnections(gone), rows: longRows("long", "host gone", 1.6)},
	{name: "long-hung", run: longConnections(hung), rows: longRows("long-hung", "process hung", free)},
	{name: "stall-stopped", quick: true, run: stalled(guardianStopped), rows: []row{
		faults("stall-stopped", "guardian stopped for 1.3 s: masters dropped")}},
	{name: "stall-network", quick: true, run: stalled(networkAway), rows: []row{
		faults("stall-network", "worker's network away for 1.3 s: masters dropped")}},
	{name: "stall-processor", run: stalled(processorTaken), rows: []row{
		faults("stall-processor", "processor taken by a real-time task for 1.3 s: masters dropped")}},
	{name: "lossy-link", once: true, run: stalled(lossyLink), rows: []row{
		{"lossy-link", "2 % of the packets to the worker are lost for 60 s: masters dropped at once", "faults", free, free, free, free}}},
	{name: "pod-host-gone", client: pod, run: failover(1, gone, 3), rows: []row{
		seconds("pod-host-gone", "host gone, the client is a pod", 0.7, 0.8).failing(5, free)}},
	{name: "ipv6-killed", ipv6: true, run: failover(1, killed, 3), rows: []row{
		unnoticed("ipv6-killed", "IPv6: API server process killed")}},
	{name: "ipv6-host-gone", ipv6: true, run: failover(1, gone, 3), rows: []row{
		seconds("ipv6-host-gone", "IPv6: host gone", 0.7, 0.8).failing(5, free)}},
	{name: "scaled", file: true, masters: 4, quick: true, run: scaled, rows: []row{
		seconds("scaled-down", "a master leaves the configuration file: out of the table", 1, 1).failing(0, 0),
		seconds("scaled-up", "a master comes into the configuration file: in the table", 1, 1).failing(0, 0),
		faults("scaled-torn", "the configuration file is half written for 1 s: changes of the table")}},
	{name: "end", once: true, quick: true, run: end, rows: []row{
		faults("end-sigterm", "SIGTERM: table or route missing afterwards").failing(0, 0),
		faults("end-clean", "--clean: services, routes, files that remain")}},
	{name: "takeover", once: true, run: takeover, rows: []row{
		faults("takeover", "a second guardian takes over: wrong ends").failing(0, 0)}},
	{name: "few-ports", once: true, quick: true, run: fewPorts, rows: []row{
		faults("few-ports", "clients and the guardian share 32 source ports: masters dropped").failing(0, 0)}},
	{name: "ipv6-few-ports", ipv6: true, once: true, run: fewPorts, rows: []row{
		faults("ipv6-few-ports", "IPv6: clients and the guardian share 32 source ports: masters dropped").failing(0, 0)}},
	{name: "peace", once: true, masters: 5, run: peace, rows: peaceRows("peace", "ipvs")},
	{name: "proxy-killed", backend: "proxy", quick: true, run: failover(1, killed, 3), rows: []row{
		unnoticed("proxy-killed", "proxy: API server process killed")}},
	{name: "proxy-host-gone", backend: "proxy", quick: true, run: failover(1, gone, 3), rows: []row{
		seconds("proxy-host-gone", "proxy: host gone", 0.8, 0.8)}},
	{name: "proxy-hung", backend: "proxy", run: failover(1, hung, 4), rows: []row{
		observed("proxy-hung", "proxy: process hung (SIGSTOP)")}},
	{name: "proxy-planned-stop", backend: "proxy", run: failover(1, planned, 3), rows: []row{
		unnoticed("proxy-planned-stop", "proxy: readyz turns 500, stopped 3 s later")}},
	{name: "proxy-all-killed", backend: "proxy", run: allAway(killed), rows: []row{
		observed("proxy-all-killed", "proxy: all three killed for 12 s: first success after the return")}},
	{name: "proxy-long", backend: "proxy", run: longConnections(gone), rows: longRows("proxy-long", "proxy, host gone", 1.6)},
	{name: "proxy-pod-host-gone", backend: "proxy", client: pod, run: failover(1, gone, 3), rows: []row{
		seconds("proxy-pod-host-gone", "proxy: host gone, the client is a pod", 0.8, 0.8)}},
	{name: "proxy-ipv6-killed", backend: "proxy", ipv6: true, run: failover(1, killed, 3), rows: []row{
		unnoticed("proxy-ipv6-killed", "proxy, IPv6: API server process killed")}},
	{name: "proxy-ipv6-host-gone", backend: "proxy", ipv6: true, run: failover(1, gone, 3), rows: []row{
		seconds("proxy-ipv6-host-gone", "proxy, IPv6: host gone", 0.8, 0.8)}},
	{name: "proxy-takeover", backend: "proxy", once: true, quick: true, run: takeover, rows: []row{
		faults("proxy-takeover", "proxy: a second guardian takes over: wrong ends").failing(0, 0)}},
	{name: "proxy-end", backend: "proxy", once: true, run: end, rows: []row{
		faults("proxy-end-sigterm", "proxy: SIGTERM: route or proxy remains"),
		faults("proxy-end-clean", "proxy: --clean: services, routes, files that remain")}},
	{name: "proxy-throughput", backend: "proxy", once: true, run: throughput, rows: []row{
		{"proxy-throughput", "proxy: throughput lost beside a direct connection, link of 1 Gbit/s", "%", 10, 10, free, free}}},
	{name: "proxy-peace", backend: "proxy", once: true, masters: 5, run: peace, rows: peaceRows("proxy-peace", "proxy")},
}

// choice is what of all that is to be run.
type choice struct {
	quick bool
	only  string
	soak  int // virtual hours
}

func parseChoice(arguments []string) (choice, error) {
	var c choice
	for ; len(arguments) > 0; arguments = arguments[1:] {
		switch word := arguments[0]; {
		case word == "--quick":
			c.quick = true
		case word == "--only" && len(arguments) > 1:
			c.only, arguments = arguments[1], arguments[1:]
		case word == "--soak" && len(arguments) > 1:
			hours, err := strconv.Atoi(arguments[1])
			if err != nil || hours < 1 {
				return c, fmt.Errorf("--soak takes a number of hours")
			}
			c.soak, arguments = hours, arguments[1:]
		default:
			return c, fmt.Errorf("unknown argument %q", word)
		}
	}
	if len(c.scenarios()) == 0 {
		return c, fmt.Errorf("no scenario's name begins with %q", c.only)
	}
	return c, nil
}

// scenarios are the chosen ones. A name chooses all that begin with it, unless it is one itself.
func (c choice) scenarios() []scenario {
	if c.soak > 0 {
		return soaks(c.soak, c.only)
	}
	var chosen []scenario
	for _, s := range scenarios {
		if s.name == c.only {
			return []scenario{s}
		}
		if strings.HasPrefix(s.name, c.only) && (s.quick || !c.quick) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// trials is how often a scenario is tried.
func (c choice) trials(s scenario) int {
	if c.quick || s.once {
		return 1
	}
	return phases
}
