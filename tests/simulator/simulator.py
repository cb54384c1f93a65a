#!/usr/bin/python3
"""A stand-in for CodeArts Build on loopback: scripted builds, checked credentials, faults on demand. See README.md."""

import argparse
import ctypes
import errno
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import threading

sys.dont_write_bytecode = True  # nothing is written beside the sources
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import auth
import certificates
import control
import faults
import ledger
import listeners
import proxy
import world

PR_SET_PDEATHSIG = 1


class Simulator:
    """All parts together."""

    def __init__(self):
        self.stopping = threading.Event()
        self.ledger = ledger.Ledger()
        self.world = world.World()
        self.authority = auth.Authority(self.ledger)
        self.faults = faults.Faults()
        self.proxy = proxy.ProxyRules()
        self.listeners = []
        self.certificates = None

    def open(self, options):
        """Binds every port; -> what the ready line tells."""
        ports = {"http": self.listen("http", "127.0.0.1", options.http_port)}
        if not options.plain:
            self.certificates = certificates.Certificates(options.folder)
            for name, leaf in (("https", "good"), ("https_other", "other"), ("https_expired", "expired")):
                port = options.https_port if name == "https" else 0
                ports[name] = self.listen(name, "127.0.0.1", port, listeners.tls_context(self.certificates, leaf))
            context = listeners.tls_context(self.certificates, "good", client_ca=self.certificates.pem("ca"))
            ports["https_client"] = self.listen("https_client", "127.0.0.1", 0, context)
            ports["proxy"] = self.listen("proxy", "127.0.0.1", 0, None, proxy.ProxyConnection)
        if options.ipv6:
            ports["http6"] = self.listen("http6", "::1", 0)
        ports["control"] = self.bound("control", "127.0.0.1", options.control_port,
                                      lambda address: control.Control(address, self)).start()
        ready = {"ports": ports}
        if self.certificates is not None:
            ready.update(ca_file=self.certificates.pem("ca"), certificates=str(self.certificates.folder))
        return ready

    def listen(self, name, host, port, tls=None, handler=listeners.ApiConnection):
        listener = self.bound(name, host, port, lambda address: listeners.Listener(name, address, handler, self, tls))
        self.listeners.append(listener)
        return listener.start()

    @staticmethod
    def bound(name, host, port, make):
        try:
            return make((host, port))
        except OSError as wrong:
            if wrong.errno != errno.EADDRINUSE:
                raise
            raise SystemExit(f"simulator: port {port} of {host} is taken by another program; choose another with "
                             f"--{name}-port") from None

    def end_connections(self, reset=False):
        for listener in self.listeners:
            listener.end_connections(reset)

    def reset(self):
        """As after the start: no jobs, no faults, no authentication, nothing counted. Open connections stay."""
        self.faults.remove()
        self.world.reset()
        self.authority.reset()
        self.proxy.reset()
        self.ledger.reset()

    def shown(self):
        return {"jobs": self.world.shown(), "auth": self.authority.shown(), "faults": self.faults.shown(), **self.ledger.shown()}


def arguments():
    parser = argparse.ArgumentParser(prog="simulator", description="A stand-in for CodeArts Build. Prints one JSON line when ready.")
    parser.add_argument("--script", help="JSON file of builds to play (see README.md)")
    parser.add_argument("--http-port", type=int, default=0, help="0: any")
    parser.add_argument("--https-port", type=int, default=0, help="0: any")
    parser.add_argument("--control-port", type=int, default=0, help="0: any")
    parser.add_argument("--plain", action="store_true", help="no TLS listeners and no proxy; needs no openssl program")
    parser.add_argument("--ipv6", action="store_true", help="also plain HTTP on ::1")
    parser.add_argument("--with-parent", action="store_true", help="end when the parent process does")
    return parser.parse_args()


def load(simulator, file):
    try:
        simulator.world.load(json.loads(pathlib.Path(file).read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError) as wrong:
        raise SystemExit(f"simulator: can not play {file}: {wrong}") from None


def main():
    options = arguments()
    if options.with_parent:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    simulator = Simulator()
    options.folder = tempfile.mkdtemp(prefix="buildwatch-simulator-")
    try:
        if options.script:
            load(simulator, options.script)
        try:
            ready = simulator.open(options)
        except RuntimeError as wrong:
            raise SystemExit(f"simulator: {wrong}") from None
        print(json.dumps(ready), flush=True)
        done.wait()
        simulator.stopping.set()
    finally:
        shutil.rmtree(options.folder, ignore_errors=True)
    sys.stdout.flush()
    os._exit(0)  # threads that hang on purpose are not waited for


if __name__ == "__main__":
    main()
