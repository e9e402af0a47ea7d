// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const self = "/init"

// master is one of the API servers, seen from the trials.
type master struct {
	name    string
	process *exec.Cmd
	input   io.WriteCloser
	output  *bufio.Reader
}

// prepare starts the server's process up to the point before it listens, so that its start costs no time later.
func (m *master) prepare() error {
	m.process = exec.Command(self, "server", m.name)
	m.process.Stderr = io.Discard
	input, err := m.process.StdinPipe()
	if err != nil {
		return err
	}
	output, err := m.process.StdoutPipe()
	if err != nil {
		return err
	}
	m.input, m.output = input, bufio.NewReader(output)
	if err := inNamespace(m.name, m.process.Start); err != nil {
		return err
	}
	_, err = m.output.ReadString('\n')
	return err
}

// listen gives the moment from which the server accepts connections.
func (m *master) listen() (time.Time, error) {
	if _, err := io.WriteString(m.input, "\n"); err != nil {
		return time.Time{}, err
	}
	line, err := m.output.ReadString('\n')
	if err != nil {
		return time.Time{}, fmt.Errorf("%s does not listen: %w", m.name, err)
	}
	var micros int64
	_, err = fmt.Sscanf(line, "listening %d", &micros)
	return time.UnixMicro(micros), err
}

func (m *master) start() error {
	if err := m.prepare(); err != nil {
		return err
	}
	_, err := m.listen()
	return err
}

func (m *master) signal(number syscall.Signal) { _ = m.process.Process.Signal(number) }

// end kills the process and waits until nothing is left of it.
func (m *master) end() {
	m.signal(syscall.SIGKILL)
	_ = m.process.Wait()
}

// oneOff runs one of the programs of the guest in a network namespace and gives its output.
func oneOff(namespace string, words ...string) (string, error) {
	command := exec.Command(words[0], words[1:]...)
	var output strings.Builder
	command.Stdout, command.Stderr = &output, &output
	if err := inNamespace(namespace, command.Run); err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(words, " "), err, strings.TrimSpace(output.String()))
	}
	return strings.TrimSpace(output.String()), nil
}

// request is one connection of a client.
type request struct {
	begin    time.Time
	duration time.Duration
	failure  string
	server   string
}

// client is the program that connects often, seen from the trials.
type client struct {
	process *exec.Cmd
	input   io.Closer
	output  *strings.Builder
}

func startClient(namespace, address string, period time.Duration) (*client, error) {
	c := &client{process: exec.Command(self, "client", address, period.String()), output: &strings.Builder{}}
	c.process.Stdout, c.process.Stderr = c.output, os.Stderr
	input, err := c.process.StdinPipe()
	if err != nil {
		return nil, err
	}
	c.input = input
	return c, inNamespace(namespace, c.process.Start)
}

// stop waits for the requests that are under way.
func (c *client) stop() ([]request, error) {
	c.input.Close()
	if err := c.process.Wait(); err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	var requests []request
	for _, line := range strings.Split(strings.TrimSpace(c.output.String()), "\n") {
		var begin, duration int64
		var r request
		if count, _ := fmt.Sscan(line, &begin, &duration, &r.failure, &r.server); count < 3 {
			return nil, fmt.Errorf("client printed %q", line)
		}
		r.begin, r.duration = time.UnixMicro(begin), time.Duration(duration)*time.Microsecond
		requests = append(requests, r)
	}
	return requests, nil
}

// startLong holds long connections to the master; their ends come as lines once all three have opened.
func startLong(address, victim string) (*exec.Cmd, <-chan string, error) {
	holder := exec.Command(self, "long", address, victim)
	holder.Stderr = os.Stdout
	output, err := holder.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := inNamespace(worker, holder.Start); err != nil {
		return nil, nil, err
	}
	reader := bufio.NewScanner(output)
	for range [3]int{} {
		if !reader.Scan() {
			return nil, nil, fmt.Errorf("the long connections did not open: %w", holder.Wait())
		}
	}
	lines := make(chan string, 3)
	go func() {
		for reader.Scan() {
			lines <- reader.Text()
		}
	}()
	return holder, lines, nil
}

// failedSince gives the requests that failed after the fault, or were under way when it came.
func failedSince(requests []request, fault time.Time) []request {
	var failed []request
	for _, r := range requests {
		if r.failure != "-" && !r.begin.Add(r.duration).Before(fault) {
			failed = append(failed, r)
		}
	}
	return failed
}

// failures counts the requests that failed since the fault and gives the time from it to the begin of the last one.
func failures(requests []request, fault time.Time) (until time.Duration, count int) {
	failed := failedSince(requests, fault)
	for _, r := range failed {
		if later := r.begin.Sub(fault); later > until {
			until = later
		}
	}
	return until, len(failed)
}
