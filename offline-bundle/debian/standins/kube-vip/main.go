// A stand-in for kube-vip and kube-vip-cloud-provider, which Debian 12 does not have: as much of both as hakube's manifests
// ask for, so that a lab can try them. It is no kube-vip: IPv4 and ARP only, no BGP, no load balancer, no DNS names.
//
//	kube-vip manager          holds the virtual address of the control plane, and those of Services, while it leads
//	kube-vip-cloud-provider   gives Services addresses out of the pools in the ConfigMap kube-system/kubevip
//
// It is built inside Kubernetes' source tree: elections are client-go's own, addresses go through kube-proxy's netlink
// library. Announcements are made by Debian's arping.
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// adminConfig is where the manifest mounts a kubeconfig of the host: admin.conf, or super-admin.conf under its name.
const adminConfig = "/etc/kubernetes/admin.conf"

func main() {
	log.SetFlags(0)
	log.SetPrefix("stand-in: ")
	stop := make(chan struct{})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() { <-signals; close(stop) }()

	program, words := filepath.Base(os.Args[0]), strings.Join(os.Args[1:], " ")
	var err error
	switch {
	case program == "kube-vip-cloud-provider":
		err = provide(os.Args[1:], stop)
	case words == "manager":
		err = manage(stop)
	default:
		err = fmt.Errorf("%s %s: the stand-in knows \"kube-vip manager\" and \"kube-vip-cloud-provider\" alone", program, words)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func manage(stop <-chan struct{}) error {
	s, err := readSettings(os.Environ())
	if err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", adminConfig)
	if err != nil {
		return err
	}
	// As kube-vip does: the API server of this very host, under a name that its certificate has and that the manifest's
	// hostAliases lead to 127.0.0.1. The endpoint in the file would be the address that is to be made here.
	config.Host = "https://kubernetes:" + s.port
	client, err := connect(config, s.patience())
	if err != nil {
		return err
	}
	log.Printf("stand-in for kube-vip on %s: control plane %v, services %v, by ARP on %s", s.node, s.controlPlane, s.services, s.device)
	var group sync.WaitGroup
	run := func(lease string, work work) {
		group.Add(1)
		go func() { defer group.Done(); lead(client, s.election(lease), work, stop) }()
	}
	if s.controlPlane {
		// What one that was killed has left would be held by two hosts.
		if err := remove(s.address, s.device); err != nil {
			return err
		}
		run(s.lease, func(over <-chan struct{}) { hold(s, over) })
	}
	if s.services {
		run(s.servicesLease, func(over <-chan struct{}) { serve(client, s, over) })
	}
	group.Wait()
	return nil
}

func connect(config *rest.Config, patience time.Duration) (kubernetes.Interface, error) {
	config.Timeout = patience
	return kubernetes.NewForConfig(config)
}
