# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""python3 -m unittest bench.test_report: what is made of figures, without measuring any."""

import json
import os
import tempfile
import unittest
from xml.etree import ElementTree

from bench import chart, report
from bench.measure import Failed, interleaved, timed
from bench.report import Row

ROWS = [
    Row("a", "time beside <scp>", 0.94, "x", 1.0, detail="2.9 s, scp 3.1 s"),
    Row("a", "CPU", 2.6, "s a GB", 2.5),
    Row("b", "faster than ansible", 40, "x", 10, least=True),
    Row("b", "a whole run", 3.2, "s"),
]


class ReportTests(unittest.TestCase):
    def test_a_goal_is_met_on_its_own_side(self):
        self.assertEqual([row.met for row in ROWS], [True, False, True, None])

    def test_the_table_says_which_goal_is_missed(self):
        lines = report.table(ROWS).splitlines()
        self.assertEqual(len(lines), 2 + len(ROWS))
        self.assertIn("at most 2.50 s a GB", lines[3])
        self.assertIn(" NO", lines[3])
        self.assertIn("at least 10.00 times", lines[4])

    def test_cases_of_another_number_of_runs_are_named(self):
        lines = [{"case": case, "rounds": count} for case, count in (("a", 5), ("b", 5), ("c", 1), ("c", 1))]
        self.assertEqual(report.rounds(lines[:2]), "5")
        self.assertEqual(report.rounds(lines[:2] + lines), "5 (c: 1)")

    def test_cases_that_were_not_run_again_keep_their_lines(self):
        with tempfile.TemporaryDirectory() as folder:
            report.save(folder, ROWS, 5)
            report.save(folder, [Row("a", "time beside <scp>", 0.9, "x", 1.0)], 1)
            with open(os.path.join(folder, "bench.json")) as file:
                saved = json.load(file)
            self.assertEqual([(row["case"], row["rounds"]) for row in saved["rows"]], [("b", 5), ("b", 5), ("a", 1)])

    def test_the_documentation_gets_table_and_chart_and_keeps_its_words(self):
        with tempfile.TemporaryDirectory() as folder:
            page = os.path.join(folder, "performance.md")
            with open(page, "w") as file:
                file.write(f"before\n{report.MARKS[0]}\nold\n{report.MARKS[1]}\nbehind\n")
            report.save(folder, ROWS, 5)
            for _ in range(2):
                report.update_docs(folder, folder)
            with open(page) as file:
                text = file.read()
            self.assertTrue(text.startswith("before\n") and text.endswith("\nbehind\n"))
            self.assertNotIn("old", text)
            self.assertEqual(text.count("| faster than ansible |"), 1)
            self.assertTrue(os.path.exists(os.path.join(folder, "performance.svg")))

    def test_the_chart_is_well_formed_and_has_a_bar_for_each_goal(self):
        bars = ElementTree.fromstring(chart.svg(ROWS)).findall("{http://www.w3.org/2000/svg}rect")[1:]
        self.assertEqual([bar.get("fill") for bar in bars], [chart.GOOD, chart.BAD, chart.GOOD])
        self.assertEqual(chart.part(ROWS[2]), 0.25)


class MeasureTests(unittest.TestCase):
    def test_every_way_runs_once_a_round_and_not_always_in_the_same_order(self):
        ran = []
        ways = {name: lambda name=name: ran.append(name) for name in "abcd"}
        results = interleaved(6, ways)
        self.assertEqual({name: len(runs) for name, runs in results.items()}, dict.fromkeys("abcd", 6))
        rounds = [tuple(ran[start:start + 4]) for start in range(0, 24, 4)]
        self.assertTrue(all(sorted(one) == list("abcd") for one in rounds) and len(set(rounds)) > 1)

    def test_the_cpu_of_children_counts_and_a_failure_brings_its_words(self):
        run = timed(["sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done"])
        self.assertTrue(0 < run.cpu <= run.wall + 0.1)
        with self.assertRaisesRegex(Failed, "no such luck"):
            timed(["sh", "-c", "echo no such luck >&2; exit 3"])

    def test_lines_are_heard_as_they_come(self):
        heard = []
        timed(["sh", "-c", "echo one; echo two"], on_line=lambda line, after, process: heard.append(line))
        self.assertEqual(heard, ["one\n", "two\n"])


if __name__ == "__main__":
    unittest.main()
