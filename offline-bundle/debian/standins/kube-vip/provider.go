package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const implementation = "implementation" // the label that kube-vip-cloud-provider gives the Services it has seen to

// provide is kube-vip-cloud-provider, with its one flag that hakube uses.
func provide(arguments []string, stop <-chan struct{}) error {
	lease := "kube-vip-cloud-controller"
	for _, word := range arguments {
		if !strings.HasPrefix(word, "--leader-elect-resource-name=") {
			return fmt.Errorf("the stand-in for kube-vip-cloud-provider does not know %s", word)
		}
		lease = strings.SplitN(word, "=", 2)[1]
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		return err
	}
	client, err := connect(config, 5*time.Second)
	if err != nil {
		return err
	}
	log.Print("stand-in for kube-vip-cloud-provider")
	e := election{
		name: lease, namespace: "kube-system", identity: host,
		duration: 15 * time.Second, deadline: 10 * time.Second, retry: 2 * time.Second,
	}
	said := ""
	lead(client, e, func(over <-chan struct{}) {
		for {
			now := "every service has its address"
			if err := provideAll(client); err != nil {
				now = err.Error()
			}
			if now != said {
				log.Print(now)
			}
			said = now
			select {
			case <-over:
				return
			case <-time.After(2 * time.Second):
			}
		}
	}, stop)
	return nil
}

func provideAll(client kubernetes.Interface) error {
	list, err := client.CoreV1().Services("").List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return err
	}
	var faults []string
	for i := range list.Items {
		service := &list.Items[i]
		if service.Spec.Type != core.ServiceTypeLoadBalancer || service.Annotations[addressesAnnotation] != "" {
			continue
		}
		if err := provideOne(client, service, list.Items); err != nil {
			faults = append(faults, fmt.Sprintf("%s/%s: %v", service.Namespace, service.Name, err))
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s", strings.Join(faults, "; "))
	}
	return nil
}

func provideOne(client kubernetes.Interface, service *core.Service, all []core.Service) error {
	// An address that the Service names itself counts; it only lacks the annotation.
	address := service.Spec.LoadBalancerIP
	if address == "" {
		settings, err := client.CoreV1().ConfigMaps("kube-system").Get(context.Background(), "kubevip", metav1.GetOptions{})
		if err != nil {
			return err
		}
		blocks, shared, err := pool(settings.Data, service.Namespace)
		if err != nil {
			return err
		}
		ip := free(blocks, takenBy(all, service.Namespace, shared))
		if ip == nil {
			return fmt.Errorf("no address of its pool is free")
		}
		address = ip.String()
		if service.Labels == nil {
			service.Labels = map[string]string{}
		}
		service.Labels[implementation] = "kube-vip"
		service.Spec.LoadBalancerIP = address
	}
	if service.Annotations == nil {
		service.Annotations = map[string]string{}
	}
	service.Annotations[addressesAnnotation] = address
	_, err := client.CoreV1().Services(service.Namespace).Update(context.Background(), service, metav1.UpdateOptions{})
	if err == nil {
		log.Printf("%s/%s has %s", service.Namespace, service.Name, address)
	}
	return err
}

// takenBy tells the addresses that Services have: of all namespaces where they share a pool.
func takenBy(services []core.Service, namespace string, shared bool) map[string]bool {
	taken := map[string]bool{}
	for i := range services {
		if shared || services[i].Namespace == namespace {
			for _, address := range addressesOf(&services[i]) {
				taken[address.IP.String()] = true
			}
		}
	}
	return taken
}
