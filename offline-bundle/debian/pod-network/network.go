package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// node is what the network needs of a Node object.
type node struct {
	Metadata struct{ Name string }
	Spec     struct {
		PodCIDR  string
		PodCIDRs []string
	}
	Status struct {
		Addresses []struct{ Type, Address string }
	}
}

type nodeList []node

func (l nodeList) named(name string) *node {
	for i := range l {
		if l[i].Metadata.Name == name {
			return &l[i]
		}
	}
	return nil
}

// podSubnets are the node's own, one per address family.
func (n *node) podSubnets() ([]*net.IPNet, error) {
	cidrs := n.Spec.PodCIDRs
	if len(cidrs) == 0 && n.Spec.PodCIDR != "" {
		cidrs = []string{n.Spec.PodCIDR}
	}
	return parseSubnets(cidrs)
}

// address is the node's InternalIP of a family, nil when it has none.
func (n *node) address(v4 bool) net.IP {
	for _, candidate := range n.Status.Addresses {
		if ip := net.ParseIP(candidate.Address); candidate.Type == "InternalIP" && ip != nil && isV4(ip) == v4 {
			return ip
		}
	}
	return nil
}

func isV4(ip net.IP) bool { return ip.To4() != nil }

func parseSubnets(cidrs []string) ([]*net.IPNet, error) {
	var subnets []*net.IPNet
	for _, cidr := range cidrs {
		_, subnet, err := net.ParseCIDR(strings.TrimSpace(cidr))
		if err != nil {
			return nil, err
		}
		subnets = append(subnets, subnet)
	}
	return subnets, nil
}

// apply brings this host's CNI configuration and routes to what the nodes say. A list without this host changes
// nothing: it is no whole list, or the host is being removed.
func apply(self string, nodes nodeList, conflist string) error {
	own := nodes.named(self)
	if own == nil {
		return fmt.Errorf("there is no node %s in the cluster (yet)", self)
	}
	subnets, err := own.podSubnets()
	if err != nil || len(subnets) == 0 {
		return fmt.Errorf("node %s has no pod subnet (yet): %v", self, err)
	}
	if err := writeWhenChanged(conflist, bridgeConfiguration(subnets, linkMTU(own))); err != nil {
		return err
	}
	return syncRoutes(wantedRoutes(own, nodes))
}

// wantedRoutes are the other hosts' pod subnets by their hosts' addresses.
func wantedRoutes(own *node, nodes nodeList) map[string]route {
	routes := map[string]route{}
	for i := range nodes {
		other := &nodes[i]
		subnets, err := other.podSubnets()
		if other.Metadata.Name == own.Metadata.Name || err != nil {
			continue
		}
		for _, subnet := range subnets {
			if gateway := other.address(isV4(subnet.IP)); gateway != nil {
				routes[subnet.String()] = route{subnet: subnet, gateway: gateway, node: other.Metadata.Name}
			}
		}
	}
	return routes
}

// bridgeConfiguration is a CNI configuration list. Leases lie in /run because a reboot ends all pods: leases that
// outlive them would fill the subnet.
func bridgeConfiguration(subnets []*net.IPNet, mtu int) []byte {
	type object = map[string]interface{}
	var ranges [][]object
	var routes []object
	for _, subnet := range subnets {
		ranges = append(ranges, []object{{"subnet": subnet.String()}})
		everywhere := "::/0"
		if isV4(subnet.IP) {
			everywhere = "0.0.0.0/0"
		}
		routes = append(routes, object{"dst": everywhere})
	}
	bridge := object{
		"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
		// A host that joins again may get another subnet than its bridge still has.
		"forceAddress": true,
		"ipam":         object{"type": "host-local", "dataDir": "/run/hakube/pod-addresses", "ranges": ranges, "routes": routes},
	}
	if mtu > 0 {
		bridge["mtu"] = mtu
	}
	text, _ := json.MarshalIndent(object{
		"cniVersion": "0.4.0", "name": "hakube",
		"plugins": []object{bridge, {"type": "portmap", "capabilities": object{"portMappings": true}}},
	}, "", "  ")
	return append(text, '\n')
}

// linkMTU is that of the interface with the node's own address; 0 leaves it to the plugin.
func linkMTU(own *node) int {
	interfaces, _ := net.Interfaces()
	for _, link := range interfaces {
		addresses, _ := link.Addrs()
		for _, address := range addresses {
			if network, ok := address.(*net.IPNet); ok && (network.IP.Equal(own.address(true)) || network.IP.Equal(own.address(false))) {
				return link.MTU
			}
		}
	}
	return 0
}

// writeWhenChanged replaces the file in one move: the container runtime watches the folder.
func writeWhenChanged(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(text) {
		return nil
	}
	part := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".part")
	if err := os.WriteFile(part, text, 0o644); err != nil {
		return err
	}
	return os.Rename(part, path)
}
