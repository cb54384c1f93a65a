"""A webhook receiver: scripted answers, everything received kept."""

import base64
import functools
import hashlib
import hmac
import http.server
import json
import pathlib
import socket
import socketserver
import ssl
import struct
import threading
import time


class Received:
    """One request."""

    def __init__(self, path, headers, body, method):
        self.path = path
        self.headers = headers  # lower-case names
        self.body = body
        self.method = method
        self.time = time.monotonic()
        self.wall = time.time()
        self.answered = {}  # with what; see Receiver

    @property
    def id(self):
        return self.headers["webhook-id"]

    @property
    def taken(self):
        """Whether it was answered with 2xx."""
        return "status" in self.answered and 200 <= self.answered["status"] < 300

    @functools.cached_property
    def event(self):
        return json.loads(self.body)

    def signed_by(self, secret):
        """True when one of its signatures is right for `secret` ("whsec_…"): Standard Webhooks, computed here."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        text = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        right = "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        return right in self.headers.get("webhook-signature", "").split(" ")


class Receiver(http.server.ThreadingHTTPServer):
    """`answers`: one used up by each request, then `default`, which may be a function of the request.
    An answer: {"status", "headers", "body", "delay", "hang", "close", "reset"}; what hangs is let go by release().
    `certificate`: (pem, key) makes it HTTPS."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, certificate=None, default=None, port=0):
        self.tls = None
        if certificate is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*map(str, certificate))
        self.default = default or {"status": 204}
        self.answers = []
        self.received = []
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.connections = 0  # accepted
        self.under_way = 0
        self.most_under_way = 0
        super().__init__(("127.0.0.1", port), Hook)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request, client_address):
        pass

    @property
    def port(self):
        return self.server_address[1]

    def url(self, path="/hook"):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{path}"

    def seen(self, **wanted):
        """Requests so far; `path`, `type`, `job` choose."""
        with self.lock:
            found = list(self.received)
        return [r for r in found if wanted.get("path") in (None, r.path) and wanted.get("type") in (None, r.event["type"])
                and wanted.get("job") in (None, (r.event["data"]["job"] or {}).get("name"))]

    def ids(self, **wanted):
        """The webhook-id of each request so far, in order."""
        return [r.id for r in self.seen(**wanted)]

    def answer_with(self, default, answers=()):
        """From now on."""
        with self.lock:
            self.default, self.answers = default, list(answers)

    def next_answer(self, received):
        with self.lock:
            told = self.answers.pop(0) if self.answers else self.default
            received.answered = told(received) if callable(told) else told
        return received.answered

    def release(self):
        """Ends, unanswered, what hangs now."""
        self.released.set()
        self.released = threading.Event()

    def close(self):
        self.released.set()
        self.shutdown()
        self.server_close()


def of_certificates(folder, name="good"):
    """The simulator's files for `certificate`."""
    folder = pathlib.Path(folder)
    return folder / f"{name}.pem", folder / f"{name}.key"


class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        with self.server.lock:
            self.server.connections += 1
        if self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        received = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body, self.command)
        with self.server.lock:
            self.server.received.append(received)
            self.server.under_way += 1
            self.server.most_under_way = max(self.server.most_under_way, self.server.under_way)
        try:
            self.answer(self.server.next_answer(received))
        finally:
            with self.server.lock:
                self.server.under_way -= 1

    do_GET = do_PUT = do_POST

    def answer(self, told):
        released = self.server.released
        released.wait(told.get("delay", 0))
        if told.get("hang"):
            released.wait()
        if told.get("reset"):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if told.get("hang") or told.get("reset") or told.get("close"):
            self.close_connection = True
            self.connection.close()
            return
        body = told.get("body", "").encode()
        lines = [f"HTTP/1.1 {told.get('status', 204)} Answer", *(f"{k}: {v}" for k, v in told.get("headers", {}).items())]
        if told.get("status", 204) != 204:
            lines.append(f"Content-Length: {len(body)}")
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)

    def finish(self):
        try:
            super().finish()
        finally:
            self.connection.close()

    def log_message(self, format, *args):
        pass
