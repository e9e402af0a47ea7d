# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""What was measured beside what was wanted: as text, as JSON, and in the documentation."""

import datetime
import json
import os
import platform
import subprocess

from bench import chart

MARKS = ("<!-- table: begin -->", "<!-- table: end -->")


class Row:
    """One line of the table. `goal` is the most that `figure` may be, or with `least` the least; None: only told."""

    def __init__(self, case, what, figure, unit="", goal=None, least=False, detail=""):
        self.case, self.what, self.figure, self.unit = case, what, figure, unit
        self.goal, self.least, self.detail = goal, least, detail

    @property
    def met(self):
        if self.goal is None:
            return None
        return self.figure >= self.goal if self.least else self.figure <= self.goal

    @property
    def cells(self):
        goal = "" if self.goal is None else f"{'at least' if self.least else 'at most'} {shown(self.goal, self.unit)}"
        verdict = {None: "", True: "yes", False: "NO"}[self.met]
        return [self.what, shown(self.figure, self.unit), goal, verdict, self.detail]

    @property
    def record(self):
        return {"case": self.case, "what": self.what, "figure": self.figure, "unit": self.unit, "goal": self.goal,
                "bound": "least" if self.least else "most", "met": self.met, "detail": self.detail}


def shown(value, unit):
    if unit == "x":
        return f"{value:.2f} times"
    if unit == "%":
        return f"{value:.1f} %"
    number = f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
    return f"{number} {unit}".strip()


HEAD = ["what", "measured", "goal", "met", "how it came about"]


def table(rows):
    """Columns in plain text."""
    lines = [HEAD] + [row.cells for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def markdown(rows):
    lines = [HEAD, ["---"] * len(HEAD)] + [row.cells for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine():
    """What the figures depend on."""
    with open("/proc/cpuinfo") as file:
        cpu = dict(line.split(":", 1) for line in file if ":" in line)
    cpu = {key.strip(): value.strip() for key, value in cpu.items()}
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) // 1_000_000
    ssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True).stderr.strip()
    return {"processor": cpu.get("model name", platform.machine()), "cores": os.cpu_count(), "memoryGB": memory,
            "aes": "aes" in cpu.get("flags", "").split(), "sha": "sha_ni" in cpu.get("flags", "").split(),
            "kernel": platform.release(), "ssh": ssh.split(",")[0]}


def save(folder, rows, rounds):
    """bench.txt, bench.json, bench.svg. Lines of earlier runs that this one did not repeat stay in the JSON file."""
    path = os.path.join(folder, "bench.json")
    names = {row.case for row in rows}
    try:
        with open(path) as file:
            kept = [line for line in json.load(file)["rows"] if line["case"] not in names]
    except (OSError, ValueError, KeyError):
        kept = []
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    lines = kept + [dict(row.record, rounds=rounds, date=date) for row in rows]
    with open(path, "w") as file:
        json.dump({"machine": machine(), "rows": lines}, file, indent=1)
        file.write("\n")
    every = [read(line) for line in lines]
    with open(os.path.join(folder, "bench.txt"), "w") as file:
        file.write(table(every) + "\n")
    with open(os.path.join(folder, "bench.svg"), "w") as file:
        file.write(chart.svg(every))
    return every


def read(record):
    return Row(record["case"], record["what"], record["figure"], record["unit"], record["goal"],
               record["bound"] == "least", record["detail"])


def rounds(lines):
    """How many runs the medians are of: that of most lines, and the cases that differ by name."""
    counts = [line["rounds"] for line in lines]
    usual = max(set(counts), key=counts.count)
    others = sorted({(line["case"], line["rounds"]) for line in lines if line["rounds"] != usual})
    return f"{usual}" + (f" ({', '.join(f'{case}: {count}' for case, count in others)})" if others else "")


def update_docs(folder, docs):
    """Puts the table of bench.json between its marks in performance.md, and the chart beside it."""
    with open(os.path.join(folder, "bench.json")) as file:
        saved = json.load(file)
    rows = [read(line) for line in saved["rows"]]
    one = saved["machine"]
    said = (f"Measured {max(line['date'] for line in saved['rows'])}, medians of "
            f"{rounds(saved['rows'])}, on {one['cores']} cores ({one['processor']}, "
            f"AES {'in' if one['aes'] else 'not in'} hardware, SHA-256 {'in' if one['sha'] else 'not in'} hardware), "
            f"{one['memoryGB']} GB of memory, Linux {one['kernel']}, {one['ssh']}.")
    path = os.path.join(docs, "performance.md")
    with open(path) as file:
        text = file.read()
    before, rest = text.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    with open(path, "w") as file:
        file.write(f"{before}{MARKS[0]}\n{said}\n\n{markdown(rows)}\n{MARKS[1]}{after}")
    with open(os.path.join(docs, "performance.svg"), "w") as file:
        file.write(chart.svg(rows))
