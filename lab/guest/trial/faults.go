// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"fmt"
	"strings"
	"syscall"
	"time"
)

// fault is what happens to a master, and how it is healed.
type fault struct {
	begin func(*master) error
	// prepare does what takes time before the healing, if anything does.
	prepare func(*master) error
	heal    func(*master) error
}

var (
	killed = fault{
		begin:   func(m *master) error { m.end(); return nil },
		prepare: (*master).prepare,
		heal:    func(m *master) error { _, err := m.listen(); return err },
	}
	gone = fault{
		begin: func(m *master) error { return plug(m.name, false) },
		heal:  func(m *master) error { return plug(m.name, true) },
	}
	hung = fault{
		begin: func(m *master) error { m.signal(syscall.SIGSTOP); return nil },
		heal:  func(m *master) error { m.signal(syscall.SIGCONT); return nil },
	}
	// What an API server does on SIGTERM with a shutdown delay: it says so first, and serves on.
	planned = fault{
		begin: func(m *master) error {
			m.signal(syscall.SIGUSR1)
			time.Sleep(3 * time.Second)
			m.end()
			return nil
		},
		prepare: (*master).prepare,
		heal:    killed.heal,
	}
)

// settleClient is how long a client connects before the fault, short enough for the beat to be still in place.
const settleClient = 500 * time.Millisecond

// failover has clients connect every 50 ms while the fault comes over some masters, and for a while after it.
func failover(count int, fault fault, observe int) func(*bench) error {
	return func(b *bench) error {
		beat := b.pingBeat(b.victims(count)[0])
		clients, err := startClient(b.scenario.client, b.virtual(), 50*time.Millisecond)
		if err != nil {
			return err
		}
		time.Sleep(settleClient)
		b.align(beat)
		at := time.Now()
		for _, m := range b.victims(count) {
			if err := fault.begin(m); err != nil {
				return err
			}
		}
		time.Sleep(time.Duration(observe) * time.Second)
		requests, err := clients.stop()
		if err != nil {
			return err
		}
		until, _ := failures(requests, at)
		if err := b.found(b.scenario.rows[0].name, until.Seconds(), requests, at, ""); err != nil {
			return err
		}
		for _, m := range b.victims(count) {
			if err := m.recover(fault); err != nil {
				return err
			}
		}
		return b.settle()
	}
}

func (m *master) recover(fault fault) error {
	if fault.prepare != nil {
		if err := fault.prepare(m); err != nil {
			return err
		}
	}
	return fault.heal(m)
}

// allAway takes all masters away for 12 s. The return is the moment just before the first of them listens again, or its
// link is up; the first success is measured from there to its end.
func allAway(fault fault) func(*bench) error {
	return func(b *bench) error {
		beat := b.pingBeat(b.masters[0])
		clients, err := startClient(b.scenario.client, b.virtual(), 50*time.Millisecond)
		if err != nil {
			return err
		}
		time.Sleep(settleClient)
		b.align(beat)
		at := time.Now()
		for _, m := range b.masters {
			if err := fault.begin(m); err != nil {
				return err
			}
		}
		time.Sleep(6 * time.Second)
		for _, m := range b.masters {
			if fault.prepare != nil {
				if err := fault.prepare(m); err != nil {
					return err
				}
			}
		}
		time.Sleep(time.Until(at.Add(12 * time.Second)))
		returned := time.Now()
		for _, m := range b.masters {
			if err := fault.heal(m); err != nil {
				return err
			}
		}
		time.Sleep(3 * time.Second)
		requests, err := clients.stop()
		if err != nil {
			return err
		}
		first := -1.0
		for _, r := range requests {
			success := r.begin.Add(r.duration).Sub(returned).Seconds()
			if r.failure == "-" && success >= 0 && (first < 0 || success < first) {
				first = success
			}
		}
		until, count := failures(requests, returned)
		note := fmt.Sprintf("%d requests fail after the return, until %.2f s", count, until.Seconds())
		if err := b.found(b.scenario.rows[0].name, first, nil, returned, note); err != nil {
			return err
		}
		return b.settle()
	}
}

// changed runs a program that changes the table and waits until the table is as it was.
func changed(words ...string) func(*bench) error {
	return func(b *bench) error {
		return b.repaired(words, func(changes []change, at, done time.Time) time.Duration {
			switch last := changes[len(changes)-1]; {
			case last.table.text != b.sound.text:
				return -time.Second
			case len(changes) == 1:
				return done.Sub(at) // Repaired between two looks, while the program was ending.
			default:
				return last.at.Sub(at)
			}
		})
	}
}

func routeDeleted(b *bench) error {
	var back time.Duration
	words := []string{"ip", "route", "del", "local", b.family().virtual, "dev", "lo"}
	stop := make(chan bool)
	started := time.Now()
	deleted := false
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				if has := b.view.hasRoute(b.family().virtual); !has {
					deleted = true
				} else if deleted && back == 0 {
					back = time.Since(started)
				}
			}
		}
	}()
	return b.repaired(words, func(_ []change, at, _ time.Time) time.Duration {
		close(stop)
		if back == 0 {
			return -time.Second
		}
		return started.Add(back).Sub(at)
	})
}

// repaired runs a program that breaks something and gives the result of measure, which is called 3 s later.
func (b *bench) repaired(words []string, measure func(changes []change, at, done time.Time) time.Duration) error {
	clients, err := startClient(b.scenario.client, b.virtual(), 50*time.Millisecond)
	if err != nil {
		return err
	}
	time.Sleep(settleClient)
	beat, err := b.tableBeat()
	if err != nil {
		return err
	}
	history := b.view.watch(2 * time.Millisecond)
	b.align(beat)
	at := time.Now()
	if _, err := oneOff(worker, words...); err != nil {
		return err
	}
	done := time.Now()
	time.Sleep(3 * time.Second)
	value := measure(history.stop(), at, done)
	requests, err := clients.stop()
	if err != nil {
		return err
	}
	if err := b.found(b.scenario.rows[0].name, value.Seconds(), requests, at, ""); err != nil {
		return err
	}
	return b.settle()
}

// longConnections measures when connections that stand for long learn of what happened to their master.
func longConnections(fault fault) func(*bench) error {
	return func(b *bench) error { return b.hold(fault) }
}

func (b *bench) hold(fault fault) error {
	victim := b.victims(1)[0]
	beat := b.pingBeat(victim)
	holder, lines, err := startLong(b.virtual(), victim.name)
	if err != nil {
		return err
	}
	time.Sleep(settleClient)
	b.align(beat)
	at := time.Now()
	if err := fault.begin(victim); err != nil {
		return err
	}
	ended := map[string]time.Time{}
	why := map[string]string{}
	for deadline := time.After(60 * time.Second); len(ended) < 3; {
		select {
		case line := <-lines:
			var kind, word string
			var micros int64
			_, _ = fmt.Sscan(line, &kind, &word, &micros)
			ended[kind] = time.UnixMicro(micros)
			why[kind] = line[strings.LastIndex(line, ": ")+1:]
			continue
		case <-deadline:
		}
		break
	}
	_ = holder.Process.Kill()
	_ = holder.Wait()
	for _, row := range b.scenario.rows {
		kind := row.name[strings.LastIndex(row.name, "-")+1:]
		value := -1.0
		if moment, ok := ended[kind]; ok {
			value = moment.Sub(at).Seconds()
		}
		if err := b.found(row.name, value, nil, at, strings.TrimSpace(why[kind])); err != nil {
			return err
		}
	}
	if err := victim.recover(fault); err != nil {
		return err
	}
	return b.settle()
}
