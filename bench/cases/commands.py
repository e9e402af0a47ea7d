# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""Small commands on many hosts."""

import json
import os

from bench import hakube
from bench.measure import Failed, interleaved, timed, wall
from bench.report import Row

HOSTS, COMMANDS = 50, 20


def commands(bench):
    """20 steps on each of 50 hosts, beside ansible and ssh."""
    with bench.fleet(HOSTS) as fleet:
        listing = os.path.join(bench.work, "hosts")
        with open(listing, "w") as file:
            file.writelines(f"root@{host.address}\n" for host in fleet.hosts)

        def steps():
            said = []
            run = timed(fleet.inside + [bench.engine, "commands", listing, "--key", os.path.join(fleet.work, "key"),
                                        "--home", bench.work, "--steps", str(COMMANDS)],
                        on_line=lambda line, *_: said.append(line))
            answer = json.loads("".join(said))
            if answer["done"] != HOSTS * COMMANDS:
                raise Failed(f"{answer['done']} of {HOSTS * COMMANDS} steps were done: {answer['failures']}")
            return run

        runs = interleaved(bench.rounds, {
            "hakube": steps, "ssh ControlMaster": lambda: hakube.multiplexed(fleet, COMMANDS),
            "ansible": lambda: hakube.ansible(fleet, COMMANDS)})
    ours, ssh, ansible = wall(runs["hakube"]), wall(runs["ssh ControlMaster"]), wall(runs["ansible"])
    return [
        Row("commands", "20 commands on 50 hosts: ansible's time beside hakube's", ansible / ours, "x", 10, least=True,
            detail=f"hakube {ours:.2f} s, ansible-playbook {ansible:.1f} s (forks 50, pipelining)"),
        Row("commands", "the same: time beside ssh with ControlMaster", ours / ssh, "x", 1.0,
            detail=f"ssh {ssh:.2f} s"),
    ]
