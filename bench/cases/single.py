# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""One host."""

import os

from bench import bundle, hakube
from bench.measure import interleaved, median, wall
from bench.network import run
from bench.report import Row

GIBIBYTE = 1 << 30


def fresh(fleet, way, *arguments):
    """The way as a call that finds nothing on the hosts."""

    def call():
        fleet.reset()
        return way(*arguments)

    return call


def loopback(bench):
    """A GiB that no compression makes smaller, over a link without a limit, beside scp."""
    path = bundle.make(bench.hakube.program, bench.folder, GIBIBYTE)
    with bench.fleet(1) as fleet:
        runs = interleaved(bench.rounds, {
            "hakube": fresh(fleet, bench.hakube.push, fleet, path), "scp": fresh(fleet, hakube.scp, fleet, path)})
    size = os.path.getsize(path) / 1e9
    ours, theirs = wall(runs["hakube"]), wall(runs["scp"])
    cpu, peer = (median([one.cpu for one in runs[name]]) / size for name in ("hakube", "scp"))
    return [
        Row("loopback", "1 GiB to one host, no limit: time beside scp", ours / theirs, "x", 1.0,
            detail=f"hakube push {ours:.2f} s, scp {theirs:.2f} s"),
        Row("loopback", "the same: CPU of the operator's side", cpu, "s a GB", 2.5, detail=f"scp {peer:.2f} s a GB"),
    ]


def gigabit(bench):
    """The same over a link of 1 Gbit/s, beside a bare pipe through ssh."""
    path = bundle.make(bench.hakube.program, bench.folder, GIBIBYTE)
    with bench.fleet(1, rate=1000) as fleet:
        runs = interleaved(bench.rounds, {
            "hakube": fresh(fleet, bench.hakube.push, fleet, path), "ssh cat": fresh(fleet, hakube.cat, fleet, path)})
    ours, theirs = wall(runs["hakube"]), wall(runs["ssh cat"])
    return [Row("gigabit", "1 GiB to one host, 1 Gbit/s: time beside ssh 'cat > f'", ours / theirs, "x", 1.05,
                detail=f"hakube push {ours:.2f} s, ssh {theirs:.2f} s")]


def realistic(bench):
    """A bundle of real programs and images over 1 Gbit/s, beside scp of the same files in a tar."""
    path = bench.real_bundle
    unpacked, tar = os.path.join(bench.work, "unpacked"), os.path.join(bench.work, "unpacked.tar")
    run(bench.hakube.program, "bundle", "extract", path, unpacked)
    run("tar", "-cf", tar, "-C", unpacked, ".")
    with bench.fleet(1, rate=1000) as fleet:
        runs = interleaved(bench.rounds, {
            "hakube": fresh(fleet, bench.hakube.push, fleet, path), "scp": fresh(fleet, hakube.scp, fleet, tar)})
    ours, theirs = wall(runs["hakube"]), wall(runs["scp"])
    sizes = [os.path.getsize(file) / 1e6 for file in (path, tar)]
    return [Row("realistic", "a real bundle, 1 Gbit/s: time beside scp of its unpacked tar", ours / theirs, "x", 0.5,
                detail=f"hakube push {ours:.2f} s ({sizes[0]:.0f} MB), scp {theirs:.2f} s ({sizes[1]:.0f} MB)")]
