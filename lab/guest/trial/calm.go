// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const stall = 1300 * time.Millisecond

// stalled counts the masters that the guardian dropped because of something that is not their fault.
func stalled(disturb func(*bench) error) func(*bench) error {
	return func(b *bench) error {
		beat := b.pingBeat(b.masters[0])
		history := b.view.watch(10 * time.Millisecond)
		b.align(beat)
		at := time.Now()
		if err := disturb(b); err != nil {
			return err
		}
		time.Sleep(5 * time.Second)
		changes := history.stop()
		dropped := len(b.masters) - fewestInUse(changes)
		note := ""
		if dropped > 0 {
			for _, c := range changes {
				note += fmt.Sprintf(" at %.2f s %d in use,", c.at.Sub(at).Seconds(), c.table.inUse)
			}
		}
		if err := b.found(b.scenario.rows[0].name, float64(dropped), nil, at, strings.Trim(note, " ,")); err != nil {
			return err
		}
		return b.settle()
	}
}

func guardianStopped(b *bench) error {
	_ = b.guardian.process.Process.Signal(syscall.SIGSTOP)
	time.Sleep(stall)
	return b.guardian.process.Process.Signal(syscall.SIGCONT)
}

func networkAway(*bench) error {
	if err := plug(worker, false); err != nil {
		return err
	}
	time.Sleep(stall)
	return plug(worker, true)
}

// lossyLink loses two of a hundred packets to the worker for a minute, which no master deserves to be dropped for.
func lossyLink(*bench) error {
	return shaped([]string{"netem", "loss", "2%"}, func() error {
		time.Sleep(time.Minute)
		return nil
	})
}

// shaped gives the worker's link a property while the body runs.
func shaped(property []string, body func() error) error {
	device := []string{"dev", "v" + worker, "root"}
	for _, words := range [][]string{append(append([]string{"qdisc", "add"}, device...), property...), append([]string{"qdisc", "del"}, device...)} {
		if output, err := exec.Command("tc", words...).CombinedOutput(); err != nil {
			return fmt.Errorf("tc: %w: %s", err, output)
		}
		if words[1] == "add" {
			if err := body(); err != nil {
				return err
			}
		}
	}
	return nil
}

// processorTaken stops the whole machine but its clock: real-time tasks may take all of the processor here.
func processorTaken(*bench) error {
	if err := os.WriteFile("/proc/sys/kernel/sched_rt_runtime_us", []byte("-1"), 0); err != nil {
		return err
	}
	_, err := oneOff(worker, self, "spin", stall.String())
	return err
}

// end sends SIGTERM to the guardian and has the next one clean up.
func end(b *bench) error {
	clients, err := startClient(b.scenario.client, b.virtual(), 50*time.Millisecond)
	if err != nil {
		return err
	}
	time.Sleep(time.Second)
	at := time.Now()
	if err := b.guardian.terminate(); err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	requests, err := clients.stop()
	if err != nil {
		return err
	}
	wrong := 0
	if b.view.table().text != b.sound.text {
		wrong++
	}
	if b.scenario.backend == "ipvs" {
		if !b.view.hasRoute(b.family().virtual) {
			wrong++
		}
	} else {
		requests = nil // Nobody is left to forward them.
	}
	if err := b.found(b.scenario.rows[0].name, float64(wrong), requests, at, ""); err != nil {
		return err
	}
	if err := b.guardian.clean(); err != nil {
		return err
	}
	var remains []string
	if text := b.view.table().text; text != "" {
		remains = append(remains, text)
	}
	if b.view.hasRoute(b.family().virtual) {
		remains = append(remains, "the local route")
	}
	for _, folder := range []string{"/run/hakube", "/var/lib/hakube"} {
		if _, err := os.Stat(folder); err == nil {
			remains = append(remains, folder)
		}
	}
	return b.found(b.scenario.rows[1].name, float64(len(remains)), nil, at, strings.Join(remains, "; "))
}

