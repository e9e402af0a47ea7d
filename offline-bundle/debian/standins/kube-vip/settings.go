package main

import (
	"fmt"
	"net"
	"sort"
	"strconv"
	"strings"
	"time"
)

// settings are what the environment of a static pod says, in the names of kube-vip 1.2.
type settings struct {
	node, device, servicesDevice string
	address                      *net.IPNet
	port, namespace              string
	controlPlane, services       bool
	lease, servicesLease         string
	duration, deadline, retry    time.Duration
	rate                         time.Duration
}

// known are the names of kube-vip 1.2 with the prefixes that are its own. Another one is the spelling of another release, or
// a mistake, which kube-vip itself would not notice.
var known = strings.Fields(`
	vip_arp vip_arpRate vip_leaderelection vip_leasename vip_leaseduration vip_renewdeadline vip_retryperiod
	vip_leaseannotations vip_loglevel vip_interface vip_interfaceloglobal vip_servicesinterface vip_subnet vip_ddns vip_nodename
	cp_namespace cp_enable cp_detect svc_enable svc_namespace svc_election svc_leasename`)

// readSettings takes lines of NAME=VALUE and says all that is wrong at once.
func readSettings(environment []string) (settings, error) {
	values := map[string]string{}
	for _, line := range environment {
		if i := strings.IndexByte(line, '='); i > 0 {
			values[line[:i]] = line[i+1:]
		}
	}
	var faults []string
	fault := func(format string, words ...interface{}) { faults = append(faults, fmt.Sprintf(format, words...)) }
	text := func(name, usual string) string {
		if value := values[name]; value != "" {
			return value
		}
		return usual
	}
	needed := func(name string) string {
		if values[name] == "" {
			fault("%s is missing", name)
		}
		return values[name]
	}
	truth := func(name string) bool {
		value, err := strconv.ParseBool(text(name, "false"))
		if err != nil {
			fault("%s is neither true nor false: %s", name, values[name])
		}
		return value
	}
	span := func(name string, usual int, unit time.Duration) time.Duration {
		number, err := strconv.Atoi(text(name, strconv.Itoa(usual)))
		if err != nil || number < 1 {
			fault("%s is no number: %s", name, values[name])
		}
		return time.Duration(number) * unit
	}

	for name := range values {
		isOurs := strings.HasPrefix(name, "vip_") || strings.HasPrefix(name, "cp_") || strings.HasPrefix(name, "svc_")
		if isOurs && !contains(known, name) {
			fault("kube-vip 1.2 has no setting %s", name)
		}
	}
	s := settings{
		node: needed("vip_nodename"), device: needed("vip_interface"), port: text("port", "6443"),
		namespace: text("cp_namespace", "kube-system"), controlPlane: truth("cp_enable"), services: truth("svc_enable"),
		lease: text("vip_leasename", "plndr-cp-lock"), servicesLease: text("svc_leasename", "plndr-svcs-lock"),
		duration: span("vip_leaseduration", 15, time.Second), deadline: span("vip_renewdeadline", 10, time.Second),
		retry: span("vip_retryperiod", 2, time.Second), rate: span("vip_arpRate", 3000, time.Millisecond),
	}
	s.servicesDevice = text("vip_servicesinterface", s.device)
	if s.controlPlane {
		s.address = parseAddress(needed("address"), text("vip_subnet", "32"))
		if s.address == nil {
			fault("the stand-in takes an IPv4 address and a prefix: address %q, vip_subnet %q", values["address"], values["vip_subnet"])
		}
	}
	if !s.controlPlane && !s.services {
		fault("neither cp_enable nor svc_enable is true")
	}
	for _, name := range []string{"vip_arp", "vip_leaderelection"} {
		if !truth(name) {
			fault("the stand-in knows no other way than %s=true", name)
		}
	}
	if s.duration <= s.deadline || float64(s.deadline) <= 1.2*float64(s.retry) {
		fault("a lease of %v cannot be renewed within %v every %v", s.duration, s.deadline, s.retry)
	}
	if len(faults) > 0 {
		sort.Strings(faults)
		return s, fmt.Errorf("%s", strings.Join(faults, "; "))
	}
	return s, nil
}

// parseAddress gives nil for what is none.
func parseAddress(address, prefix string) *net.IPNet {
	ip := net.ParseIP(address).To4()
	bits, err := strconv.Atoi(strings.TrimPrefix(prefix, "/"))
	if ip == nil || err != nil || bits < 1 || bits > 32 {
		return nil
	}
	return &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, 32)}
}

func contains(words []string, word string) bool {
	for _, other := range words {
		if other == word {
			return true
		}
	}
	return false
}

func (s settings) election(lease string) election {
	return election{name: lease, namespace: s.namespace, identity: s.node, duration: s.duration, deadline: s.deadline, retry: s.retry}
}

// patience is how long one request may take. With a server that hangs, client-go tries to give the lease up before it says that
// it is lost: both have to be over before the lease is.
func (s settings) patience() time.Duration {
	if patience := (s.duration - s.deadline) / 2; patience > time.Second {
		return patience
	}
	return time.Second
}
