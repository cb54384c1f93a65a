"""The listeners: HTTP and HTTPS servers that answer as the API, IAM and the metadata service do, with faults."""

import http.server
import socket
import socketserver
import ssl
import threading
import time
from urllib.parse import unquote

import answers
import calls
import faults
import wire

MOST_BODY = 1024 * 1024


class Listener(http.server.ThreadingHTTPServer):
    """One port. `tls` None: plain HTTP."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, name, address, handler, simulator, tls=None):
        self.name = name
        self.simulator = simulator
        self.tls = tls
        self.connections = {}
        self.connections_lock = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own would look up the host's name

    def handle_error(self, request, client_address):
        pass  # a connection that ends in a fault is what this program is for

    def start(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True, name=self.name).start()
        return self.server_address[1]

    def end_connections(self, reset):
        """Ends those that wait between two requests (all, with `reset`)."""
        with self.connections_lock:
            for connection, busy in self.connections.values():
                if busy and not reset:
                    continue
                try:
                    if reset:
                        wire.linger_reset(connection)
                    socket.socket.shutdown(connection, socket.SHUT_RD if reset else socket.SHUT_RDWR)
                except OSError:
                    pass


class Request:
    """A request as read, header names in lower case."""

    def __init__(self, handler, body):
        self.method = handler.command
        self.target = handler.path
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.body = body
        self.record = {}


class Connection(http.server.BaseHTTPRequestHandler):
    """What both kinds of listener share: TLS in the connection's own thread, faults at accept, an orderly end."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = None

    def setup(self):
        self.listener = self.server
        self.simulator = self.server.simulator
        self.ledger = self.simulator.ledger
        self.number = self.ledger.connected(self.listener.name)
        self.ready = False
        self.raw = self.request
        try:
            for fault in self.simulator.faults.take(faults.ON_CONNECT, self.listener.name):
                self.meet_at_accept(fault)
            if self.listener.tls is not None:
                self.request = self.listener.tls.wrap_socket(self.raw, server_side=True)
                self.ledger.count("handshakes.resumed" if self.request.session_reused else "handshakes.full")
            self.ready = True
        except (wire.Abandon, OSError, ValueError) as fault:
            if isinstance(fault, ssl.SSLError):
                self.ledger.count("handshakes.failed")
            self.close_connection = True
        super().setup()
        with self.listener.connections_lock:
            self.listener.connections[self.number] = (self.connection, False)

    def meet_at_accept(self, fault):
        if fault.kind == "connect_hang":
            wire.hang(self.raw, fault, self.simulator.stopping)
        if fault.kind == "connect_garbage":
            self.raw.sendall(b"\x00\x01 this is neither TLS nor HTTP \xff\r\n\r\n")
        if fault.kind == "connect_reset":
            wire.linger_reset(self.raw)
        raise wire.Abandon

    def handle(self):
        if not self.ready:
            return
        try:
            super().handle()
        except (wire.Abandon, OSError, ValueError):
            pass

    def finish(self):
        with self.listener.connections_lock:
            self.listener.connections.pop(self.number, None)
        try:
            if isinstance(self.connection, ssl.SSLSocket):
                self.connection.setblocking(False)
                self.connection.unwrap()  # sends close_notify, waits for nothing
        except (OSError, ValueError):
            pass
        for end in (self.wfile, self.rfile, self.connection, self.raw):
            try:
                end.close()
            except OSError:
                pass
        self.ledger.disconnected(self.listener.name)

    def busy(self, yes):
        with self.listener.connections_lock:
            self.listener.connections[self.number] = (self.connection, yes)

    def log_message(self, format, *args):
        pass


