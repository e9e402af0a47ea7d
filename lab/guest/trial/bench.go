// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// bench holds what stands while a scenario is tried: the masters, the guardian, the table it made.
type bench struct {
	results  *json.Encoder
	view     view
	masters  []*master
	scenario scenario
	guardian *guardian
	sound    table // the guardian's table when all masters are well
	trial    int   // from 1
	trials   int
}

// period is how often the guardian compares and pings; trials are spread over it.
const period = 200 * time.Millisecond

// run tries what was chosen, one scenario after the other.
func run(arguments []string, results *json.Encoder) error {
	chosen, err := parseChoice(arguments)
	if err != nil {
		return err
	}
	b := &bench{results: results}
	if err := buildNetwork(); err != nil {
		return err
	}
	if err := makeCertificates(); err != nil {
		return err
	}
	if b.view, err = viewOf(worker); err != nil {
		return err
	}
	for _, s := range chosen.scenarios() {
		if err := b.try(s, chosen.trials(s)); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// try has masters and a guardian of its own for each scenario, so that none depends on what was before.
func (b *bench) try(s scenario, trials int) error {
	if s.masters == 0 {
		s.masters = 3
	}
	if s.backend == "" {
		s.backend = "ipvs"
	}
	if s.client == "" {
		s.client = worker
	}
	b.scenario, b.trials, b.masters = s, trials, nil
	for number := 1; number <= s.masters; number++ {
		m := &master{name: masterName(number)}
		if err := m.start(); err != nil {
			return err
		}
		defer m.end()
		b.masters = append(b.masters, m)
	}
	var err error
	wanted := settings{s.backend, b.family(), s.masters}
	arguments := wanted.arguments()
	if s.file {
		arguments = []string{"--config", settingsFile}
		if err = wanted.save(); err != nil {
			return err
		}
	}
	if b.guardian, err = startGuardian(arguments); err != nil {
		return err
	}
	b.sound = table{}
	if err := b.settle(); err != nil {
		return err
	}
	b.sound = b.view.table()
	for b.trial = 1; b.trial <= trials; b.trial++ {
		if err := s.run(b); err != nil {
			return err
		}
	}
	if err := b.guardian.clean(); err != nil {
		return err
	}
	return b.guardian.wait(10 * time.Second)
}

func (b *bench) family() family {
	if b.scenario.ipv6 {
		return ipv6
	}
	return ipv4
}

func (b *bench) virtual() string { return endpoint(b.family().virtual) }

// settle waits until every master answers through the virtual address, the table is whole and a while has passed.
func (b *bench) settle() error {
	deadline := time.Now().Add(30 * time.Second)
	for !b.allAnswer() || b.sound.text != "" && b.view.table().text != b.sound.text {
		if time.Now().After(deadline) {
			for _, line := range b.guardian.logSince(deadline.Add(-30 * time.Second)) {
				fmt.Println("   ", line)
			}
			return fmt.Errorf("not all masters are reached again within 30 s; the table is %q", b.view.table().text)
		}
		time.Sleep(200 * time.Millisecond)
	}
	time.Sleep(1500 * time.Millisecond)
	return nil
}

func (b *bench) allAnswer() bool {
	seen := map[string]bool{}
	err := inNamespace(worker, func() error {
		for range [3]int{} {
			for range b.masters {
				name, err := ask(b.virtual())
				if err != nil {
					return err
				}
				seen[name] = true
			}
		}
		return nil
	})
	return err == nil && len(seen) == len(b.masters)
}

// align waits until this trial's share of the guardian's period has passed since a beat.
func (b *bench) align(beat time.Time) {
	wanted := time.Duration(float64(period) * (float64(b.trial) - 0.5) / float64(b.trials))
	time.Sleep((wanted - time.Since(beat)%period + period) % period)
}

// victims are other masters in each trial.
func (b *bench) victims(count int) []*master {
	var chosen []*master
	for index := 0; index < count; index++ {
		chosen = append(chosen, b.masters[(b.trial+index)%len(b.masters)])
	}
	return chosen
}

// found reports a value; a negative one means that it did not happen. With requests it counts those that failed since
// the fault, and since nil says that clients are not counted.
func (b *bench) found(name string, value float64, requests []request, fault time.Time, note string) error {
	found := result{Row: name, Trial: b.trial, Note: note}
	text := "never"
	if value >= 0 {
		found.Value = &value
		text = fmt.Sprintf("%.3g", value)
	}
	var limit row
	for _, candidate := range b.scenario.rows {
		if candidate.name == name {
			limit = candidate
		}
	}
	text += " " + limit.unit
	if requests != nil {
		_, count := failures(requests, fault)
		found.Failed = &count
		text += fmt.Sprintf(", %d of %d requests failed %s", count, len(requests), failureKinds(requests, fault))
	}
	if note != "" {
		text += "; " + note
	}
	if limit.misses(found) {
		text += "  MISSED"
		found.Log = append(failureLines(requests, fault), b.guardian.logSince(fault)...)
	}
	fmt.Printf("%-22s %d/%d  %s\n", name, b.trial, b.trials, text)
	return b.results.Encode(found)
}

// failureLines tell when each failed request began; a reader wants them beside the guardian's log.
func failureLines(requests []request, fault time.Time) []string {
	var lines []string
	for _, r := range failedSince(requests, fault) {
		lines = append(lines, fmt.Sprintf("%+.3f s request: %s after %.3f s", r.begin.Sub(fault).Seconds(), r.failure, r.duration.Seconds()))
	}
	return lines
}

func failureKinds(requests []request, fault time.Time) string {
	kinds := map[string]int{}
	for _, r := range failedSince(requests, fault) {
		kinds[r.failure]++
	}
	if len(kinds) == 0 {
		return ""
	}
	return strings.TrimPrefix(fmt.Sprint(kinds), "map")
}
