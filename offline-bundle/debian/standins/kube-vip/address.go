package main

import (
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
		if err := place(s.address, s.device); err != nil {
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

// place adds an address where it is missing, and announces it.
func place(address *net.IPNet, device string) error {
	link, err := netlink.LinkByName(device)
	if err != nil {
		return fmt.Errorf("%s: %v", device, err)
	}
	err = netlink.AddrAdd(link, &netlink.Addr{IPNet: address})
	if err != nil && err != syscall.EEXIST {
		return fmt.Errorf("%s cannot be added to %s: %v", address, device, err)
	}
	// A gratuitous ARP request: neighbours that know the address take the new card for it.
	output, err := exec.Command("arping", "-q", "-U", "-c", "1", "-I", device, address.IP.String()).CombinedOutput()
	if err != nil {
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
