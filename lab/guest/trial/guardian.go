// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	guardianProgram = "/hakube-guardian"
	authority       = pki + "/ca.crt"
)

// guardian is the program under test, running in the worker's namespace.
type guardian struct {
	arguments []string
	process   *exec.Cmd
	started   time.Time
	ended     chan error

	mutex sync.Mutex
	log   []logLine
}

type logLine struct {
	at   time.Time
	text string
}

// settings are what a guardian is told.
type settings struct {
	backend string
	family  family
	masters int
}

func (s settings) real() []string {
	var endpoints []string
	for number := 1; number <= s.masters; number++ {
		endpoints = append(endpoints, endpoint(fmt.Sprintf(s.family.master, number)))
	}
	return endpoints
}

func (s settings) arguments() []string {
	arguments := []string{"--virtual", endpoint(s.family.virtual), "--node-address", s.family.worker, "--backend", s.backend, "--ca", authority}
	for _, real := range s.real() {
		arguments = append(arguments, "--real", real)
	}
	return arguments
}

const settingsFile = "/run/guardian.json"

// save replaces the settings' file in one step.
func (s settings) save() error {
	content, err := json.Marshal(map[string]any{
		"virtual": endpoint(s.family.virtual), "nodeAddress": s.family.worker, "backend": s.backend, "ca": authority, "real": s.real(),
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(settingsFile+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(settingsFile+".new", settingsFile)
}

func startGuardian(arguments []string) (*guardian, error) {
	g := &guardian{arguments: arguments, process: exec.Command(guardianProgram, arguments...), ended: make(chan error, 1)}
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	g.process.Stderr = writer
	if err := inNamespace(worker, g.process.Start); err != nil {
		return nil, err
	}
	writer.Close()
	g.started = time.Now()
	go func() {
		for lines := bufio.NewScanner(reader); lines.Scan(); {
			g.mutex.Lock()
			g.log = append(g.log, logLine{time.Now(), lines.Text()})
			g.mutex.Unlock()
		}
		reader.Close()
		g.ended <- g.process.Wait()
	}()
	return g, nil
}

// terminate sends SIGTERM and waits for the end.
func (g *guardian) terminate() error {
	_ = g.process.Process.Signal(syscall.SIGTERM)
	return g.wait(20 * time.Second)
}

func (g *guardian) wait(limit time.Duration) error {
	select {
	case err := <-g.ended:
		g.ended <- err
		return err
	case <-time.After(limit):
		_ = g.process.Process.Kill()
		return fmt.Errorf("the guardian did not end within %v", limit)
	}
}

// clean calls the guardian with --clean.
func (g *guardian) clean() error {
	_, err := oneOff(worker, append([]string{guardianProgram, "--clean"}, g.arguments...)...)
	return err
}

// logSince gives the lines from one second before a moment on, each with its time after the moment.
func (g *guardian) logSince(moment time.Time) []string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	var lines []string
	for _, line := range g.log {
		if after := line.at.Sub(moment); after > -time.Second {
			lines = append(lines, fmt.Sprintf("%+.3f s guardian: %s", after.Seconds(), line.text))
		}
	}
	return lines
}

// usage is what /proc knows of the guardian.
type usage struct {
	processor   time.Duration // user and system
	memory      int           // KB, resident
	descriptors int
	threads     int
}

func (g *guardian) usage() (usage, error) {
	folder := fmt.Sprintf("/proc/%d/", g.process.Process.Pid)
	threads, err := filepath.Glob(folder + "task/*/schedstat")
	if err != nil {
		return usage{}, err
	}
	var result usage
	for _, thread := range threads {
		// Its first number is the time on the processor in nanoseconds; that in stat is the same one, rounded to 10 ms.
		content, err := os.ReadFile(thread)
		if err != nil {
			return usage{}, err
		}
		var nanoseconds int64
		if _, err := fmt.Sscan(string(content), &nanoseconds); err != nil {
			return usage{}, err
		}
		result.processor += time.Duration(nanoseconds)
	}
	result.threads = len(threads)
	descriptors, err := os.ReadDir(folder + "fd")
	if err != nil {
		return usage{}, err
	}
	status, err := os.ReadFile(folder + "status")
	if err != nil {
		return usage{}, err
	}
	result.descriptors = len(descriptors)
	for _, line := range strings.Split(string(status), "\n") {
		_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &result.memory)
	}
	return result, nil
}
