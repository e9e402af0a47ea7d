# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""Hosts that are not there: what the planner and the executor cost themselves."""

import json

from bench.measure import interleaved, median
from bench.network import run
from bench.report import Row


def simulated(bench):
    """init on 1,000 hosts over a transport that only pretends, and plans for 500 and 5,000."""

    def ask(*words):
        return lambda: json.loads(run(bench.engine, *words))

    runs = interleaved(bench.rounds, {
        "init": ask("init", "--hosts", "1000"),
        500: ask("plan", "--hosts", "500"), 5000: ask("plan", "--hosts", "5000")})
    memory = median([one["peakMemory"] for one in runs["init"]]) / 1e6
    step = median([one["cpuPerStep"] for one in runs["init"]]) * 1000
    few, many = (median([one["seconds"] for one in runs[count]]) for count in (500, 5000))
    return [
        Row("simulated", "init on 1,000 simulated hosts: memory", memory, "MB", 300,
            detail=f"{runs['init'][0]['steps']} steps in {median([one['seconds'] for one in runs['init']]):.1f} s"),
        Row("simulated", "the same: CPU a step", step, "ms", 2),
        Row("simulated", "a plan for 5,000 hosts beside one for 500", many / few, "x", 12,
            detail=f"{many:.2f} s and {few:.2f} s"),
    ]
