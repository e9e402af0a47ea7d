// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

const clientTimeout = time.Second

// connectOften opens a new connection to ADDRESS every PERIOD until standard input ends, whatever became of the ones
// before. Only then it prints a line each, so that printing disturbs nothing: begin, duration (µs), failure or "-", server.
func connectOften(arguments []string) error {
	period, err := time.ParseDuration(arguments[1])
	if err != nil {
		return err
	}
	ended := make(chan bool)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	var mutex sync.Mutex
	var requests sync.WaitGroup
	var lines []string
	next := time.Now()
	for open := true; open; {
		requests.Add(1)
		go func() {
			defer requests.Done()
			begin := time.Now()
			name, err := ask(arguments[0])
			line := fmt.Sprintf("%d %d %s %s", begin.UnixMicro(), time.Since(begin).Microseconds(), failureName(err), name)
			mutex.Lock()
			lines = append(lines, line)
			mutex.Unlock()
		}()
		if next = next.Add(period); time.Since(next) > period {
			next = time.Now() // It was stopped itself; there is no sense in catching up.
		}
		select {
		case <-ended:
			open = false
		case <-time.After(time.Until(next)):
		}
	}
	requests.Wait()
	fmt.Println(strings.Join(lines, "\n"))
	return nil
}

// ask connects, sends a line and gives the name that the server answers.
func ask(address string) (string, error) {
	connection, err := net.DialTimeout("tcp", address, clientTimeout)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(clientTimeout))
	if _, err := connection.Write([]byte("name\n")); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	return strings.TrimSpace(line), err
}

// failureName is one word, "-" for none.
func failureName(err error) string {
	var network net.Error
	names := map[error]string{
		syscall.ECONNREFUSED: "refused", syscall.ECONNRESET: "reset", syscall.ECONNABORTED: "aborted",
		syscall.ENETUNREACH: "unreachable", syscall.EHOSTUNREACH: "unreachable", io.EOF: "closed",
	}
	for candidate, name := range names {
		if errors.Is(err, candidate) {
			return name
		}
	}
	switch {
	case err == nil:
		return "-"
	case errors.As(err, &network) && network.Timeout():
		return "timeout"
	}
	return strings.ReplaceAll(err.Error(), " ", "_")
}
