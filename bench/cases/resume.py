# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""Pushes that find something on the hosts already."""

import os
import time

from bench import bundle
from bench.cases.fleet import SIZE, Incident
from bench.measure import Failed, Run, interleaved, median, wall
from bench.report import Row

# Slow enough that 90 % can be told from 100 %.
RATE = 400


def resume(bench):
    """hakube is killed when 90 % have left; what the next runs send."""
    path = bundle.make(bench.hakube.program, bench.folder, SIZE)
    size = os.path.getsize(path)
    with bench.fleet(1, rate=RATE) as fleet:

        def once():
            fleet.reset()
            process = []
            incident = Incident(fleet, size, lambda: process[0].kill(), share=0.9)
            broken = bench.hakube.push(fleet, path, check=False, watch=lambda event, one: process.append(one))
            incident.end()
            if broken.status == 0:
                raise Failed("the push was not cut")
            end = time.monotonic() + 10
            while any(host.leftovers() for host in fleet.hosts):
                if time.monotonic() > end:
                    raise Failed(f"ten seconds after the cut there is still {fleet.hosts[0].leftovers()}")
                time.sleep(0.1)
            again = bench.hakube.push(fleet, path)
            third = bench.hakube.push(fleet, path)
            return Run(again.wall, again.cpu, again=again.sent / size, third=third.sent / size)

        runs = interleaved(bench.rounds, {"cut at 90 %": once})["cut at 90 %"]
    return [
        Row("resume", "cut at 90 %: bytes that go again", 100 * median([one.again for one in runs]), "%", 12,
            detail="of the bundle, on the operator's line, in the run after the cut"),
        Row("resume", "one more run: bytes that go", 100 * median([one.third for one in runs]), "%", 1,
            detail="of the bundle, logins and questions included"),
    ]


def fifty(bench):
    """50 hosts that have all: how often they are asked, and how long it takes, until hakube knows."""
    path = bundle.make(bench.hakube.program, bench.folder, 2_000_000)
    with bench.fleet(50) as fleet:
        bench.hakube.push(fleet, path)

        def push():
            before = {host.address: host.commands() for host in fleet.hosts}
            asked = {}

            def watch(event, _):
                if event["event"] != "step-finished":
                    return
                if event["outcome"] != "unchanged":
                    raise Failed(f"{event['host']} was sent something a second time")
                host = next(host for host in fleet.hosts if host.address == event["host"])
                asked[host.address] = host.commands() - before[host.address]

            run = bench.hakube.push(fleet, path, watch=watch)
            run.asked, run.knows = max(asked.values()), max(run.done.values())
            return run

        def one():
            return bench.hakube.push(fleet, path, fleet.hosts[:1])

        runs = interleaved(bench.rounds, {"50 hosts": push, "one of them": one})
    knows = median([run.knows for run in runs["50 hosts"]])
    alone = median([max(run.done.values()) for run in runs["one of them"]])
    return [
        Row("fifty", "50 hosts that have all: commands to each before hakube knows",
            median([run.asked for run in runs["50 hosts"]]), "", 3),
        Row("fifty", "the same: seconds a host", knows / 50, "s", 0.5,
            detail=f"{knows:.2f} s for all of them, {alone:.2f} s for one alone, from the start of the program"),
        Row("fifty", "the same: a whole run", wall(runs["50 hosts"]), "s"),
    ]
