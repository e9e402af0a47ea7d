# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""python3 -m bench [--rounds N] [--cases a,b] [--update-docs]

Runs the cases, prints a line for each of their goals beside what was measured, and leaves bench.txt, bench.json and
bench.svg in .build/bench. Ends with 1 when a goal is missed, with 2 when a case could not be run. Needs root, for network
namespaces, and the machine for itself.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from bench import cases, report
from bench.hakube import Hakube
from bench.hosts import Fleet
from bench.measure import Failed, say
from bench.network import Network, require

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Bench:
    """What all cases share."""

    def __init__(self, rounds, bundle):
        self.rounds = rounds
        self.folder = os.path.join(TOP, ".build", "bench")
        self.programs = os.path.join(TOP, ".build", os.environ.get("CONFIGURATION", "release"))
        os.makedirs(self.folder, exist_ok=True)
        self.real_bundle = bundle
        # Not below /root: hosts have one of their own.
        self.work = tempfile.mkdtemp(prefix="hakube-bench-", dir="/tmp")
        self.hakube = Hakube(os.path.join(self.programs, "hakube"))
        self.engine = os.path.join(self.programs, "hakube-bench-run")
        # Figures of one case that another one is held against.
        self.known = {}
        self.count = 0

    @contextlib.contextmanager
    def fleet(self, count, rate=None):
        """Hosts for the length of a case."""
        self.count += 1
        work = os.path.join(self.work, f"fleet{self.count}")
        os.makedirs(work)
        with contextlib.ExitStack() as stack:
            network = Network()
            stack.callback(network.close)
            fleet = Fleet(network, count, work, rate)
            stack.callback(fleet.close)
            yield fleet

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)


def install_peers():
    """What the figures are held against, from the distribution."""
    if not shutil.which("ansible-playbook"):
        say("bench: installing ansible-core")
        subprocess.run(["apt-get", "install", "-qq", "--no-install-recommends", "ansible-core"], check=True,
                       stdout=subprocess.DEVNULL, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))


def main():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n\n")[1])
    parser.add_argument("--rounds", type=int, default=5, help="how often each way is run (default: 5)")
    parser.add_argument("--cases", help=f"comma list of: {', '.join(cases.ALL)} (default: all)")
    parser.add_argument("--bundle", default=os.path.join(TOP, ".build", "kube-v1.20.2-linux-amd64.tar.zst"),
                        help="a bundle of real programs and images")
    parser.add_argument("--update-docs", action="store_true", help="only write what was measured last into docs/")
    options = parser.parse_args()
    names = options.cases.split(",") if options.cases else list(cases.ALL)
    strange = [name for name in names if name not in cases.ALL]
    if strange or options.rounds < 1:
        parser.error(f"no case is called {', '.join(strange)}" if strange else "--rounds is 1 at least")
    if options.update_docs:
        return report.update_docs(os.path.join(TOP, ".build", "bench"), os.path.join(TOP, "docs"))
    missing = require()
    if missing:
        parser.error(missing)
    # Ctrl-C and kill take the same way out, past everything that clears up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if "commands" in names:
        install_peers()
    bench = Bench(options.rounds, options.bundle)
    rows, failed = [], []
    try:
        for name in names:
            case = cases.ALL[name]
            say(f"{name}: {case.__doc__.strip()}")
            try:
                found = case(bench)
            except (Failed, RuntimeError, OSError) as error:
                say(f"{name}: could not be measured: {error}")
                failed.append(name)
                continue
            rows += found
            say(report.table(found))
            report.save(bench.folder, rows, options.rounds)
    except KeyboardInterrupt:
        say("bench: interrupted; what was measured is kept")
        return 130
    finally:
        bench.close()
    print(report.table(rows))
    missed = [row.what for row in rows if row.met is False]
    say(f"bench: {len(rows)} lines, {len(missed)} goals missed" + (f", not measured: {', '.join(failed)}" if failed else ""))
    return 2 if failed else 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
