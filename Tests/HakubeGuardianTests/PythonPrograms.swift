// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The two ends of the traffic in `ProxyTests`, as Python programs: real processes that can be killed like API servers.
enum PythonPrograms {
    /// `server.py ADDRESS PORT NAME`: HTTPS with keep-alive. `/readyz` answers 500, or what is in it, while a file `sick-NAME` exists,
    /// `/name` tells who answers, `/hold` answers and then waits for the end of the connection.
    static let server = """
        import http.server, os, ssl, sys
        address, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def log_message(self, *words): pass
            def do_HEAD(self): self.do_GET()
            def do_GET(self):
                body = name.encode()
                status, sick = 200, 'sick-' + name
                if self.path == '/readyz' and os.path.exists(sick): status = int(open(sick).read() or 500)
                if self.path == '/big': body = b'x' * (8 << 20)
                self.send_response(status)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                if self.command == 'GET': self.wfile.write(body)
        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128
            def handle_error(self, request, client): pass
            def get_request(self):
                plain, client = self.socket.accept()
                return self.tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), client
        server = Server((address, port), Handler)
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain('certificate.pem', 'key.pem')
        print('listening', flush=True)
        server.serve_forever()
        """

    /// `client.py ADDRESS PORT PATH COUNT`: so many requests, each on a connection of its own; with COUNT 0 until standard
    /// input ends. Prints `ok NAME` or `failed REASON` for each.
    static let client = """
        import http.client, select, ssl, sys
        address, port, path, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
        context = ssl._create_unverified_context()
        done = 0
        while done < count or (count == 0 and not select.select([sys.stdin], [], [], 0)[0]):
            done += 1
            try:
                connection = http.client.HTTPSConnection(address, port, timeout=5, context=context)
                connection.request('GET', path)
                body = connection.getresponse().read()
                print('ok', body.decode() if len(body) < 99 else len(body), flush=True)
            except Exception as error:
                print('failed', repr(error), flush=True)
            finally:
                connection.close()
        """

    /// `holder.py ADDRESS PORT`: one kept connection; prints who serves it, then `ended` when it is cut.
    static let holder = """
        import http.client, ssl, sys
        connection = http.client.HTTPSConnection(sys.argv[1], int(sys.argv[2]), context=ssl._create_unverified_context())
        connection.request('GET', '/name')
        print('held by', connection.getresponse().read().decode(), flush=True)
        try: connection.sock.recv(1)
        except OSError: pass
        print('ended', flush=True)
        """
}
