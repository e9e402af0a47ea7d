# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""python3 -m unittest bench.test_drills: what is made of drills, without making any."""

import json
import os
import tempfile
import unittest
from xml.etree import ElementTree

from bench import drills


def place(name, server, longest, away=None, outside=False, target=True):
    gaps = [] if away is None else [{"begin": 0, "end": away}]
    return {"name": name, "server": server, "isOutside": outside, "requests": 500, "failed": longest // 50,
            "longest": longest, "back": longest + 100,
            "watch": {"stood": True, "stoodOnTarget": target, "gaps": gaps, "away": away}}


def document(longest, away):
    return {"target": "10.0.0.1", "places": [
        place("worker1", "api:6443", longest, away),
        place("outside 10.0.0.1", "10.0.0.1:6443", 20_000, 20_000, outside=True),
        place("outside 10.0.0.2", "10.0.0.2:6443", longest + 50, outside=True, target=False),
    ]}


class DrillTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for number, (longest, away) in enumerate([(1000, 200), (3000, 100), (2000, None)]):
            with open(os.path.join(folder.name, f"keepalived-{number}.json"), "w") as file:
                json.dump(document(longest, away), file)
        self.rows = drills.rows(drills.read(folder.name))

    def test_drills_are_told_by_their_median_and_range(self):
        self.assertEqual(drills.table(self.rows).splitlines()[2:], [
            "| `keepalived` | 3 | workers | 40 of 500 | 2.0 s (1.0 to 3.0) | 2.1 s (1.1 to 3.1) | 0.1 s (0.0 to 0.2) |",
            "| `keepalived` | 3 | outside | 41 of 500 | 2.0 s (1.1 to 3.0) | 2.1 s (1.1 to 3.1) | - |",
        ])

    def test_figures_that_agree_have_no_range(self):
        self.assertEqual(drills.seconds([1010, 990, 1000]), "1.0 s")

    def test_the_table_of_strategies_gets_the_workers_figures_and_keeps_its_words(self):
        text = "x\n| `keepalived` | one | old |\n| `haproxy-keepalived` | two | old |\n"
        changed = drills.with_figures(text, self.rows)
        self.assertEqual(changed, text.replace("one | old", "one | 2.0 s (1.0 to 3.0)"))
        with self.assertRaises(ValueError):
            drills.with_figures("| `keepalived` | one |\n", self.rows)

    def test_the_chart_has_each_row(self):
        chart = drills.svg(self.rows)
        words = [element.text for element in ElementTree.fromstring(chart).iter() if element.text]
        self.assertIn("keepalived, workers", words)
        self.assertIn("keepalived, outside", words)


if __name__ == "__main__":
    unittest.main()
