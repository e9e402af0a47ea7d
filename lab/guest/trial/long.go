// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// connectForLong holds three connections of the kinds that kubelets and controllers hold, all to the server VICTIM by
// way of ADDRESS, and prints for each when it opened and when it learned of its end: KIND open|end µs.
func connectForLong(arguments []string) error {
	address, victim := arguments[0], arguments[1]
	var ends sync.WaitGroup
	for _, kind := range []struct {
		name     string
		protocol string
		open     func(*bufio.ReadWriter) (string, error)
		hold     func(net.Conn, *bufio.ReadWriter) error
	}{
		{"writer", "http/1.1", get("/name"), writeOften},
		{"watch", "http/1.1", get("/watch"), readOnly},
		{"http2", "h2", openStream, pingSeldom},
	} {
		kind := kind
		connection, stream, err := open(address, victim, kind.protocol, kind.open)
		if err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		fmt.Println(kind.name, "open", time.Now().UnixMicro())
		ends.Add(1)
		go func() {
			defer ends.Done()
			err := kind.hold(connection, stream)
			fmt.Println(kind.name, "end", time.Now().UnixMicro(), err)
		}()
	}
	ends.Wait()
	return nil
}

// open connects until the balancer gives the server that was asked for.
func open(address, victim, protocol string, begin func(*bufio.ReadWriter) (string, error)) (net.Conn, *bufio.ReadWriter, error) {
	for attempt := 0; attempt < 50; attempt++ {
		connection, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{protocol}})
		if err != nil {
			return nil, nil, err
		}
		stream := bufio.NewReadWriter(bufio.NewReader(connection), bufio.NewWriter(connection))
		name, err := begin(stream)
		if err != nil {
			return nil, nil, err
		}
		if name == victim {
			return connection, stream, nil
		}
		connection.Close()
	}
	return nil, nil, fmt.Errorf("no connection came to %s", victim)
}

// get asks over HTTP/1.1 and reads the first line of the body.
func get(path string) func(*bufio.ReadWriter) (string, error) {
	return func(stream *bufio.ReadWriter) (string, error) {
		fmt.Fprintf(stream, "GET %s HTTP/1.1\r\nHost: kubernetes\r\n\r\n", path)
		if err := stream.Flush(); err != nil {
			return "", err
		}
		response, err := http.ReadResponse(stream.Reader, nil)
		if err != nil {
			return "", err
		}
		line, err := bufio.NewReader(response.Body).ReadString('\n')
		return strings.TrimSpace(line), err
	}
}

// writeOften is the active writer: five requests a second, and no deadline of its own.
func writeOften(_ net.Conn, stream *bufio.ReadWriter) error {
	ask := get("/name")
	for {
		if _, err := ask(stream); err != nil {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// readOnly is the idle watch: it waits for news.
func readOnly(_ net.Conn, stream *bufio.ReadWriter) error {
	_, err := io.Copy(io.Discard, stream)
	if err == nil {
		err = io.EOF
	}
	return err
}

// Frames of HTTP/2, RFC 9113.
const (
	frameHeaders  = 1
	frameSettings = 4
	framePing     = 6
	frameData     = 0
	flagAck       = 1
	flagEndStream = 1
	flagEndHeader = 4
)

func writeFrame(writer *bufio.ReadWriter, kind, flags byte, streamID uint32, payload []byte) error {
	header := make([]byte, 9)
	binary.BigEndian.PutUint32(header, uint32(len(payload))<<8|uint32(kind))
	header[4] = flags
	binary.BigEndian.PutUint32(header[5:], streamID)
	_, _ = writer.Write(append(header, payload...))
	return writer.Flush()
}

func readFrame(reader io.Reader) (kind, flags byte, payload []byte, err error) {
	header := make([]byte, 9)
	if _, err = io.ReadFull(reader, header); err != nil {
		return
	}
	payload = make([]byte, binary.BigEndian.Uint32(header)>>8)
	_, err = io.ReadFull(reader, payload)
	return header[3], header[4], payload, err
}

// openStream asks for /watch over HTTP/2 and reads the server's name from the first data frame.
func openStream(stream *bufio.ReadWriter) (string, error) {
	_, _ = stream.WriteString("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	if err := writeFrame(stream, frameSettings, 0, 0, nil); err != nil {
		return "", err
	}
	// RFC 7541: :method GET and :scheme https from the static table, :path and :authority written out.
	headers := append([]byte{0x82, 0x87, 0x04, 6}, "/watch"...)
	headers = append(append(headers, 0x01, 10), "kubernetes"...)
	if err := writeFrame(stream, frameHeaders, flagEndStream|flagEndHeader, 1, headers); err != nil {
		return "", err
	}
	for {
		kind, flags, payload, err := readFrame(stream)
		switch {
		case err != nil:
			return "", err
		case kind == frameData:
			return strings.TrimSpace(string(payload)), nil
		case kind == frameSettings && flags&flagAck == 0:
			if err := writeFrame(stream, frameSettings, flagAck, 0, nil); err != nil {
				return "", err
			}
		}
	}
}

// pingSeldom is client-go's health check: a ping after 30 s of silence, 15 s for its answer.
func pingSeldom(connection net.Conn, stream *bufio.ReadWriter) error {
	const silence, patience = 30 * time.Second, 15 * time.Second
	for {
		_ = connection.SetReadDeadline(time.Now().Add(silence))
		_, _, _, err := readFrame(stream)
		if !os.IsTimeout(err) {
			if err != nil {
				return err
			}
			continue
		}
		if err := writeFrame(stream, framePing, 0, 0, make([]byte, 8)); err != nil {
			return err
		}
		_ = connection.SetReadDeadline(time.Now().Add(patience))
		if _, _, _, err := readFrame(stream); err != nil {
			return err
		}
	}
}