// takeover starts a second guardian beside the first, which is to end by itself, and ends the second one.
func takeover(b *bench) error {
	clients, err := startClient(b.scenario.client, b.virtual(), 50*time.Millisecond)
	if err != nil {
		return err
	}
	time.Sleep(time.Second)
	at := time.Now()
	second, err := startGuardian(b.guardian.arguments)
	if err != nil {
		return err
	}
	first := b.guardian
	time.Sleep(5 * time.Second)
	wrong, note := 0, ""
	select {
	case err := <-first.ended:
		if first.ended <- err; err != nil {
			wrong, note = 1, fmt.Sprint("the first one ended with ", err)
		}
	default:
		wrong, note = 1, "the first one did not end"
		_ = first.terminate()
	}
	select {
	case err := <-second.ended:
		second.ended <- err
		wrong, note = wrong+1, fmt.Sprint("the second one ended: ", err)
	default:
	}
	b.guardian = second
	requests, err := clients.stop()
	if err != nil {
		return err
	}
	return b.found(b.scenario.rows[0].name, float64(wrong), requests, at, note)
}

// fewPorts has clients and a new guardian share 32 source ports. IPVS leaves a client's port as it is, so a client with
// the port of one of the guardian's own connections would be taken for that one by the server.
func fewPorts(b *bench) error {
	if err := b.guardian.terminate(); err != nil {
		return err
	}
	if err := portRange("40000 40031"); err != nil {
		return err
	}
	defer func() { _ = portRange("32768 60999") }()
	var err error
	if b.guardian, err = startGuardian(b.guardian.arguments); err != nil {
		return err
	}
	if err := b.settle(); err != nil {
		return err
	}
	clients, err := startClient(b.scenario.client, b.virtual(), 50*time.Millisecond)
	if err != nil {
		return err
	}
	at := time.Now()
	history := b.view.watch(10 * time.Millisecond)
	time.Sleep(10 * time.Second)
	dropped := len(b.masters) - fewestInUse(history.stop())
	requests, err := clients.stop()
	if err != nil {
		return err
	}
	return b.found(b.scenario.rows[0].name, float64(dropped), requests, at, "")
}

// portRange sets the source ports of the worker.
func portRange(words string) error {
	return inNamespace(worker, func() error {
		return os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte(words), 0)
	})
}

// peace measures what the guardian takes while nothing happens and nobody connects.
func peace(b *bench) error {
	const span = 60 * time.Second
	time.Sleep(5 * time.Second)
	begin := time.Now()
	before, err := b.guardian.usage()
	if err != nil {
		return err
	}
	time.Sleep(span)
	after, err := b.guardian.usage()
	if err != nil {
		return err
	}
	share := 100 * (after.processor - before.processor).Seconds() / span.Seconds()
	if err := b.found(b.scenario.rows[0].name, share, nil, begin, ""); err != nil {
		return err
	}
	note := fmt.Sprintf("%d descriptors, %d threads", after.descriptors, after.threads)
	return b.found(b.scenario.rows[1].name, float64(after.memory)/1024, nil, begin, note)
}

// throughput moves data from a master to the worker, directly and by the virtual address, in turns. The link has a
// rate, as any has: on the one processor of the guest an endless one would measure sender and receiver alone.
func throughput(b *bench) error {
	var rates [2]float64
	err := shaped([]string{"tbf", "rate", "1gbit", "burst", "256k", "latency", "20ms"}, func() error {
		for round := 0; round < 3; round++ {
			for index, address := range []string{endpoint(fmt.Sprintf(b.family().master, 1)), b.virtual()} {
				output, err := oneOff(worker, self, "stream", address, "500ms")
				if err != nil {
					return err
				}
				rate, err := strconv.ParseFloat(output, 64)
				if err != nil {
					return err
				}
				rates[index] += rate / 3
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	note := fmt.Sprintf("%.0f MB/s direct, %.0f MB/s through the proxy", rates[0]/1e6, rates[1]/1e6)
	lost := math.Max(0, 100*(1-rates[1]/rates[0]))
	return b.found(b.scenario.rows[0].name, lost, nil, time.Now(), note)
}
