# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""Programs timed one after another, what is compared in turns and in a shuffled order."""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time


class Failed(Exception):
    """A program that was to be measured did not do its work."""


class Run:
    """How one program ran: seconds on the wall, seconds of CPU with its children, and whatever a case adds."""

    def __init__(self, wall, cpu, **more):
        self.wall, self.cpu = wall, cpu
        self.__dict__.update(more)


def timed(command, env=None, stdin=None, check=True, on_line=None):
    """Runs a program to its end.

    CPU is the operator's side alone: the program and the children that it has waited for.
    """
    started = time.monotonic()
    with tempfile.TemporaryFile("w+", errors="replace") as errors, subprocess.Popen(
            command, env=env, stdin=stdin or subprocess.DEVNULL, stderr=errors,
            stdout=subprocess.PIPE if on_line else subprocess.DEVNULL, text=True) as process:
        try:
            for line in process.stdout or []:
                on_line(line, time.monotonic() - started, process)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            process.kill()
            raise
        errors.seek(0)
        said = errors.read()[-4000:]
    run = Run(time.monotonic() - started, usage.ru_utime + usage.ru_stime, status=process.returncode, said=said)
    if check and run.status:
        raise Failed(f"{' '.join(command)} ended with {run.status}\n{said}")
    return run


def interleaved(rounds, ways, seed=1):
    """Lists of what each way returned. Every round runs all of them once, in an order of its own."""
    order = random.Random(seed)
    results = {name: [] for name in ways}
    for number in range(rounds):
        names = list(ways)
        order.shuffle(names)
        for name in names:
            result = ways[name]()
            results[name].append(result)
            if isinstance(result, Run):
                say(f"  round {number + 1} of {rounds}: {name}: {result.wall:.2f} s, {result.cpu:.2f} s of CPU")
    return results


def median(values):
    return statistics.median(values)


def wall(runs):
    return median([run.wall for run in runs])


def say(text):
    print(text, file=sys.stderr, flush=True)
