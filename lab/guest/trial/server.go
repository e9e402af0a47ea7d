// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// serve stands in for an API server: TLS with HTTP/2, /readyz, /livez and /healthz, a stream that never ends. On the
// same port it speaks one line of plain text, because under emulation a TLS handshake costs 20 ms of processor time,
// too much for a client that connects every 50 ms.
//
// It listens as soon as a line comes in on standard input. SIGUSR1 makes it unready, SIGUSR2 ready again.
func serve(arguments []string) error {
	name := arguments[0]
	certificate, err := tls.LoadX509KeyPair(pki+"/server.crt", pki+"/server.key")
	if err != nil {
		return err
	}
	var sick atomic.Bool
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for number := range signals {
			sick.Store(number == syscall.SIGUSR1)
		}
	}()
	server := http.Server{Handler: handler(name, &sick), TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}}

	fmt.Println("loaded")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		return err
	}
	fmt.Println("listening", time.Now().UnixMicro())
	encrypted := handedOver{listener, make(chan net.Conn)}
	failed := make(chan error)
	go func() { failed <- server.ServeTLS(encrypted, "", "") }()
	go func() { failed <- sortConnections(listener, name, encrypted.connections) }()
	return <-failed
}

func handler(name string, sick *atomic.Bool) http.Handler {
	health := func(writer http.ResponseWriter, _ *http.Request) {
		if sick.Load() {
			http.Error(writer, "[-]shutdown failed", http.StatusInternalServerError)
			return
		}
		fmt.Fprint(writer, "ok")
	}
	mux := http.NewServeMux()
	for _, path := range []string{"/readyz", "/livez", "/healthz"} {
		mux.HandleFunc(path, health)
	}
	mux.HandleFunc("/name", func(writer http.ResponseWriter, _ *http.Request) { fmt.Fprintln(writer, name) })
	mux.HandleFunc("/watch", func(writer http.ResponseWriter, request *http.Request) {
		fmt.Fprintln(writer, name)
		writer.(http.Flusher).Flush()
		<-request.Context().Done()
	})
	return mux
}

// sortConnections looks at the first byte: 22 begins a TLS handshake.
func sortConnections(listener net.Listener, name string, encrypted chan<- net.Conn) error {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			reader := bufio.NewReader(connection)
			first, err := reader.Peek(1)
			switch {
			case err != nil:
				connection.Close()
			case first[0] == 22:
				encrypted <- begunConnection{connection, reader}
			default:
				answer(connection, reader, name)
			}
		}()
	}
}

func answer(connection net.Conn, reader *bufio.Reader, name string) {
	defer connection.Close()
	switch line, err := reader.ReadString('\n'); {
	case err != nil:
	case line == wantsBytes:
		sendBytes(connection)
	default:
		fmt.Fprintln(connection, name)
	}
}

// handedOver is a listener for connections that another one has accepted.
type handedOver struct {
	net.Listener
	connections chan net.Conn
}

func (l handedOver) Accept() (net.Conn, error) { return <-l.connections, nil }

// begunConnection is one whose first bytes have been read already.
type begunConnection struct {
	net.Conn
	reader *bufio.Reader
}

func (c begunConnection) Read(buffer []byte) (int, error) { return c.reader.Read(buffer) }
