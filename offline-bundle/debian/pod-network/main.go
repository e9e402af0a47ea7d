// hakube-pod-network carries pod traffic between hosts of one network (layer 2) with nothing but the CNI plugins:
// each host gets a bridge for the pod subnet that its Node object names, and plain routes to all others'.
//
// It runs once per host, in the host's network, and only adds: what it wrote stays when it is stopped or updated, so
// pods keep their traffic meanwhile. Standard library only.
package main

import (
	"flag"
	"log"
	"os"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	node := flag.String("node", os.Getenv("NODE_NAME"), "name of this host's Node object")
	podSubnet := flag.String("pod-subnet", os.Getenv("POD_SUBNET"), "pod subnets of the whole cluster, separated by commas")
	conflist := flag.String("conflist", "/etc/cni/net.d/10-hakube.conflist", "CNI configuration to write")
	kubeconfig := flag.String("kubeconfig", "/etc/kube-proxy/kubeconfig.conf", "file that names the API server's endpoint, if it exists")
	flag.Parse()
	subnets, err := parseSubnets(strings.Split(*podSubnet, ","))
	if err != nil || *node == "" {
		log.Fatalf("NODE_NAME and POD_SUBNET must say who and what this is: node %q, pod subnet %q: %v", *node, *podSubnet, err)
	}

	api := newAPI(*kubeconfig)
	said := newJournal()
	var firewallDue time.Time
	for {
		nodes, err := api.nodes()
		said.about("API", err, "nodes are read from "+api.current())
		if err == nil {
			said.about("network", apply(*node, nodes, *conflist), "bridge configuration and routes are in place")
			// Rules last; only somebody else's flush takes them away, so a look every half minute will do.
			if time.Now().After(firewallDue) {
				err := ensureFirewall(nodes.named(*node), subnets)
				said.about("firewall", err, "forwarding and masquerading rules are in place")
				if err == nil {
					firewallDue = time.Now().Add(30 * time.Second)
				}
			}
		}
		time.Sleep(interval(len(nodes)))
	}
}

// interval is 2 s, and longer in a big cluster so that all hosts together ask for at most some hundred nodes a second.
func interval(nodes int) time.Duration {
	pause := 2 * time.Second
	if big := time.Duration(nodes*nodes) * time.Second / 200; big > pause {
		pause = big
	}
	if pause > 30*time.Second {
		pause = 30 * time.Second
	}
	return pause
}

// journal says a thing once, and again when it changes.
type journal map[string]string

func newJournal() journal { return journal{} }

func (j journal) about(topic string, err error, fine string) {
	sentence := fine
	if err != nil {
		sentence = err.Error()
	}
	if j[topic] != sentence {
		log.Printf("%s: %s", topic, sentence)
		j[topic] = sentence
	}
}
