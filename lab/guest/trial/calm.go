// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

const stall = 1300 * time.Millisecond

// stalled counts the masters that the guardian dropped because of something that is not their fault.
func stalled(disturb func(*bench) error) func(*bench) error {
	return func(b *bench) error {
		history := b.view.watch()
		b.align()
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
	if _, err := os.Stat(runDirectory); err == nil {
		remains = append(remains, runDirectory)
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
