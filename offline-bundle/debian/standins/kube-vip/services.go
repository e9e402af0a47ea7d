package main

import (
	"context"
	"log"
	"net"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// addressesAnnotation is where kube-vip looks first, then at spec.loadBalancerIP.
const addressesAnnotation = "kube-vip.io/loadbalancerIPs"

// serve holds the addresses of all Services of type LoadBalancer, and writes them into their status.
func serve(client kubernetes.Interface, s settings, over <-chan struct{}) {
	held := map[string]*net.IPNet{}
	defer func() {
		for _, address := range held {
			drop(address, s.servicesDevice)
		}
	}()
	for {
		list, err := client.CoreV1().Services("").List(context.Background(), metav1.ListOptions{})
		if err != nil {
			log.Printf("services: %v; what stands is kept", err)
		} else if !isClosed(over) {
			wanted := map[string]*net.IPNet{}
			for i := range list.Items {
				for _, address := range addressesOf(&list.Items[i]) {
					wanted[address.String()] = address
				}
			}
			for key, address := range held {
				if wanted[key] == nil {
					drop(address, s.servicesDevice)
					delete(held, key)
				}
			}
			for key, address := range wanted {
				if err := place(address, s.servicesDevice, over); err != nil {
					log.Print(err)
					continue
				}
				if held[key] == nil {
					log.Printf("%s is on %s, for a service", address.IP, s.servicesDevice)
				}
				held[key] = address
			}
			for i := range list.Items {
				publish(client, &list.Items[i], held)
			}
		}
		select {
		case <-over:
			return
		case <-time.After(s.rate):
		}
	}
}

func drop(address *net.IPNet, device string) {
	if err := remove(address, device); err != nil {
		log.Print(err)
		return
	}
	log.Printf("%s is off %s", address.IP, device)
}

// addressesOf tells what a Service asks for: nothing where it is of another type.
func addressesOf(service *core.Service) []*net.IPNet {
	if service.Spec.Type != core.ServiceTypeLoadBalancer {
		return nil
	}
	text := service.Annotations[addressesAnnotation]
	if text == "" {
		text = service.Spec.LoadBalancerIP
	}
	var addresses []*net.IPNet
	for _, word := range strings.Split(text, ",") {
		if address := parseAddress(strings.TrimSpace(word), "32"); address != nil {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// publish makes kube-proxy take traffic to the addresses that are held.
func publish(client kubernetes.Interface, service *core.Service, held map[string]*net.IPNet) {
	var ingress []core.LoadBalancerIngress
	for _, address := range addressesOf(service) {
		if held[address.String()] != nil {
			ingress = append(ingress, core.LoadBalancerIngress{IP: address.IP.String()})
		}
	}
	if len(ingress) == 0 || same(ingress, service.Status.LoadBalancer.Ingress) {
		return
	}
	service.Status.LoadBalancer.Ingress = ingress
	_, err := client.CoreV1().Services(service.Namespace).UpdateStatus(context.Background(), service, metav1.UpdateOptions{})
	if err != nil {
		log.Printf("status of %s/%s: %v", service.Namespace, service.Name, err)
	}
}

func same(left, right []core.LoadBalancerIngress) bool {
	if len(left) != len(right) {
		return false
	}
	for i := range left {
		if left[i].IP != right[i].IP {
			return false
		}
	}
	return true
}
