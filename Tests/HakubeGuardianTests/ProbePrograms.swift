// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What `ProbeNetwork` runs.
enum ProbePrograms {
    /// A CA, a certificate a server, and one for a client whose key stands in the same file, as kubelets keep them. A second CA
    /// that nobody was signed by.
    static let certificates = """
        export RANDFILE=/dev/null
        new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "$@" 2>/dev/null; }
        for ca in ca other; do new -x509 -keyout $ca.key -out $ca.pem -days 2 -subj /CN=$ca; done
        for n in 1 2 3; do
            new -keyout m$n.key -out m$n.csr -subj /CN=kube-apiserver
            echo "subjectAltName=DNS:apiserver.test,DNS:localhost,IP:10.0.0.$n,IP:10.103.97.2,IP:127.0.0.1" > san
            openssl x509 -req -in m$n.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out m$n.pem 2>/dev/null
        done
        new -keyout client.key -out client.csr -subj /O=system:nodes/CN=system:node:worker1
        openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out client.pem 2>/dev/null
        cat client.pem client.key > client-current.pem
        """

    /// `server.py ADDRESS PORT NAME`: HTTP/1.1, and HTTP/2 unless ONLY_HTTP1 is set. Anything but a watch is answered 200, or 500 while a
    /// file `sick` is there; a watch is answered FORBID, or 200, and stands until a file `end` is there. Prints who asks for
    /// which watch.
    static let server = """
        import os, socket, ssl, struct, sys, threading, time
        address, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        forbid = os.environ.get('FORBID')
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(name + '.pem', name + '.key')
        context.load_verify_locations('ca.pem')
        # As an API server: who has none is nobody.
        context.verify_mode = ssl.CERT_OPTIONAL
        if not os.environ.get('ONLY_HTTP1'): context.set_alpn_protocols(['h2', 'http/1.1'])

        def exactly(c, count):
            data = b''
            while len(data) < count:
                more = c.recv(count - len(data))
                if not more: raise EOFError
                data += more
            return data

        def frame(kind, flags, stream, payload=b''):
            return struct.pack('>I', len(payload))[1:] + bytes([kind, flags]) + struct.pack('>I', stream) + payload

        def who(c): return dict(pair[0] for pair in c.getpeercert()['subject'])['commonName']

        def http2(c):
            exactly(c, 24)
            c.sendall(frame(4, 0, 0))
            c.settimeout(0.1)
            standing = False
            while True:
                try: head = exactly(c, 9)
                except TimeoutError:
                    if standing and os.path.exists('end'):
                        c.sendall(frame(0, 1, 1))
                        standing = False
                    continue
                payload = exactly(c, int.from_bytes(head[:3], 'big'))
                kind, flags = head[3], head[4]
                if kind == 4 and not flags: c.sendall(frame(4, 1, 0))
                if kind == 6 and not flags: c.sendall(frame(6, 1, 0, payload))
                if kind == 1:
                    start = payload.index(b'/api/')
                    path = payload[start:start + payload[start - 1]].decode() if payload[start - 1] < 127 else '?'
                    print('watch', who(c), path, 'over h2', flush=True)
                    # :status 200 is in the static table; others are a literal with the name of entry 8.
                    if forbid:
                        c.sendall(frame(1, 5, 1, b'\\x48\\x03' + forbid.encode()))
                        continue
                    c.sendall(frame(1, 4, 1, b'\\x88'))
                    c.sendall(frame(0, 0, 1, b'{"type":"ADDED"}\\n'))
                    standing = True

        def http1(c):
            data = b''
            while b'\\r\\n\\r\\n' not in data:
                more = c.recv(4096)
                if not more: return
                data += more
            path = data.split()[1].decode()
            if 'watch=1' not in path:
                status = '500 No' if os.path.exists('sick') else '200 OK'
                c.sendall(f'HTTP/1.1 {status}\\r\\nContent-Length: 2\\r\\n\\r\\nok'.encode())
                return
            print('watch', who(c), path, 'over h1', flush=True)
            c.sendall(b'HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\n{}\\n\\r\\n')
            while not os.path.exists('end'): time.sleep(0.05)
            c.sendall(b'0\\r\\n\\r\\n')

        def serve(plain):
            try:
                c = context.wrap_socket(plain, server_side=True)
                http2(c) if c.selected_alpn_protocol() == 'h2' else http1(c)
                c.close()
            except Exception: plain.close()

        listener = socket.create_server((address, port), backlog=128)
        print('listening', flush=True)
        while True:
            plain, _ = listener.accept()
            threading.Thread(target=serve, args=(plain,), daemon=True).start()
        """
}
