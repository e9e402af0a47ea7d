# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""What is measured. Each case is a function from a bench to lines of the table."""

from bench.cases import commands, fleet, resume, simulated, single

# In the order of the table.
ALL = {
    "loopback": single.loopback,
    "gigabit": single.gigabit,
    "realistic": single.realistic,
    "relay": fleet.relay,
    "killed": fleet.killed,
    "cut": fleet.cut,
    "slow": fleet.slow,
    "resume": resume.resume,
    "fifty": resume.fifty,
    "commands": commands.commands,
    "simulated": simulated.simulated,
}
