package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount/"

// api reads nodes with the pod's service account, over whichever way to the API server works: the cluster's endpoint
// (kube-proxy's own kubeconfig names it; it needs no kube-proxy on this host) or the service IP.
type api struct {
	kubeconfig string
	preferred  string
	client     *http.Client
	authority  string
}

func newAPI(kubeconfig string) *api { return &api{kubeconfig: kubeconfig} }

func (a *api) current() string { return a.preferred }

// servers lists the ways, the one that worked last first.
func (a *api) servers() []string {
	all := []string{a.preferred, endpointOf(a.kubeconfig)}
	if host := os.Getenv("KUBERNETES_SERVICE_HOST"); host != "" {
		all = append(all, "https://"+net.JoinHostPort(host, os.Getenv("KUBERNETES_SERVICE_PORT")))
	}
	var servers []string
	seen := map[string]bool{"": true}
	for _, server := range all {
		if !seen[server] {
			servers = append(servers, server)
		}
		seen[server] = true
	}
	return servers
}

// endpointOf takes the first "server:" of a kubeconfig; kubeadm writes exactly one.
func endpointOf(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) == 2 && fields[0] == "server:" {
			return strings.Trim(fields[1], `"'`)
		}
	}
	return ""
}

func (a *api) nodes() (nodeList, error) {
	failures := []string{}
	for _, server := range a.servers() {
		nodes, err := a.nodesFrom(server)
		if err == nil {
			a.preferred = server
			return nodes, nil
		}
		failures = append(failures, err.Error())
	}
	if len(failures) == 0 {
		failures = []string{"neither an endpoint nor a service IP is known"}
	}
	return nil, fmt.Errorf("nodes cannot be read, what stands is kept: %s", strings.Join(failures, "; "))
}

func (a *api) nodesFrom(server string) (nodeList, error) {
	// Read each time: tokens are renewed, and so is the authority one day.
	authority, err := os.ReadFile(serviceAccount + "ca.crt")
	if err != nil {
		return nil, err
	}
	token, err := os.ReadFile(serviceAccount + "token")
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodGet, server+"/api/v1/nodes", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	response, err := a.clientFor(string(authority)).Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s says %s", server, response.Status)
	}
	var list struct{ Items nodeList }
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		return nil, fmt.Errorf("%s: %v", server, err)
	}
	return list.Items, nil
}

func (a *api) clientFor(authority string) *http.Client {
	if a.client == nil || a.authority != authority {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(authority))
		a.authority = authority
		a.client = &http.Client{
			Timeout: 5 * time.Second,
			Transport: &http.Transport{
				TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
				// Shorter than a dead master's connection would be kept by a balancer.
				DialContext:     (&net.Dialer{Timeout: 2 * time.Second, KeepAlive: 5 * time.Second}).DialContext,
				IdleConnTimeout: 10 * time.Second,
			},
		}
	}
	return a.client
}
