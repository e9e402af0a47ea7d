// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"os"
	"time"
)

// A guardian's timers run a little slow, as each is set anew when its work is done, so their phase has to be looked for
// shortly before each fault. Both ways see only what any guardian does: it sends packets, and it repairs.

// pingBeat waits for packets to a master that come a period apart, and gives the moment of the last one. No client may
// connect meanwhile.
func (b *bench) pingBeat(m *master) time.Time {
	var last time.Time
	counter, _ := packetsTo(m.name)
	for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		now, err := packetsTo(m.name)
		if err != nil || now == counter {
			continue
		}
		gap := time.Since(last)
		counter, last = now, time.Now()
		if gap > period-period/10 && gap < period+period/10 {
			return last
		}
	}
	return b.guardian.started
}

func packetsTo(host string) (string, error) {
	content, err := os.ReadFile("/sys/class/net/v" + host + "/statistics/tx_packets")
	return string(content), err
}

// tableBeat adds a destination that gets no connections and gives the moment when the guardian removes it.
func (b *bench) tableBeat() (time.Time, error) {
	if _, err := oneOff(worker, "ipvsadm", "-a", "-t", virtual, "-r", "10.0.0.98:6443", "-m", "-w", "0"); err != nil {
		return time.Time{}, err
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if b.view.table().text == b.sound.text {
			return time.Now(), nil
		}
	}
	return b.guardian.started, nil
}
