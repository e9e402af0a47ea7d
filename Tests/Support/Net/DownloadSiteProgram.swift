// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The download site as a Python program: `site.py FOLDER [certificate.pem key.pem]`.
///
/// FOLDER holds `files/` (what is served, with ranges and entity tags), `rules.json` (what goes wrong; the first rule that
/// fits counts), `upstream` (host and port of a registry that /v2/ is passed on to), `tokens.json` (scope to token) and
/// `requests` (a line of JSON for each request, written before its answer).
enum DownloadSiteProgram {
    static let text = """
        import base64, hashlib, http.client, http.server, json, os, socket, ssl, sys, threading, time, urllib.parse
        folder = sys.argv[1]
        lock, used, parent = threading.Lock(), {}, os.getppid()
        def load(name, default):
            try:
                with open(os.path.join(folder, name), 'rb') as file: return file.read()
            except (FileNotFoundError, IsADirectoryError): return default
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def log_message(self, *words): pass
            def note(self, status, sent):
                fields = {name.lower(): value for name, value in self.headers.items()}
                with lock, open(os.path.join(folder, 'requests'), 'a') as file:
                    file.write(json.dumps({'path': self.path, 'status': status, 'sent': sent, 'fields': fields}) + '\\n')
            def rule(self):
                with lock:
                    for rule in json.loads(load('rules.json', b'[]')):
                        key = json.dumps(rule, sort_keys=True)
                        if rule['match'] in self.path and used.get(key, 0) < rule.get('times', 1 << 30):
                            used[key] = used.get(key, 0) + 1
                            return rule
                return {}
            def answer(self, status, fields, body, rule):
                count = min(rule.get('cut', len(body)), len(body))
                self.note(status, count)
                self.send_response(status)
                for name, value in fields.items(): self.send_header(name, value)
                lies = 'Content-Length' in fields
                if not lies and not rule.get('endless'): self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                if lies or rule.get('endless'): self.close_connection = True
                while rule.get('endless'): self.wfile.write(bytes(65536))
                self.wfile.write(body[:count])
                self.wfile.flush()
                if count < len(body):
                    self.close_connection = True
                    if rule.get('hold'): self.connection.recv(1)
                    else: self.connection.shutdown(socket.SHUT_WR)
            def do_CONNECT(self):
                rule = self.rule()
                if 'status' in rule: return self.answer(rule['status'], {}, b'', rule)
                self.note(200, 0)
                host, port = self.path.rsplit(':', 1)
                far = socket.create_connection((host, int(port)))
                self.send_response(200)
                self.end_headers()
                def pump(source, sink):
                    try:
                        while data := source.recv(65536): sink.sendall(data)
                        sink.shutdown(socket.SHUT_WR)
                    except OSError: pass
                back = threading.Thread(target=pump, args=(far, self.connection), daemon=True)
                back.start()
                pump(self.connection, far)
                back.join()
                self.close_connection = True
            def do_GET(self):
                rule = self.rule()
                if 'redirect' in rule:
                    return self.answer(307, {'Location': rule['redirect'].replace('{path}', self.path)}, b'', rule)
                if 'status' in rule:
                    return self.answer(rule['status'], rule.get('fields', {}), rule.get('body', '').encode(), rule)
                parts = urllib.parse.urlsplit(self.path)
                if parts.path.startswith('/v2/'): return self.pass_on(rule)
                if parts.path == '/token': return self.token(urllib.parse.parse_qs(parts.query), rule)
                body = load('files' + parts.path, None) or load('files/' + os.path.basename(parts.path), None)
                if body is None: return self.answer(404, {}, b'nothing here', rule)
                tag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
                fields = {'ETag': tag, 'Content-Type': 'application/octet-stream', **rule.get('fields', {})}
                ask = self.headers.get('Range')
                same = self.headers.get('If-Range') in (None, tag)
                if ask and same and not rule.get('ignoresRange'):
                    first = int(ask.removeprefix('bytes=').split('-')[0])
                    if first >= len(body):
                        return self.answer(416, {'Content-Range': 'bytes */%d' % len(body)}, b'', rule)
                    fields['Content-Range'] = 'bytes %d-%d/%d' % (first, len(body) - 1, len(body))
                    return self.answer(206, fields, body[first:], rule)
                self.answer(200, fields, body, rule)
            def token(self, query, rule):
                login = load('login', b'').decode()
                if login and self.headers.get('Authorization') != 'Basic ' + base64.b64encode(login.encode()).decode():
                    return self.answer(401, {}, b'', rule)
                tokens = json.loads(load('tokens.json', b'{}'))
                body = {'token': tokens.get(query.get('scope', [''])[0], ''), 'expires_in': 300}
                self.answer(200, {'Content-Type': 'application/json'}, json.dumps(body).encode(), rule)
            def pass_on(self, rule):
                far = http.client.HTTPConnection(load('upstream', b'').decode())
                fields = {n: v for n, v in self.headers.items() if n.lower() in ('accept', 'range', 'if-range', 'authorization')}
                far.request('GET', self.path, headers=fields)
                response = far.getresponse()
                body = response.read()
                if 'swap' in rule: body = rule['swap'].encode()
                kept = {n: v for n, v in response.getheaders() if n.lower() not in ('content-length', 'connection', 'date')}
                kept.update(rule.get('fields', {}))
                self.answer(response.status, kept, body, rule)
        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64
            def handle_error(self, request, client): pass
        server = Server(('127.0.0.1', 0), Handler)
        if len(sys.argv) > 2:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[2], sys.argv[3])
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        def watch():
            while os.getppid() == parent: time.sleep(1)
            os._exit(0)
        threading.Thread(target=watch, daemon=True).start()
        print('port', server.server_address[1], flush=True)
        server.serve_forever()
        """

    /// `push.py HOST:PORT FOLDER`: puts blobs and manifests of FOLDER/push.json into a registry; the token is in the
    /// environment as TOKEN.
    static let push = """
        import http.client, json, os, sys
        host, folder = sys.argv[1], sys.argv[2]
        connection = http.client.HTTPConnection(host)
        login = {'Authorization': 'Bearer ' + os.environ['TOKEN']} if os.environ.get('TOKEN') else {}
        def call(method, path, body=None, fields={}):
            connection.request(method, path, body=body, headers={**login, **fields})
            response = connection.getresponse()
            text = response.read()
            if response.status >= 300: sys.exit('%s %s: %d %s' % (method, path, response.status, text))
            return response
        for entry in json.load(open(os.path.join(folder, 'push.json'))):
            body = open(os.path.join(folder, entry['file']), 'rb').read()
            if 'mediaType' in entry:
                path = '/v2/%s/manifests/%s' % (entry['repository'], entry['target'])
                call('PUT', path, body, {'Content-Type': entry['mediaType']})
                continue
            place = call('POST', '/v2/%s/blobs/uploads/' % entry['repository']).getheader('Location')
            place = '/v2/' + place.split('/v2/', 1)[1]
            call('PUT', place + ('&' if '?' in place else '?') + 'digest=' + entry['target'], body,
                {'Content-Type': 'application/octet-stream'})
        """
}
