package main

import (
	"strings"
	"testing"
	"time"
)

func environment(more ...string) []string {
	return append([]string{
		"PATH=/usr/bin", "address=10.0.0.100", "vip_nodename=m1", "vip_interface=eth0", "vip_subnet=32", "vip_arp=true",
		"vip_leaderelection=true", "cp_enable=true", "vip_leaseduration=5", "vip_renewdeadline=3", "vip_retryperiod=1",
	}, more...)
}

func TestSettingsOfAPodAreUnderstood(t *testing.T) {
	s, err := readSettings(environment("svc_enable=true", "vip_servicesinterface=eth1"))
	if err != nil {
		t.Fatal(err)
	}
	if s.address.String() != "10.0.0.100/32" || s.device != "eth0" || s.servicesDevice != "eth1" || !s.services ||
		s.lease != "plndr-cp-lock" || s.port != "6443" || s.duration != 5*time.Second || s.patience() != time.Second {
		t.Errorf("%+v", s)
	}
}

func TestWhatKubeVIPWouldOverlookIsAFault(t *testing.T) {
	for setting, fault := range map[string]string{
		"vip_cidr=32":          "no setting vip_cidr",
		"vip_leaseDuration=5":  "no setting vip_leaseDuration",
		"vip_subnet=40":        "takes an IPv4 address",
		"address=fd00::1":      "takes an IPv4 address",
		"address=":             "address is missing",
		"vip_nodename=":        "vip_nodename is missing",
		"vip_renewdeadline=5":  "cannot be renewed",
		"vip_arp=false":        "vip_arp=true",
		"cp_enable=false":      "neither cp_enable nor svc_enable",
		"vip_leaseduration=5s": "vip_leaseduration is no number",
	} {
		_, err := readSettings(environment(setting))
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestPoolsAreFoundInTheProvidersOrder(t *testing.T) {
	data := map[string]string{
		"range-global": "10.0.0.1-10.0.0.2", "range-apps": "10.0.1.1-10.0.1.1,10.0.2.1-10.0.2.1", "cidr-web": "10.0.3.0/29",
	}
	taken := map[string]bool{"10.0.0.1": true, "10.0.1.1": true, "10.0.3.1": true}
	for namespace, wanted := range map[string]string{"default": "10.0.0.2", "apps": "10.0.2.1", "web": "10.0.3.2"} {
		blocks, shared, err := pool(data, namespace)
		if err != nil || free(blocks, taken).String() != wanted || shared != (namespace == "default") {
			t.Errorf("%s: %v %v %v", namespace, free(blocks, taken), shared, err)
		}
	}
	data["cidr-global"] = "10.0.4.0/31"
	if blocks, _, _ := pool(data, "apps"); free(blocks, nil).String() != "10.0.4.0" {
		t.Errorf("a global cidr counts before a range: %v", blocks)
	}
}

func TestAPoolThatIsFullOrNoneGivesNothing(t *testing.T) {
	blocks, _, err := pool(map[string]string{"cidr-global": "10.0.0.0/30"}, "default")
	if err != nil || free(blocks, map[string]bool{"10.0.0.1": true, "10.0.0.2": true}) != nil {
		t.Error(blocks, err)
	}
	for _, text := range []string{"10.0.0.9-10.0.0.1", "10.0.0.1", "fd00::1-fd00::2", "a-b"} {
		if _, _, err := pool(map[string]string{"range-global": text}, "default"); err == nil {
			t.Error(text)
		}
	}
	if _, _, err := pool(nil, "default"); err == nil {
		t.Error("no pool at all")
	}
}
