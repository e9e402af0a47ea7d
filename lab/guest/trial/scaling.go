// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"os"
	"time"
)

// scaled takes the last master out of the guardian's configuration and in again, and tears the file in between. All
// masters serve all the time, so no client may notice.
func scaled(b *bench) error {
	all := settings{b.scenario.backend, b.family(), b.scenario.masters}
	fewer := all
	fewer.masters--
	steps := []struct {
		row     string
		wanted  settings
		entries int
	}{{b.scenario.rows[0].name, fewer, fewer.masters}, {b.scenario.rows[1].name, all, all.masters}}
	for _, step := range steps {
		clients, err := startClient(b.scenario.client, b.virtual(), 50*time.Millisecond)
		if err != nil {
			return err
		}
		time.Sleep(time.Second)
		history := b.view.watch(2 * time.Millisecond)
		b.align(b.guardian.started)
		at := time.Now()
		if err := step.wanted.save(); err != nil {
			return err
		}
		time.Sleep(3 * time.Second)
		changes := history.stop()
		requests, err := clients.stop()
		if err != nil {
			return err
		}
		value := -1.0
		if last := changes[len(changes)-1]; last.table.inUse == step.entries {
			value = last.at.Sub(at).Seconds()
		}
		if err := b.found(step.row, value, requests, at, ""); err != nil {
			return err
		}
	}
	history := b.view.watch(2 * time.Millisecond)
	at := time.Now()
	if err := os.WriteFile(settingsFile, []byte(`{"virtual":"10.103.97.2:6443","real":["10.0.0.1`), 0o600); err != nil {
		return err
	}
	time.Sleep(time.Second)
	if err := all.save(); err != nil {
		return err
	}
	time.Sleep(time.Second)
	if err := b.found(b.scenario.rows[2].name, float64(len(history.stop())-1), nil, at, ""); err != nil {
		return err
	}
	return b.settle()
}
