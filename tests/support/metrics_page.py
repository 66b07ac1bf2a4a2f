#!/usr/bin/env python3
"""Serves a page of metrics, of a process that uses a second of CPU time between two readings. Prints its address, and
"read" for each reader."""
import http.server

class Page(http.server.BaseHTTPRequestHandler):
    cpu_s = 0

    def do_GET(self):
        print('read', flush=True)
        Page.cpu_s += 1
        text = f'process_cpu_seconds_total {Page.cpu_s}\n'.encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(('127.0.0.1', 0), Page)
print('127.0.0.1:%d' % server.server_address[1], flush=True)
server.serve_forever()
