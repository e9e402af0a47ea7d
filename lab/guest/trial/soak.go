// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"fmt"
	"strings"
	"time"
)

// soaks has a failover every minute for virtual hours and looks at what the guardian holds at the end.
func soaks(hours int, only string) []scenario {
	var chosen []scenario
	for _, backend := range []string{"ipvs", "proxy"} {
		name := backend + "-soak"
		if !strings.HasPrefix(name, only) {
			continue
		}
		after := fmt.Sprintf("%s, %d h with a failover every minute: ", backend, hours)
		chosen = append(chosen, scenario{
			name: name, backend: backend, once: true, run: func(b *bench) error { return soak(b, hours) },
			rows: []row{
				{name + "-memory", after + "growth of resident memory", "KB", 256, 256, free, free},
				{name + "-descriptors", after + "growth of open descriptors", "faults", 0, 0, free, free},
				{name + "-threads", after + "growth of threads", "faults", 0, 0, free, free},
			},
		})
	}
	return chosen
}

func soak(b *bench, hours int) error {
	kinds := []fault{killed, gone, hung, planned}
	begin := time.Now()
	failovers := func(count int) error {
		for index := 0; index < count; index++ {
			next := time.Now().Add(time.Minute)
			b.trial++
			m := b.victims(1)[0]
			kind := kinds[index%len(kinds)]
			if err := kind.begin(m); err != nil {
				return err
			}
			time.Sleep(10 * time.Second)
			if err := m.recover(kind); err != nil {
				return err
			}
			if err := b.settle(); err != nil {
				return err
			}
			time.Sleep(time.Until(next))
		}
		return nil
	}
	// What grows once and then stays is no leak: buffers, tables, the first handshake.
	if err := failovers(10); err != nil {
		return err
	}
	before, err := b.guardian.usage()
	if err != nil {
		return err
	}
	fmt.Printf("%-22s at the start %d KB, %d descriptors, %d threads\n", b.scenario.name, before.memory, before.descriptors, before.threads)
	after, failed, total := before, 0, 0
	for hour := 1; hour <= hours; hour++ {
		clients, err := startClient(b.scenario.client, b.virtual(), time.Second)
		if err != nil {
			return err
		}
		if err := failovers(60); err != nil {
			return err
		}
		requests, err := clients.stop()
		if err != nil {
			return err
		}
		_, count := failures(requests, begin)
		failed, total = failed+count, total+len(requests)
		if after, err = b.guardian.usage(); err != nil {
			return err
		}
		fmt.Printf("%-22s hour %d: %d KB, %d descriptors, %d threads, %.2f %% of a core; %d of %d requests failed\n", b.scenario.name, hour,
			after.memory, after.descriptors, after.threads, 100*after.processor.Seconds()/time.Since(b.guardian.started).Seconds(), count, len(requests))
	}
	b.trial = 1
	note := fmt.Sprintf("%d KB at the end; %d of %d requests failed", after.memory, failed, total)
	for index, growth := range []int{after.memory - before.memory, after.descriptors - before.descriptors, after.threads - before.threads} {
		if growth < 0 {
			growth = 0
		}
		if err := b.found(b.scenario.rows[index].name, float64(growth), nil, time.Now(), note); err != nil {
			return err
		}
		note = ""
	}
	return nil
}
