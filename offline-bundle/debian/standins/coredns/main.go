// A stand-in for CoreDNS, which Debian 12 does not have: enough of it for kubeadm's own addon manifest.
//
// It answers A and AAAA for NAME.NAMESPACE.svc.ZONE (cluster IPs, and the ready endpoints of headless services, also
// under their pods' host names) and hands other names to the resolvers of /etc/resolv.conf. ZONE comes from the
// Corefile. It serves port 53 on UDP and TCP, 8080/health and 8181/ready. No reverse names, no SRV.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// ttl is CoreDNS' own in kubeadm's Corefile, shorter because records are polled.
const ttl = 5

type server struct {
	zone      string
	upstreams []string
	mu        sync.RWMutex
	records   map[string][]net.IP
}

func main() {
	log.SetFlags(0)
	corefile := flag.String("conf", "/etc/coredns/Corefile", "Corefile; only the zone after \"kubernetes\" is read")
	flag.Parse()
	s := &server{zone: zoneOf(*corefile)}
	if config, err := dns.ClientConfigFromFile("/etc/resolv.conf"); err == nil {
		for _, address := range config.Servers {
			s.upstreams = append(s.upstreams, net.JoinHostPort(address, config.Port))
		}
	}
	log.Printf("stand-in for CoreDNS, zone %s, other names go to %v", s.zone, s.upstreams)
	go s.follow()
	go func() { log.Fatal(http.ListenAndServe(":8080", http.HandlerFunc(healthy))) }()
	go func() { log.Fatal(http.ListenAndServe(":8181", http.HandlerFunc(s.ready))) }()
	go func() { log.Fatal(dns.ListenAndServe(":53", "tcp", s)) }()
	log.Fatal(dns.ListenAndServe(":53", "udp", s))
}

// zoneOf finds "kubernetes ZONE ..." in a Corefile.
func zoneOf(path string) string {
	text, err := os.ReadFile(path)
	if err == nil {
		for _, line := range strings.Split(string(text), "\n") {
			if words := strings.Fields(line); len(words) > 1 && words[0] == "kubernetes" && words[1] != "{" {
				return dns.Fqdn(strings.ToLower(words[1]))
			}
		}
	}
	return "cluster.local."
}

func healthy(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "OK") }

func (s *server) ready(w http.ResponseWriter, _ *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.records == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func (s *server) follow() {
	for last := ""; ; time.Sleep(2 * time.Second) {
		now := "records are up to date"
		if records, err := read(s.zone); err != nil {
			now = err.Error()
		} else {
			s.mu.Lock()
			s.records = records
			s.mu.Unlock()
		}
		if now != last {
			log.Print(now)
		}
		last = now
	}
}

func (s *server) ServeDNS(w dns.ResponseWriter, query *dns.Msg) {
	if len(query.Question) == 1 && !dns.IsSubDomain(s.zone, strings.ToLower(query.Question[0].Name)) {
		s.forward(w, query)
		return
	}
	answer := new(dns.Msg)
	answer.SetReply(query)
	answer.Authoritative = true
	if len(query.Question) == 1 {
		question := query.Question[0]
		s.mu.RLock()
		addresses, known := s.records[strings.ToLower(question.Name)]
		s.mu.RUnlock()
		if !known {
			answer.Rcode = dns.RcodeNameError
		}
		for _, ip := range addresses {
			header := dns.RR_Header{Name: question.Name, Rrtype: question.Qtype, Class: dns.ClassINET, Ttl: ttl}
			if v4 := ip.To4(); v4 != nil && question.Qtype == dns.TypeA {
				answer.Answer = append(answer.Answer, &dns.A{Hdr: header, A: v4})
			} else if v4 == nil && question.Qtype == dns.TypeAAAA {
				answer.Answer = append(answer.Answer, &dns.AAAA{Hdr: header, AAAA: ip})
			}
		}
	}
	w.WriteMsg(answer)
}

func (s *server) forward(w dns.ResponseWriter, query *dns.Msg) {
	client := dns.Client{Net: w.RemoteAddr().Network(), Timeout: 2 * time.Second}
	for _, upstream := range s.upstreams {
		if answer, _, err := client.Exchange(query, upstream); err == nil {
			w.WriteMsg(answer)
			return
		}
	}
	answer := new(dns.Msg)
	answer.SetRcode(query, dns.RcodeServerFailure)
	w.WriteMsg(answer)
}
