package main

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
)

// ensureFirewall lets pod traffic be forwarded, and gives what leaves for the world outside the cluster the host's
// own address: nobody out there has a route to pods.
func ensureFirewall(own *node, clusterSubnets []*net.IPNet) error {
	if own == nil {
		return fmt.Errorf("this host is no node yet")
	}
	subnets, err := own.podSubnets()
	if err != nil {
		return err
	}
	for _, rule := range rules(subnets, clusterSubnets) {
		if err := ensureRule(rule); err != nil {
			return err
		}
	}
	return nil
}

// rules are whole command lines with "-A" where the check says "-C".
func rules(own, clusterSubnets []*net.IPNet) [][]string {
	var all [][]string
	for _, cluster := range clusterSubnets {
		command := "ip6tables"
		if isV4(cluster.IP) {
			command = "iptables"
		}
		comment := []string{"-m", "comment", "--comment", "hakube pod network"}
		for _, side := range []string{"-s", "-d"} {
			all = append(all, append([]string{command, "-w", "-A", "FORWARD", side, cluster.String(), "-j", "ACCEPT"}, comment...))
		}
		for _, subnet := range own {
			if isV4(subnet.IP) == isV4(cluster.IP) {
				all = append(all, append([]string{command, "-w", "-t", "nat", "-A", "POSTROUTING", "-s", subnet.String(), "!", "-d", cluster.String(), "-j", "MASQUERADE"}, comment...))
			}
		}
	}
	return all
}

func ensureRule(rule []string) error {
	check := make([]string, len(rule))
	for i, word := range rule {
		if word == "-A" {
			word = "-C"
		}
		check[i] = word
	}
	if exec.Command(check[0], check[1:]...).Run() == nil {
		return nil
	}
	if output, err := exec.Command(rule[0], rule[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %s", strings.Join(rule, " "), strings.TrimSpace(string(output)))
	}
	return nil
}
