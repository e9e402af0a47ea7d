# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""python3 -m bench.drills

Puts what the lab's strategy tests left in .build/drills, documents of `hakube drill host --output json`, beside each other into
docs/ha.md, a chart of them into docs/ha.svg, and the workers' figures into README's table of strategies.
"""

import glob
import json
import os
import re
import sys
from html import escape
from statistics import median

from bench.chart import INK, QUIET

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MARKS = ("<!-- drills -->", "<!-- end of drills -->")
STRATEGIES = ["guardian", "keepalived", "haproxy-keepalived", "kube-vip", "external"]
ROW, LEFT, WIDTH, RIGHT, TOP_EDGE = 28, 250, 460, 190, 52
NEW, WATCH = "#c0392b", "#8e6bb0"


class Row:
    """What one kind of place saw in all drills with one strategy; milliseconds."""

    def __init__(self, strategy, place, drills, seen):
        self.strategy, self.place, self.drills = strategy, place, drills
        self.requests = median(one["requests"] for one in seen)
        self.failed = median(one["failed"] for one in seen)
        self.longest = [one.get("longest") or 0 for one in seen]
        self.back = [one.get("back") or 0 for one in seen]
        stood = [one["watch"] for one in seen if one["watch"]["stood"]]
        # A watch on another server has nothing to lose unless something is between.
        self.watch = [one.get("away") or 0 for one in stood if one["stoodOnTarget"] or one["gaps"]]


def seconds(figures):
    """The median, and between which they are; of none a dash."""
    if not figures:
        return "-"
    least, middle, most = (f"{value / 1000:.1f}" for value in (min(figures), median(figures), max(figures)))
    return f"{middle} s" if least == most else f"{middle} s ({least} to {most})"


def read(folder):
    found = {}
    for name in STRATEGIES:
        documents = []
        for path in sorted(glob.glob(os.path.join(folder, f"{name}-[0-9]*.json"))):
            with open(path) as file:
                documents.append(json.load(file))
        if documents:
            found[name] = documents
    return found


def rows(reports):
    made = []
    for name, documents in reports.items():
        # Who names the dead master itself is away until it is back, whatever the strategy.
        seen = [place for document in documents for place in document["places"]
                if place["server"].rsplit(":", 1)[0].strip("[]") != document["target"]]
        for title, outside in (("workers", False), ("outside", True)):
            ours = [place for place in seen if place["isOutside"] == outside]
            if ours:
                made.append(Row(name, title, len(documents), ours))
    return made


def table(made):
    lines = ["| strategy | drills | asked from | failed requests | away: longest | back after the cut | a watch was away |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for row in made:
        lines.append(f"| `{row.strategy}` | {row.drills} | {row.place} | {row.failed:.0f} of {row.requests:.0f} | "
                     f"{seconds(row.longest)} | {seconds(row.back)} | {seconds(row.watch)} |")
    return "\n".join(lines)


def with_figures(text, made):
    """README's table of strategies with the workers' figures in its last column."""
    for row in made:
        if row.place == "workers":
            line = rf"(?m)^(\| `{re.escape(row.strategy)}` \|[^|\n]*\|)[^|\n]*\|$"
            text, count = re.subn(line, lambda found: f"{found[1]} {seconds(row.longest)} |", text)
            if count != 1:
                raise ValueError(f"README's table has {count} lines of three columns for {row.strategy}")
    return text


def svg(made):
    most = max([1000] + [figure for row in made for figure in row.longest + row.watch])
    height = TOP_EDGE + ROW * len(made) + 34
    scale = WIDTH / most
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="10" y="20" fill="{INK}">A master loses its power: how long the endpoint was away, median and range</text>',
        f'<rect x="{LEFT}" y="30" width="12" height="8" fill="{NEW}"/><text x="{LEFT + 17}" y="38" fill="{INK}">new requests</text>',
        f'<rect x="{LEFT + 130}" y="30" width="12" height="8" fill="{WATCH}"/>'
        f'<text x="{LEFT + 147}" y="38" fill="{INK}">a watch that stood</text>',
    ]
    step = 1000 if most <= 10_000 else 5000
    for mark in range(0, int(most) + 1, step):
        x = LEFT + mark * scale
        parts += [f'<path d="M{x:.1f} {TOP_EDGE - 4}V{height - 24}" stroke="#ddd"/>',
                  f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle" fill="{QUIET}">{mark // 1000} s</text>']
    for number, row in enumerate(made):
        top = TOP_EDGE + ROW * number
        parts.append(f'<text x="{LEFT - 10}" y="{top + 15}" text-anchor="end" fill="{INK}">'
                     f"{escape(row.strategy)}, {row.place}</text>")
        for figures, y, color in ((row.longest, top + 2, NEW), (row.watch, top + 13, WATCH)):
            if figures:
                parts += [
                    f'<rect x="{LEFT}" y="{y}" width="{max(1, median(figures) * scale):.1f}" height="9" fill="{color}"/>',
                    f'<path d="M{LEFT + min(figures) * scale:.1f} {y + 4.5}H{LEFT + max(figures) * scale:.1f}" stroke="{INK}"/>',
                ]
        end = LEFT + max(row.longest + row.watch) * scale + 8
        parts.append(f'<text x="{end:.1f}" y="{top + 15}" fill="{INK}">{seconds(row.longest)}</text>')
    return "\n".join(parts + ["</svg>"]) + "\n"


def put(path, change):
    with open(path) as file:
        text = change(file.read())
    with open(path, "w") as file:
        file.write(text)


def main():
    reports = read(os.path.join(TOP, ".build", "drills"))
    if not reports:
        sys.exit("drills: .build/drills has none; the strategy tests of 'make test-all' leave them there")
    made = rows(reports)
    day = max(document["moment"] for documents in reports.values() for document in documents)[:10]

    def change(text):
        before, rest = text.split(MARKS[0])
        _, after = rest.split(MARKS[1])
        return f"{before}{MARKS[0]}\nMeasured {day}; medians, and the least and the most.\n\n{table(made)}\n{MARKS[1]}{after}"

    put(os.path.join(TOP, "docs", "ha.md"), change)
    put(os.path.join(TOP, "README.md"), lambda text: with_figures(text, made))
    with open(os.path.join(TOP, "docs", "ha.svg"), "w") as file:
        file.write(svg(made))
    print("drills: docs/ha.md, docs/ha.svg and README.md have " + ", ".join(reports))


if __name__ == "__main__":
    main()
