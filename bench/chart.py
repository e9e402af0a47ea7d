# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""A chart without a library: each line of the table as a part of its goal."""

from html import escape

ROW, LEFT, WIDTH, RIGHT, TOP = 26, 430, 360, 170, 44
GOOD, BAD, INK, QUIET = "#2e7d5b", "#c0392b", "#222", "#999"


def svg(rows):
    """Bars of figure over goal, or goal over figure where more is better: what ends left of the line is met."""
    rows = [row for row in rows if row.goal]
    height = TOP + ROW * len(rows) + 16
    line = LEFT + WIDTH * 2 / 3
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{line}" y="20" text-anchor="middle" fill="{INK}">goal</text>',
        f'<text x="{LEFT}" y="20" fill="{QUIET}">less is better</text>',
    ]
    for number, row in enumerate(rows):
        top = TOP + ROW * number
        share = part(row)
        width = min(1, share * 2 / 3) * WIDTH
        colour = GOOD if row.met else BAD
        parts += [
            f'<text x="{LEFT - 10}" y="{top + 13}" text-anchor="end" fill="{INK}">{escape(row.what)}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{width:.1f}" height="{ROW - 9}" fill="{colour}"/>',
            f'<text x="{LEFT + max(width, WIDTH * 2 / 3) + 8:.1f}" y="{top + 13}" fill="{colour}">'
            f"{escape(row.cells[1])}</text>",
        ]
    parts.append(f'<path d="M{line} {TOP - 16}V{height - 10}" stroke="{INK}" stroke-dasharray="4 3"/></svg>')
    return "\n".join(parts) + "\n"


def part(row):
    """Of the goal; where the goal is a lower bound, how much of what was reached it is."""
    if row.least:
        return row.goal / row.figure if row.figure else 2
    return row.figure / row.goal
