package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// routeProtocol marks our routes, as routing daemons do, so that nobody else's is ever removed. The guardian's route to the
// virtual address has 104.
const routeProtocol = 105

type route struct {
	subnet  *net.IPNet
	gateway net.IP
	node    string
}

// syncRoutes adds what is missing or goes another way, and removes ours that are wanted no more.
func syncRoutes(wanted map[string]route) error {
	present, err := ourRoutes()
	if err != nil {
		return fmt.Errorf("routes cannot be listed: %v", err)
	}
	var failures []string
	for subnet, want := range wanted {
		if have, ok := present[subnet]; ok && have.gateway.Equal(want.gateway) {
			continue
		}
		if err := change(syscall.RTM_NEWROUTE, syscall.NLM_F_CREATE|syscall.NLM_F_REPLACE, want); err != nil {
			failures = append(failures, fmt.Sprintf("no route to %s on %s by %s (%v); all hosts must share one network", subnet, want.node, want.gateway, err))
		}
	}
	for subnet, have := range present {
		if _, ok := wanted[subnet]; !ok {
			if err := change(syscall.RTM_DELROUTE, 0, have); err != nil && err != syscall.ESRCH {
				failures = append(failures, fmt.Sprintf("the old route to %s stays: %v", subnet, err))
			}
		}
	}
	if len(failures) > 0 {
		return fmt.Errorf("%s", strings.Join(failures, "; "))
	}
	return nil
}

// ourRoutes lists the main table's routes of our protocol by subnet.
func ourRoutes() (map[string]route, error) {
	routes := map[string]route{}
	dump, err := syscall.NetlinkRIB(syscall.RTM_GETROUTE, syscall.AF_UNSPEC)
	if err != nil {
		return nil, err
	}
	messages, err := syscall.ParseNetlinkMessage(dump)
	if err != nil {
		return nil, err
	}
	for i := range messages {
		message := &messages[i]
		// struct rtmsg: family, destination length, source length, tos, table, protocol, ...
		if message.Header.Type != syscall.RTM_NEWROUTE || len(message.Data) < syscall.SizeofRtMsg ||
			message.Data[4] != syscall.RT_TABLE_MAIN || message.Data[5] != routeProtocol {
			continue
		}
		attributes, err := syscall.ParseNetlinkRouteAttr(message)
		if err != nil {
			return nil, err
		}
		bits := 32
		if message.Data[0] == syscall.AF_INET6 {
			bits = 128
		}
		found := route{subnet: &net.IPNet{Mask: net.CIDRMask(int(message.Data[1]), bits)}}
		for _, attribute := range attributes {
			switch attribute.Attr.Type {
			case syscall.RTA_DST:
				found.subnet.IP = attribute.Value
			case syscall.RTA_GATEWAY:
				found.gateway = attribute.Value
			}
		}
		routes[found.subnet.String()] = found
	}
	return routes, nil
}

// change sends one route message and waits for the kernel's word.
func change(kind, flags int, r route) error {
	socket, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	if err := syscall.Sendto(socket, routeMessage(kind, flags, r), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return err
	}
	reply := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(socket, reply, 0)
	if err != nil {
		return err
	}
	messages, err := syscall.ParseNetlinkMessage(reply[:n])
	if err != nil {
		return err
	}
	for _, message := range messages {
		if message.Header.Type == syscall.NLMSG_ERROR {
			if code := int32(binary.LittleEndian.Uint32(message.Data)); code != 0 {
				return syscall.Errno(-code)
			}
		}
	}
	return nil
}

func routeMessage(kind, flags int, r route) []byte {
	family, destination, gateway := byte(syscall.AF_INET), r.subnet.IP.To4(), r.gateway.To4()
	if !isV4(r.subnet.IP) {
		family, destination, gateway = syscall.AF_INET6, r.subnet.IP.To16(), r.gateway.To16()
	}
	length, _ := r.subnet.Mask.Size()
	body := []byte{family, byte(length), 0, 0, syscall.RT_TABLE_MAIN, routeProtocol, syscall.RT_SCOPE_UNIVERSE, syscall.RTN_UNICAST, 0, 0, 0, 0}
	for _, attribute := range []struct {
		kind  uint16
		value []byte
	}{{syscall.RTA_DST, destination}, {syscall.RTA_GATEWAY, gateway}} {
		body = appendUint16(body, uint16(4+len(attribute.value)), attribute.kind)
		body = append(body, attribute.value...) // 4 or 16 bytes: aligned
	}
	header := make([]byte, syscall.SizeofNlMsghdr)
	binary.LittleEndian.PutUint32(header[0:], uint32(len(header)+len(body)))
	binary.LittleEndian.PutUint16(header[4:], uint16(kind))
	binary.LittleEndian.PutUint16(header[6:], uint16(syscall.NLM_F_REQUEST|syscall.NLM_F_ACK|flags))
	return append(header, body...)
}

func appendUint16(to []byte, values ...uint16) []byte {
	for _, value := range values {
		to = append(to, byte(value), byte(value>>8))
	}
	return to
}
