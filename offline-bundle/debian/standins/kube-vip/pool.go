package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
)

// A block is addresses from first to last, both IPv4.
type block struct{ first, last uint32 }

// pool finds the addresses for a namespace in the order of kube-vip-cloud-provider: cidr before range, and of each the
// namespace's own before the global one. shared tells that other namespaces take of it too.
func pool(data map[string]string, namespace string) (blocks []block, shared bool, err error) {
	for _, kind := range []string{"cidr", "range"} {
		for _, place := range []string{namespace, "global"} {
			text, ok := data[kind+"-"+place]
			if !ok {
				continue
			}
			blocks, err = parseBlocks(kind, text)
			return blocks, place == "global", err
		}
	}
	return nil, false, fmt.Errorf("neither cidr-%[1]s, cidr-global, range-%[1]s nor range-global is in the ConfigMap", namespace)
}

func parseBlocks(kind, text string) ([]block, error) {
	var blocks []block
	for _, word := range strings.Split(text, ",") {
		var first, last net.IP
		if kind == "cidr" {
			_, network, err := net.ParseCIDR(word)
			if err != nil {
				return nil, err
			}
			first, last = network.IP.To4(), lastOf(network)
			// As kube-vip-cloud-provider does: a block has a network and a broadcast address, unless it is too small for both.
			if bits, _ := network.Mask.Size(); bits < 31 && first != nil {
				blocks = append(blocks, block{number(first) + 1, number(last) - 1})
				continue
			}
		} else {
			ends := strings.Split(word, "-")
			if len(ends) != 2 {
				return nil, fmt.Errorf("%q is no FIRST-LAST", word)
			}
			first, last = net.ParseIP(ends[0]).To4(), net.ParseIP(ends[1]).To4()
		}
		if first == nil || last == nil || bytes.Compare(first, last) > 0 {
			return nil, fmt.Errorf("%q is no block of IPv4 addresses, and the stand-in knows no other", word)
		}
		blocks = append(blocks, block{number(first), number(last)})
	}
	return blocks, nil
}

func lastOf(network *net.IPNet) net.IP {
	first := network.IP.To4()
	if first == nil {
		return nil
	}
	last := make(net.IP, len(first))
	for i := range first {
		last[i] = first[i] | ^network.Mask[i]
	}
	return last
}

func number(ip net.IP) uint32 { return binary.BigEndian.Uint32(ip.To4()) }

// free is the lowest address that nobody has; nil where all are taken.
func free(blocks []block, taken map[string]bool) net.IP {
	for _, some := range blocks {
		for n := uint64(some.first); n <= uint64(some.last); n++ {
			ip := make(net.IP, 4)
			binary.BigEndian.PutUint32(ip, uint32(n))
			if !taken[ip.String()] {
				return ip
			}
		}
	}
	return nil
}
