// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

// view reads what the kernel knows in one network namespace.
type view struct{ folder string }

// viewOf keeps a thread in the namespace for good: the kernel shows each thread the network of its own.
func viewOf(namespace string) (view, error) {
	result := make(chan error)
	var folder string
	go func() {
		runtime.LockOSThread()
		err := enter("/run/netns/" + namespace)
		folder = fmt.Sprintf("/proc/self/task/%d/net/", syscall.Gettid())
		result <- err
		select {}
	}()
	err := <-result
	return view{folder}, err
}

// table is the IPVS table without its counters, destinations in a fixed order.
type table struct {
	text  string
	inUse int // destinations with a weight above 0
}

func (v view) table() table {
	content, _ := os.ReadFile(v.folder + "ip_vs")
	var result table
	var services, destinations []string
	for _, line := range strings.Split(string(content), "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) < 2 || words[0] == "IP" || words[0] == "Prot" || words[1] == "RemoteAddress:Port":
		case words[0] == "->":
			destinations = append(destinations, strings.Join(words[1:4], " "))
			if words[3] != "0" {
				result.inUse++
			}
		default:
			services = append(services, strings.Join(words, " "))
		}
	}
	sort.Strings(destinations)
	result.text = strings.Join(append(services, destinations...), ", ")
	return result
}

// hasRoute tells whether the address is local in the worker's namespace.
func (v view) hasRoute(address string) bool {
	if strings.Contains(address, ":") {
		output, err := oneOff(worker, "ip", "-6", "route", "show", "table", "local", address)
		return err == nil && output != ""
	}
	content, _ := os.ReadFile(v.folder + "fib_trie")
	_, after, found := strings.Cut(string(content), "|-- "+address+"\n")
	return found && strings.Contains(strings.SplitN(after, "\n", 2)[0], "LOCAL")
}

// history is what became of the table, looked at every few milliseconds.
type history struct {
	mutex   sync.Mutex
	changes []change
	ended   chan bool
}

type change struct {
	at    time.Time
	table table
}

func (v view) watch(period time.Duration) *history {
	h := &history{ended: make(chan bool)}
	go func() {
		for {
			now := v.table()
			h.mutex.Lock()
			if len(h.changes) == 0 || h.changes[len(h.changes)-1].table.text != now.text {
				h.changes = append(h.changes, change{time.Now(), now})
			}
			h.mutex.Unlock()
			select {
			case <-h.ended:
				return
			case <-time.After(period):
			}
		}
	}()
	return h
}

func (h *history) stop() []change {
	close(h.ended)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.changes
}

// fewestInUse is the smallest number of destinations that were to get connections at any time.
func fewestInUse(changes []change) int {
	fewest := changes[0].table.inUse
	for _, c := range changes {
		if c.table.inUse < fewest {
			fewest = c.table.inUse
		}
	}
	return fewest
}
