"""The control interface: JSON over HTTP, for tests in any language. README.md lists the calls."""

import http.server
import json
import socket
import socketserver
import threading
from urllib.parse import parse_qsl, urlsplit

import builds


class Control(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address, simulator):
        self.simulator = simulator
        super().__init__(address, Call)

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request, client_address):
        pass

    def start(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True, name="control").start()
        return self.server_address[1]


class Call(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        address = urlsplit(self.path)
        self.arguments = dict(parse_qsl(address.query))
        method = getattr(self, f"{self.command.lower()}_{address.path.strip('/').replace('/', '_').replace('-', '_')}", None)
        size = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(size)
        if method is None:
            self.reply(404, {"error": f"no such call: {self.command} {address.path}"})
            return
        try:
            told = json.loads(text) if text.strip() else {}
            self.reply(200, method(told) or {})
        except (ValueError, KeyError, TypeError, AttributeError, builds.ScriptError) as wrong:
            self.reply(400, {"error": f"{type(wrong).__name__}: {wrong}"})

    do_POST = do_DELETE = do_GET

    @property
    def simulator(self):
        return self.server.simulator

    # --- what is played

    def get_state(self, told):
        return self.simulator.shown()

    def post_script(self, told):
        self.simulator.world.load(told)

    def post_job(self, told):
        self.simulator.world.set(told)

    def post_auth(self, told):
        self.simulator.authority.configure(told)

    def post_tokens_revoke(self, told):
        self.simulator.authority.revoke()

    def post_metadata_rotate(self, told):
        self.simulator.authority.rotate()

    def post_proxy(self, told):
        self.simulator.proxy.configure(told)

    def post_fault(self, told):
        return {"id": self.simulator.faults.add(told).number}

    def get_faults(self, told):
        return {"faults": self.simulator.faults.shown()}

    def delete_faults(self, told):
        number = self.arguments.get("id")
        self.simulator.faults.remove(int(number) if number else None)

    def post_connections_end(self, told):
        self.simulator.end_connections(bool(told.get("reset")))

    def post_reset(self, told):
        self.simulator.reset()

    # --- what was seen

    def get_requests(self, told):
        since = int(self.arguments.pop("since", 0))
        return {"requests": self.simulator.ledger.list(since, **self.arguments), **self.simulator.ledger.shown()}

    def get_counts(self, told):
        return self.simulator.ledger.shown()

    def reply(self, status, value):
        body = json.dumps(value).encode()
        head = f"HTTP/1.1 {status} {'OK' if status == 200 else 'Error'}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)

    def log_message(self, format, *args):
        pass
