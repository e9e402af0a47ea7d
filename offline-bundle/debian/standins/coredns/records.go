package main

import (
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

type name struct{ Name, Namespace string }

type serviceList struct {
	Items []struct {
		Metadata name
		Spec     struct {
			ClusterIP  string
			ClusterIPs []string
		}
	}
}

type endpointsList struct {
	Items []struct {
		Metadata name
		Subsets  []struct {
			Addresses []struct{ IP, Hostname string }
		}
	}
}

// read asks the API server for everything that has a name in the zone.
func read(zone string) (map[string][]net.IP, error) {
	var services serviceList
	var endpoints endpointsList
	client, token, err := connect()
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	if err := get(client, token, "services", &services); err != nil {
		return nil, err
	}
	if err := get(client, token, "endpoints", &endpoints); err != nil {
		return nil, err
	}
	return recordsOf(zone, services, endpoints), nil
}

func recordsOf(zone string, services serviceList, endpoints endpointsList) map[string][]net.IP {
	records, headless := map[string][]net.IP{}, map[name]bool{}
	domain := func(n name) string { return strings.ToLower(n.Name + "." + n.Namespace + ".svc." + zone) }
	add := func(domain, address string) {
		if ip := net.ParseIP(address); ip != nil {
			records[domain] = append(records[domain], ip)
		}
	}
	for _, service := range services.Items {
		records[domain(service.Metadata)] = nil
		headless[service.Metadata] = service.Spec.ClusterIP == "None"
		addresses := service.Spec.ClusterIPs
		if len(addresses) == 0 {
			addresses = []string{service.Spec.ClusterIP}
		}
		for _, address := range addresses {
			add(domain(service.Metadata), address)
		}
	}
	for _, item := range endpoints.Items {
		if !headless[item.Metadata] {
			continue
		}
		for _, subset := range item.Subsets {
			for _, address := range subset.Addresses {
				add(domain(item.Metadata), address.IP)
				if address.Hostname != "" {
					add(strings.ToLower(address.Hostname)+"."+domain(item.Metadata), address.IP)
				}
			}
		}
	}
	return records
}

func connect() (*http.Client, string, error) {
	authority, err := os.ReadFile(serviceAccount + "ca.crt")
	if err != nil {
		return nil, "", err
	}
	token, err := os.ReadFile(serviceAccount + "token")
	if err != nil {
		return nil, "", err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	// A connection for each look: one that is kept would stick to a master that died.
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	return &http.Client{Timeout: 5 * time.Second, Transport: transport}, strings.TrimSpace(string(token)), nil
}

func get(client *http.Client, token, resource string, into interface{}) error {
	address := net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	request, err := http.NewRequest(http.MethodGet, "https://"+address+"/api/v1/"+resource, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", resource, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}
