package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
)

// hold keeps the control plane's address on its device and tells the network so, until it is over.
func hold(s settings, over <-chan struct{}) {
	said := ""
	defer func() {
		if err := remove(s.address, s.device); err != nil {
			log.Print(err)
			return
		}
		log.Printf("%s is off %s", s.address.IP, s.device)
	}()
	for {
		now := fmt.Sprintf("%s is on %s", s.address.IP, s.device)
		if err := place(s.address, s.device, over); err != nil {
			now = err.Error()
		}
		if now != said {
			log.Print(now)
		}
		said = now
		select {
		case <-over:
			return
		case <-time.After(s.rate):
		}
	}
}

// place adds an address where it is missing, and announces it. When it is over nobody waits for arping, which takes a second: the
// address has to be off before the lease ends.
func place(address *net.IPNet, device string, over <-chan struct{}) error {
	link, err := netlink.LinkByName(device)
	if err != nil {
		return fmt.Errorf("%s: %v", device, err)
	}
	err = netlink.AddrAdd(link, &netlink.Addr{IPNet: address})
	if err != nil && err != syscall.EEXIST {
		return fmt.Errorf("%s cannot be added to %s: %v", address, device, err)
	}
	announcing, end := context.WithCancel(context.Background())
	defer end()
	go func() {
		select {
		case <-over:
		case <-announcing.Done():
		}
		end()
	}()
	// A gratuitous ARP request: neighbours that know the address take the new card for it.
	arping := exec.CommandContext(announcing, "arping", "-q", "-U", "-c", "1", "-I", device, address.IP.String())
	output, err := arping.CombinedOutput()
	if err != nil && !isClosed(over) {
		return fmt.Errorf("%s is not announced: arping: %v %s", address.IP, err, strings.TrimSpace(string(output)))
	}
	return nil
}

// remove takes an address away; one that is not there is fine.
func remove(address *net.IPNet, device string) error {
	link, err := netlink.LinkByName(device)
	if err != nil {
		return fmt.Errorf("%s: %v", device, err)
	}
	err = netlink.AddrDel(link, &netlink.Addr{IPNet: address})
	if err != nil && err != syscall.EADDRNOTAVAIL {
		return fmt.Errorf("%s cannot be taken off %s: %v", address, device, err)
	}
	return nil
}
