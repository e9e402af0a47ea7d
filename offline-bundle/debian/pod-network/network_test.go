package main

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const cluster = `[
 {"metadata":{"name":"a"},"spec":{"podCIDR":"10.244.0.0/24","podCIDRs":["10.244.0.0/24","fd00:244::/64"]},
  "status":{"addresses":[{"type":"Hostname","address":"a"},{"type":"InternalIP","address":"10.0.0.1"},{"type":"InternalIP","address":"fd00::1"}]}},
 {"metadata":{"name":"b"},"spec":{"podCIDR":"10.244.1.0/24"},"status":{"addresses":[{"type":"InternalIP","address":"10.0.0.2"}]}},
 {"metadata":{"name":"c"},"spec":{"podCIDRs":["10.244.2.0/24","fd00:244:0:2::/64"]},
  "status":{"addresses":[{"type":"InternalIP","address":"fd00::3"},{"type":"InternalIP","address":"10.0.0.3"}]}},
 {"metadata":{"name":"new"},"spec":{},"status":{"addresses":[{"type":"InternalIP","address":"10.0.0.4"}]}}]`

func nodesOf(t *testing.T) nodeList {
	var nodes nodeList
	if err := json.Unmarshal([]byte(cluster), &nodes); err != nil {
		t.Fatal(err)
	}
	return nodes
}

func TestRoutesLeadToEveryOtherHostInBothFamilies(t *testing.T) {
	nodes := nodesOf(t)
	routes := wantedRoutes(nodes.named("a"), nodes)
	want := map[string]string{"10.244.1.0/24": "10.0.0.2", "10.244.2.0/24": "10.0.0.3", "fd00:244:0:2::/64": "fd00::3"}
	if len(routes) != len(want) {
		t.Fatalf("routes %v", routes)
	}
	for subnet, gateway := range want {
		if got := routes[subnet].gateway.String(); got != gateway {
			t.Errorf("%s by %s, not %s", subnet, got, gateway)
		}
	}
}

func TestRouteMessageHasTheKernelsLayout(t *testing.T) {
	nodes := nodesOf(t)
	routes := wantedRoutes(nodes.named("a"), nodes)
	got := hex.EncodeToString(routeMessage(24, 0x500, routes["10.244.1.0/24"]))
	want := "2c000000" + "1800" + "0505" + "00000000" + "00000000" + // nlmsghdr
		"02180000" + "fe690001" + "00000000" + // rtmsg
		"08000100" + "0af40100" + "08000500" + "0a000002"
	if got != want {
		t.Errorf("\n%s\n%s", got, want)
	}
}

func TestAHostWithoutPodSubnetWritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "conflist")
	for _, name := range []string{"new", "stranger"} {
		if err := apply(name, nodesOf(t), path); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s: file written", name)
		}
	}
}

func TestConfigurationNamesEverySubnetAndIsWrittenOnce(t *testing.T) {
	subnets, err := nodesOf(t).named("a").podSubnets()
	if err != nil {
		t.Fatal(err)
	}
	text := bridgeConfiguration(subnets, 1450)
	for _, part := range []string{`"subnet": "10.244.0.0/24"`, `"subnet": "fd00:244::/64"`, `"dst": "::/0"`, `"mtu": 1450`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %s in %s", part, text)
		}
	}
	path := filepath.Join(t.TempDir(), "conflist")
	if err := writeWhenChanged(path, text); err != nil {
		t.Fatal(err)
	}
	first, _ := os.Stat(path)
	if err := writeWhenChanged(path, text); err != nil {
		t.Fatal(err)
	}
	if second, _ := os.Stat(path); !os.SameFile(first, second) {
		t.Error("written again without a change")
	}
}

func TestRulesStayInTheirFamily(t *testing.T) {
	own, _ := nodesOf(t).named("a").podSubnets()
	cluster, _ := parseSubnets([]string{"10.244.0.0/16", " fd00:244::/56"})
	for _, rule := range rules(own, cluster) {
		if line := strings.Join(rule, " "); strings.Contains(line, "fd00") == strings.HasPrefix(line, "iptables ") {
			t.Error(line)
		}
	}
}

func TestEndpointComesFromTheKubeconfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kubeconfig.conf")
	os.WriteFile(path, []byte("clusters:\n- cluster:\n    server: https://apiserver.cluster.local:6443\n  name: default\n"), 0o600)
	if got := endpointOf(path); got != "https://apiserver.cluster.local:6443" {
		t.Error(got)
	}
	if got := endpointOf(path + ".none"); got != "" {
		t.Error(got)
	}
}
