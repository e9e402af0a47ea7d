// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

// Command trial tries the guardian in a guest of its own. As the guest's init it builds a small network of API servers
// and a worker, makes faults and measures what clients see of them; its subcommands are the programs on that network.
package main

import (
	"fmt"
	"os"
)

func main() {
	if os.Getpid() == 1 {
		boot(os.Args[1:])
	}
	commands := map[string]func([]string) error{
		"server": serve, "client": connectOften, "long": connectForLong, "flush": flushIPVS, "spin": spin, "stream": stream,
		"report": report, "rows": listRows,
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: trial report|rows ..., or as the guest's init")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "trial %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
