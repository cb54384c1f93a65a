"""An HTTP CONNECT proxy: counts tunnels, may ask for a password, sends made-up names to where the test wants."""

import base64
import select
import socket

import faults
import wire
from listeners import Connection


class ProxyRules:
    """Settings of the proxy listener: `user` and `password` (None: open), `map` of "host:port" to "host:port"."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.user = None
        self.password = None
        self.map = {}

    def configure(self, told):
        for key in ("user", "password", "map"):
            if key in told:
                setattr(self, key, told[key])

    def lets_in(self, header):
        if self.user is None:
            return True
        right = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return header == f"Basic {right}"


class ProxyConnection(Connection):
    """One CONNECT a connection."""

    def do_CONNECT(self):
        self.close_connection = True
        record = self.ledger.received({"listener": self.listener.name, "connection": self.number, "tls_resumed": None,
                                       "method": "CONNECT", "target": self.path, "path": self.path, "call": "connect", "job": None,
                                       "build": None, "headers": {k.lower(): v for k, v in self.headers.items()}})
        try:
            self.meet_faults(record)
            if not self.simulator.proxy.lets_in(self.headers.get("Proxy-Authorization")):
                record["status"] = 407
                self.say(407, "Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="simulator"\r\n')
                return
            upstream = self.dial(record)
        finally:
            self.ledger.answered(record)
        if upstream is not None:
            with upstream:
                self.ledger.count("tunnels")
                pump(self.connection, upstream, self.simulator.stopping)

    def do_GET(self):
        self.ledger.count("proxy.plain")
        self.close_connection = True
        self.say(405, "Method Not Allowed")

    do_POST = do_PUT = do_GET

    def meet_faults(self, record):
        for fault in self.simulator.faults.take(faults.ON_TUNNEL, self.listener.name, record):
            record["faults"] = [fault.kind]
            if fault.kind == "proxy_hang":
                wire.hang(self.connection, fault, self.simulator.stopping)
            if fault.kind == "proxy_reset":
                wire.linger_reset(self.connection)
            if fault.kind == "proxy_garbage":
                self.connection.sendall(b"no proxy here\r\n\r\n")
            if fault.kind == "proxy_status":
                record["status"] = fault.get("status", 502)
                self.say(record["status"], "Refused")
            raise wire.Abandon

    def dial(self, record):
        host, _, port = self.simulator.proxy.map.get(self.path, self.path).rpartition(":")
        try:
            upstream = socket.create_connection((host.strip("[]"), int(port)), timeout=10)
        except (OSError, ValueError):
            record["status"] = 502
            self.say(502, "Bad Gateway")
            return None
        upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        record["status"] = 200
        self.say(200, "Connection established", length=False)
        return upstream

    def say(self, status, phrase, fields="", length=True):
        fields += "Content-Length: 0\r\nConnection: close\r\n" if length else ""
        self.connection.sendall(f"HTTP/1.1 {status} {phrase}\r\n{fields}\r\n".encode())


def pump(one, other, stopping):
    """Bytes both ways until a side ends."""
    while not stopping.is_set():
        readable, _, _ = select.select((one, other), (), (), 0.5)
        for end in readable:
            data = end.recv(65536)
            if not data:
                return
            (other if end is one else one).sendall(data)
