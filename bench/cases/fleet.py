# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""Many hosts, every link and the operator's line at 100 Mbit/s."""

import os
import threading
import time

from bench import bundle
from bench.cases.single import fresh
from bench.measure import Failed, interleaved, median, say, wall
from bench.report import Row

SIZE, RATE, SLOW, HOSTS = 187_500_000, 100, 25, 16


class Incident(threading.Thread):
    """Does something once when half of the bundle has left the operator's machine."""

    def __init__(self, fleet, size, act, share=0.5):
        super().__init__(daemon=True)
        self.fleet, self.act, self.ended, self.error = fleet, act, threading.Event(), None
        self.mark = fleet.network.sent("operator") + share * size
        self.start()

    def run(self):
        try:
            while self.fleet.network.sent("operator") < self.mark:
                if self.ended.wait(0.05):
                    raise Failed("the push ended before the incident")
            self.act()
        except Exception as error:  # told by the thread that waits
            self.error = error

    def end(self):
        self.ended.set()
        self.join()
        if self.error:
            raise self.error


def relay_of(fleet):
    """The host in the middle of the longest chain in which hosts pass the bundle on."""
    addresses = {host.address: host for host in fleet.hosts}
    links = {host.address: host.neighbours() & set(addresses) for host in fleet.hosts}
    longest = []
    for start in (address for address in links if len(links[address]) == 1):
        chain, ahead = [start], links[start]
        while ahead:
            chain.append(min(ahead))
            ahead = links[chain[-1]] - set(chain)
        longest = max(longest, chain, key=len)
    if len(longest) < 3:
        raise Failed("no host passes anything on")
    return addresses[longest[len(longest) // 2]]


def clean(fleet, run):
    """A push leaves neither listener nor courier on a host, not even on one that was cut off for a while."""
    for notice in run.notices:
        say(f"    {notice}")
    end = time.monotonic() + 5
    for host in fleet.hosts:
        while host.leftovers():
            if time.monotonic() > end:
                raise Failed(f"{host.name} is left with {', '.join(host.leftovers())}")
            time.sleep(0.1)
    return run


def single_time(bench, fleet, path, rounds):
    """What one host alone takes, for the cases that are compared with it."""
    if "single" not in bench.known:
        runs = interleaved(rounds, {"one host": fresh(fleet, bench.hakube.push, fleet, path, fleet.hosts[:1])})
        bench.known["single"] = wall(runs["one host"])
    return bench.known["single"]


def relay(bench):
    """One host, 8 hosts, 16 hosts."""
    path = bundle.make(bench.hakube.program, bench.folder, SIZE)
    size = os.path.getsize(path)
    with bench.fleet(HOSTS, rate=RATE) as fleet:

        def push(count):
            return clean(fleet, bench.hakube.push(fleet, path, fleet.hosts[:count]))

        runs = interleaved(bench.rounds, {count: fresh(fleet, push, count) for count in (1, 8, HOSTS)})
    times = {count: wall(runs[count]) for count in runs}
    bench.known["single"] = times[1]
    share = median([one.sent for one in runs[HOSTS]]) / size
    return [
        Row("relay", f"187 MB to {count} hosts, 100 Mbit/s each: time beside one host", times[count] / times[1], "x", goal,
            detail=f"{times[count]:.1f} s, one host {times[1]:.1f} s")
        for count, goal in ((8, 1.2), (HOSTS, 1.3))
    ] + [
        Row("relay", "the same, 16 hosts: bytes on the operator's line beside the bundle's", share, "x", 1.1,
            detail="as the interface counts them, logins and couriers included"),
    ]


def disturbed(bench, name, what, goal, act, mend=lambda fleet, victim: None, alone=False, early=False):
    """A push to all hosts during which something happens to one of them.

    The time is that of the last host to have all, of the others where the one is on its own then (`alone`). What happened
    is mended as soon as these have all, so that the run can end.
    """
    path = bundle.make(bench.hakube.program, bench.folder, SIZE)
    size = os.path.getsize(path)
    with bench.fleet(HOSTS, rate=RATE) as fleet:
        single = single_time(bench, fleet, path, bench.rounds)

        def push():
            victims, whole = [], {}

            def happen():
                victims.append(act(fleet))
                say(f"    {name}: {victims[0].name}")

            def others():
                return {host.address for host in fleet.hosts} - ({victims[0].address} if alone else set())

            def watch(event, _):
                if event["event"] != "progress" or event["done"] < event["total"] or not victims:
                    return
                whole[event["host"]] = event["after"]
                if others() <= set(whole) and len(victims) == 1:
                    mend(fleet, victims[0])
                    victims.append(None)

            if early:
                happen()
            incident = None if early else Incident(fleet, size, happen)
            run = bench.hakube.push(fleet, path, watch=watch, check=not alone)
            if incident:
                incident.end()
            if len(victims) == 1:
                mend(fleet, victims[0])
                missing = ", ".join(sorted(others() - set(run.whole)))
                raise Failed(f"{missing} did not get the bundle: {run.failures} {run.said}")
            run.last = max(run.whole[address] for address in others())
            return clean(fleet, run)

        runs = interleaved(bench.rounds, {name: fresh(fleet, push)})[name]
    last = median([one.last for one in runs])
    return [Row(name, what, last / single, "x", goal, detail=f"{last:.1f} s, one host {single:.1f} s")]


def killed(bench):
    """The courier of a host in the middle is killed when half is through."""

    def act(fleet):
        victim = relay_of(fleet)
        victim.kill("hakube-courier")
        return victim

    return disturbed(bench, "killed", "16 hosts, a relay's courier killed half way: time beside one host", 1.8, act)


def cut(bench):
    """The cable of a host in the middle is pulled when half is through, and it stays out."""

    def act(fleet):
        victim = relay_of(fleet)
        fleet.network.plug(victim.name, False)
        return victim

    return disturbed(
        bench, "cut", "16 hosts, a relay's cable pulled half way: time of all others beside one host", 1.8, act,
        mend=lambda fleet, victim: fleet.network.plug(victim.name, True), alone=True)


def slow(bench):
    """One host has a link of a quarter of the rate, both ways, from the beginning."""

    def act(fleet):
        victim = fleet.hosts[len(fleet.hosts) // 2]
        fleet.network.limit(victim.name, SLOW)
        return victim

    return disturbed(
        bench, "slow", "16 hosts, one at a quarter of the rate: time of all others beside one host", 1.5, act,
        mend=lambda fleet, victim: fleet.network.limit(victim.name, RATE), alone=True, early=True)