class ApiConnection(Connection):
    """The API, IAM and the metadata service, on every listener."""

    def do_GET(self):
        self.busy(True)
        size = int(self.headers.get("Content-Length") or 0)
        if size > MOST_BODY:
            raise wire.Abandon
        request = Request(self, self.rfile.read(size))
        request.record = self.ledger.received(self.described(request))
        try:
            answer = self.true_answer(request)
            self.send_through_faults(request, answer)
        finally:
            self.ledger.answered(request.record)
            self.busy(False)

    do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_GET

    def described(self, request):
        path = unquote(request.target.partition("?")[0])
        call, job, build = calls.call_of(path)
        resumed = self.connection.session_reused if isinstance(self.connection, ssl.SSLSocket) else None
        return {"listener": self.listener.name, "connection": self.number, "tls_resumed": resumed, "method": request.method,
                "target": request.target, "path": path, "call": call, "job": job, "build": build, "headers": request.headers}

    def true_answer(self, request):
        record, authority = request.record, self.simulator.authority
        if record["call"] == "iam-token" and request.method == "POST":
            return authority.issue(request.body)
        if record["call"] == "metadata-token" and request.method == "PUT":
            return authority.metadata_token(request.headers)
        if record["call"] == "metadata-key" and request.method == "GET":
            return authority.security_key(request.headers)
        record["auth"], refusal = authority.check(self.listener.name, request)
        if refusal is not None:
            return refusal
        if request.method != "GET" or record["job"] is None:
            return answers.error("APIGW.0101")
        return calls.about_job(self.simulator.world, record)

    # --- the way out

    def send_through_faults(self, request, answer):
        met = self.simulator.faults.take(faults.ON_THE_WAY | faults.INSTEAD, self.listener.name, request.record)
        request.record["faults"] = [fault.kind for fault in met]
        way = {fault.kind: fault for fault in met}
        if "delay" in way:
            way["delay"].removed.wait(way["delay"].get("seconds", 1))
        instead = next((fault for fault in met if fault.kind in faults.INSTEAD), None)
        if instead is not None:
            self.stand_in(instead)
            answer = wire.replaced(instead, answer, "2026-01-02T03:04:05.123000Z")
        if "informational" in way:
            for status in way["informational"].get("statuses", [100, 103]):
                self.connection.sendall(f"HTTP/1.1 {status} Wait\r\nX-Hint: a\r\n\r\n".encode())
        self.close_connection = self.close_connection or self.headers.get("Connection", "").lower() == "close"
        chunked = "chunked" in way
        date = None if "no_date" in way else time.time() + self.simulator.authority.clock_offset
        head = wire.head(answer, not self.close_connection, chunked, date)
        body = b"" if request.method == "HEAD" else wire.in_chunks(answer.body) if chunked else answer.body
        self.spoil(instead, head, body)
        wire.send(self.connection, head + body, way["drip"].get("ms", 10) if "drip" in way else None)
        request.record["status"] = answer.status
        if "close_after" in way:
            self.close_connection = True  # without a word in the answer: the kept connection is stale
        if "late_close" in way:  # the same, but only once the next request has come
            self.rfile.peek(1)
            raise wire.Abandon

    def stand_in(self, fault):
        """Faults that leave no answer at all."""
        if fault.kind == "hang":
            wire.hang(self.connection, fault, self.simulator.stopping)
        if fault.kind == "reset":
            wire.linger_reset(self.connection)
            self.abort_tls()
            raise wire.Abandon
        if fault.kind == "close":
            raise wire.Abandon
        if fault.kind == "garbage":
            self.connection.sendall(b"\x16\x03 SSH-2.0-not-http\r\n\xff\xfe\r\n\r\n")
            raise wire.Abandon

    def spoil(self, fault, head, body):
        """Faults that break off a true answer."""
        kind = fault.kind if fault is not None else None
        if kind == "close_after_headers":
            self.connection.sendall(head)
            raise wire.Abandon
        if kind == "truncate":
            self.connection.sendall(head + body[:len(body) // 2])
            raise wire.Abandon

    def abort_tls(self):
        """No close_notify: the reset is all that the other side gets."""
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection = self.request = socket.socket(fileno=self.connection.detach())
            wire.linger_reset(self.connection)
            self.connection.close()


def tls_context(certificates, name, client_ca=None):
    """TLS 1.2 and 1.3 with session tickets; all connections of a listener share it, so sessions can be resumed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.pem(name), certificates.key(name))
    context.set_alpn_protocols(["http/1.1"])
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context
