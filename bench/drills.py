# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""python3 -m bench.drills

Puts what the lab's strategy tests left in .build/drills, one document of `hakube drill host --output json` a strategy, beside
each other into docs/ha.md, and a chart of it into docs/ha.svg.
"""

import json
import os
import sys
from html import escape

from bench.chart import INK, QUIET

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MARKS = ("<!-- drills -->", "<!-- end of drills -->")
STRATEGIES = ["guardian", "keepalived", "haproxy-keepalived", "kube-vip", "external"]
ROW, LEFT, WIDTH, RIGHT, TOP_EDGE = 26, 250, 480, 150, 52
NEW, WATCH = "#c0392b", "#8e6bb0"


def seconds(milliseconds):
    return "-" if milliseconds is None else f"{milliseconds / 1000:.2f} s"


def read(folder):
    found = {}
    for name in STRATEGIES:
        path = os.path.join(folder, f"{name}.json")
        if os.path.exists(path):
            with open(path) as file:
                found[name] = json.load(file)
    return found


def watch(place):
    seen = place["watch"]
    if not seen["stood"]:
        return "none"
    if not seen["stoodOnTarget"] and not seen["gaps"]:
        return "elsewhere"
    return seconds(seen.get("away")) if seen["gaps"] else "held"


def places(report):
    """Workers first, as the document has them. Who names the dead master itself is away until it is back."""
    return [place for place in report["places"] if place["server"].rsplit(":", 1)[0].strip("[]") != report["target"]]


def table(reports):
    lines = ["| strategy | asked from | requests | failed | away: longest | back after the cut | a watch was away |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, report in reports.items():
        for place in places(report):
            lines.append(f"| `{name}` | {place['name']} | {place['requests']} | {place['failed']} | "
                         f"{seconds(place.get('longest') or 0)} | {seconds(place.get('back') or 0)} | {watch(place)} |")
    return "\n".join(lines)


def svg(reports):
    rows = [(name, place) for name, report in reports.items() for place in places(report)]
    most = max([1000] + [place.get("longest") or 0 for _, place in rows]
               + [place["watch"].get("away") or 0 for _, place in rows])
    height = TOP_EDGE + ROW * len(rows) + 34
    scale = WIDTH / most
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="10" y="20" fill="{INK}">A master loses its power: how long the endpoint was away</text>',
        f'<rect x="{LEFT}" y="30" width="12" height="8" fill="{NEW}"/><text x="{LEFT + 17}" y="38" fill="{INK}">new requests</text>',
        f'<rect x="{LEFT + 130}" y="30" width="12" height="8" fill="{WATCH}"/>'
        f'<text x="{LEFT + 147}" y="38" fill="{INK}">a watch that stood</text>',
    ]
    step = 1000 if most <= 10_000 else 5000
    for mark in range(0, int(most) + 1, step):
        x = LEFT + mark * scale
        parts += [f'<path d="M{x:.1f} {TOP_EDGE - 4}V{height - 24}" stroke="#ddd"/>',
                  f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle" fill="{QUIET}">{mark // 1000} s</text>']
    for number, (name, place) in enumerate(rows):
        top = TOP_EDGE + ROW * number
        longest, away = place.get("longest") or 0, place["watch"].get("away") or 0
        parts += [
            f'<text x="{LEFT - 10}" y="{top + 14}" text-anchor="end" fill="{INK}">{escape(name)}, {escape(place["name"])}</text>',
            f'<rect x="{LEFT}" y="{top + 2}" width="{max(1, longest * scale):.1f}" height="9" fill="{NEW}"/>',
            f'<rect x="{LEFT}" y="{top + 12}" width="{max(1, away * scale):.1f}" height="7" fill="{WATCH}"/>',
            f'<text x="{LEFT + max(longest, away) * scale + 8:.1f}" y="{top + 14}" fill="{INK}">'
            f"{seconds(longest)}, {watch(place)}</text>",
        ]
    return "\n".join(parts + ["</svg>"]) + "\n"


def main():
    reports = read(os.path.join(TOP, ".build", "drills"))
    if not reports:
        sys.exit("drills: .build/drills has none; the strategy tests of 'make test-all' leave them there")
    path = os.path.join(TOP, "docs", "ha.md")
    with open(path) as file:
        text = file.read()
    before, rest = text.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    day = max(report["moment"] for report in reports.values())[:10]
    with open(path, "w") as file:
        file.write(f"{before}{MARKS[0]}\nMeasured {day}, one drill each.\n\n{table(reports)}\n{MARKS[1]}{after}")
    with open(os.path.join(TOP, "docs", "ha.svg"), "w") as file:
        file.write(svg(reports))
    print("drills: docs/ha.md and docs/ha.svg have " + ", ".join(reports))


if __name__ == "__main__":
    main()
