"""A small forward proxy, run as a process of its own: CONNECT and plain HTTP, a line on stdout for each.

Whatever host is asked for, it connects to the port of this machine given first: so a hub may have a name
that no name server knows. Given also user:password, it lets nobody else through.
"""

from __future__ import annotations

import base64
import select
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TARGET = int(sys.argv[1])
ASKED = f"Basic {base64.b64encode(sys.argv[2].encode()).decode()}" if len(sys.argv) > 2 else ""


class Proxy(BaseHTTPRequestHandler):
    def do_CONNECT(self):
        if not self.let_in():
            return
        with socket.create_connection(("127.0.0.1", TARGET)) as there:
            self.send_response(200, "Connection established")
            self.end_headers()
            ends = {self.connection: there, there: self.connection}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    data = end.recv(65_536)
                    if not data:
                        self.close_connection = True
                        return
                    ends[end].sendall(data)

    def do_GET(self):
        if not self.let_in():
            return
        path = "/" + self.path.split("/", 3)[3]
        with socket.create_connection(("127.0.0.1", TARGET)) as there:
            lines = [f"GET {path} HTTP/1.0", *(f"{name}: {value}" for name, value in self.headers.items())]
            there.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
            while data := there.recv(65_536):
                self.connection.sendall(data)
        self.close_connection = True

    def let_in(self):
        print(self.command, self.path, flush=True)  # noqa: T201 - the test reads it
        if ASKED and self.headers.get("Proxy-Authorization") != ASKED:
            self.send_response(407)
            self.send_header("Proxy-Authenticate", "Basic realm=proxy")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return False
        return True

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
print(server.server_port, flush=True)  # noqa: T201
server.serve_forever()
