# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""hakube beside what else carries files and commands to hosts, on links of known speed."""
