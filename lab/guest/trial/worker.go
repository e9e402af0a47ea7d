// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// What else happens on a worker: programs that disturb the guardian, and one that moves data.

// flushIPVS empties the kernel's IPVS tables by generic netlink, as kube-proxy does at its start in another mode.
func flushIPVS([]string) error {
	const genericNetlink, controller, getFamily, familyID, familyName, flush = 16, 16, 3, 1, 2, 17
	socket, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW, genericNetlink)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	ask := func(kind uint16, command, version byte, payload []byte) ([]byte, error) {
		message := make([]byte, syscall.NLMSG_HDRLEN, 64)
		message = append(append(message, command, version, 0, 0), payload...)
		binary.LittleEndian.PutUint32(message, uint32(len(message)))
		binary.LittleEndian.PutUint16(message[4:], kind)
		binary.LittleEndian.PutUint16(message[6:], syscall.NLM_F_REQUEST|syscall.NLM_F_ACK)
		if err := syscall.Sendto(socket, message, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
			return nil, err
		}
		buffer := make([]byte, 8192)
		size, _, err := syscall.Recvfrom(socket, buffer, 0)
		if err != nil {
			return nil, err
		}
		answers, err := syscall.ParseNetlinkMessage(buffer[:size])
		if err != nil {
			return nil, err
		}
		if answers[0].Header.Type == syscall.NLMSG_ERROR {
			if number := -int32(binary.LittleEndian.Uint32(answers[0].Data)); number != 0 {
				return nil, syscall.Errno(number)
			}
			return nil, nil
		}
		size, _, err = syscall.Recvfrom(socket, make([]byte, 8192), 0) // The acknowledgement.
		return answers[0].Data, err
	}
	answer, err := ask(controller, getFamily, 1, []byte{9, 0, familyName, 0, 'I', 'P', 'V', 'S', 0, 0, 0, 0})
	if err != nil {
		return err
	}
	for rest := answer[4:]; len(rest) >= 4; {
		size := binary.LittleEndian.Uint16(rest)
		if binary.LittleEndian.Uint16(rest[2:]) == familyID {
			_, err := ask(binary.LittleEndian.Uint16(rest[4:]), flush, 1, nil)
			return err
		}
		rest = rest[(size+3)&^3:]
	}
	return errors.New("the kernel has no IPVS")
}

// spin keeps the only processor for the DURATION, above everything with an ordinary priority.
func spin(arguments []string) error {
	duration, err := time.ParseDuration(arguments[0])
	if err != nil {
		return err
	}
	const firstInFirstOut = 1
	runtime.LockOSThread()
	priority := int32(99)
	if _, _, failure := syscall.RawSyscall(syscall.SYS_SCHED_SETSCHEDULER, 0, firstInFirstOut, uintptr(unsafe.Pointer(&priority))); failure != 0 {
		return failure
	}
	begin := time.Now()
	for time.Since(begin) < duration {
	}
	fmt.Println(begin.UnixMicro())
	return nil
}

// stream reads from ADDRESS as fast as it can for the DURATION and prints the bytes per second.
func stream(arguments []string) error {
	duration, err := time.ParseDuration(arguments[1])
	if err != nil {
		return err
	}
	connection, err := net.Dial("tcp", arguments[0])
	if err != nil {
		return err
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, wantsBytes); err != nil {
		return err
	}
	begin, total, buffer := time.Now(), 0, make([]byte, 1<<18)
	for time.Since(begin) < duration {
		size, err := connection.Read(buffer)
		if err != nil {
			return err
		}
		total += size
	}
	fmt.Printf("%.0f\n", float64(total)/time.Since(begin).Seconds())
	return nil
}

// wantsBytes is the plain line that a server answers without end.
const wantsBytes = "bytes\n"

func sendBytes(connection net.Conn) {
	for block := bytes.Repeat([]byte{'.'}, 1<<18); ; {
		if _, err := connection.Write(block); err != nil {
			return
		}
	}
}
