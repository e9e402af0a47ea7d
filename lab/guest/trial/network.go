// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"unsafe"
)

const (
	port    = "6443"
	worker  = "worker"
	pod     = "pod"
	masters = 5
)

// family is one of the two address families of the network, which is built for both.
type family struct {
	virtual, worker string
	master          string // with %d for its number
}

var (
	ipv4 = family{virtual: "10.103.97.2", worker: "10.0.0.21", master: "10.0.0.1%d"}
	ipv6 = family{virtual: "fd00:103::2", worker: "fd00::21", master: "fd00::1%d"}
)

func endpoint(address string) string { return net.JoinHostPort(address, port) }

func masterName(number int) string { return fmt.Sprintf("m%d", number) }

// buildNetwork makes namespaces for masters and worker on a bridge, and one for a pod behind the worker.
func buildNetwork() error {
	root := []string{"link set lo up", "link add br0 type bridge mcast_snooping 0", "link set br0 up",
		"addr add 10.0.0.1/24 dev br0", "addr add fd00::1/64 dev br0 nodad"}
	hosts := map[string][2]string{worker: {ipv4.worker, ipv6.worker}}
	for number := 1; number <= masters; number++ {
		hosts[masterName(number)] = [2]string{fmt.Sprintf(ipv4.master, number), fmt.Sprintf(ipv6.master, number)}
	}
	for name := range hosts {
		root = append(root, "netns add "+name, "link add v"+name+" type veth peer name eth0 netns "+name,
			"link set v"+name+" master br0 up")
	}
	root = append(root, "netns add "+pod)
	if err := ip("", root...); err != nil {
		return err
	}
	for name, address := range hosts {
		lines := []string{"link set lo up", "link set eth0 up", "addr add " + address[0] + "/24 dev eth0",
			"addr add " + address[1] + "/64 dev eth0 nodad", "route add default via 10.0.0.1", "route add default via fd00::1"}
		if name != worker {
			lines = append(lines, "route add 10.244.1.0/24 via "+ipv4.worker)
		}
		if err := ip(name, lines...); err != nil {
			return err
		}
	}
	if err := ip(worker, "link add veth0 type veth peer name eth0 netns "+pod, "link set veth0 up", "addr add 10.244.1.1/24 dev veth0"); err != nil {
		return err
	}
	if err := ip(pod, "link set lo up", "link set eth0 up", "addr add 10.244.1.2/24 dev eth0", "route add default via 10.244.1.1"); err != nil {
		return err
	}
	return inNamespace(worker, func() error { return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0) })
}

// ip runs the lines in a network namespace, "" for the guest's own.
func ip(namespace string, lines ...string) error {
	command := exec.Command("ip", "-batch", "-")
	command.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	run := command.Run
	if namespace != "" {
		run = func() error { return inNamespace(namespace, command.Run) }
	}
	if err := run(); err != nil {
		return fmt.Errorf("ip in %q: %w: %s", namespace, err, strings.TrimSpace(output.String()))
	}
	return nil
}

// inNamespace calls the function on a thread that is in the network namespace; processes it starts stay there.
func inNamespace(name string, body func() error) error {
	runtime.LockOSThread()
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer own.Close()
	if err := enter("/run/netns/" + name); err != nil {
		return err
	}
	failure := body()
	if err := setNamespace(own); err != nil {
		return err // The thread stays locked, so it ends with its goroutine.
	}
	runtime.UnlockOSThread()
	return failure
}

func enter(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return setNamespace(file)
}

func setNamespace(file *os.File) error {
	const setns = 308
	if _, _, failure := syscall.Syscall(setns, file.Fd(), syscall.CLONE_NEWNET, 0); failure != 0 {
		return fmt.Errorf("setns: %w", failure)
	}
	return nil
}

// plug sets the link of a host up or down where the host does not see it: at the bridge.
func plug(host string, up bool) error {
	descriptor, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(descriptor)
	var request struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		rest  [22]byte
	}
	copy(request.name[:], "v"+host)
	for _, call := range []uintptr{syscall.SIOCGIFFLAGS, syscall.SIOCSIFFLAGS} {
		if call == syscall.SIOCSIFFLAGS {
			request.flags &^= syscall.IFF_UP
			if up {
				request.flags |= syscall.IFF_UP
			}
		}
		if _, _, failure := syscall.Syscall(syscall.SYS_IOCTL, uintptr(descriptor), call, uintptr(unsafe.Pointer(&request))); failure != 0 {
			return fmt.Errorf("link of %s: %w", host, failure)
		}
	}
	return nil
}
