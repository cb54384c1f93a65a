"""The simulator as tests use it: starts it, talks to its control interface, stops it."""

import http.client
import json
import pathlib
import subprocess
import sys
import time
import urllib.parse

PROGRAM = pathlib.Path(__file__).resolve().parent / "simulator.py"


class Simulator:
    """A simulator of one's own, on free ports. A context manager; close() ends it."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([sys.executable, str(PROGRAM), "--with-parent", *arguments], stdout=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the simulator did not start (exit {self.process.wait()})")
        ready = json.loads(line)
        self.ports = ready["ports"]
        self.ca_file = ready.get("ca_file")
        self.certificates = pathlib.Path(ready["certificates"]) if "certificates" in ready else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()

    def url(self, listener="http", host=None):
        scheme = "https" if listener.startswith("https") else "http"
        host = host or ("[::1]" if listener.endswith("6") else "127.0.0.1")
        return f"{scheme}://{host}:{self.ports[listener]}"

    def call(self, method, path, told=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["control"], timeout=60)
        try:
            connection.request(method, path, None if told is None else json.dumps(told))
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {answer['error']}")
        return answer

    # --- what is played

    def script(self, jobs, clock="load", **more):
        self.call("POST", "/script", {"clock": clock, "jobs": jobs, **more})

    def job(self, job_id, build=None, state=None, **more):
        told = {"id": job_id, **more}
        if build is not None:
            told.update(build=build, state=state)
        self.call("POST", "/job", told)

    def auth(self, **told):
        self.call("POST", "/auth", told)

    def fault(self, kind, **told):
        return self.call("POST", "/fault", {"kind": kind, **told})["id"]

    def clear_faults(self, number=None):
        self.call("DELETE", "/faults" + (f"?id={number}" if number else ""))

    def proxy(self, **told):
        self.call("POST", "/proxy", told)

    def end_connections(self, reset=False):
        self.call("POST", "/connections/end", {"reset": reset})

    def reset(self):
        self.call("POST", "/reset")

    # --- what was seen

    def state(self):
        return self.call("GET", "/state")

    def requests(self, since=0, **wanted):
        query = urllib.parse.urlencode({"since": since, **wanted})
        return self.call("GET", f"/requests?{query}")["requests"]

    def counts(self):
        return self.call("GET", "/counts")["counts"]

    def peaks(self):
        return self.call("GET", "/counts")["peaks"]

    def next(self):
        """The number that the next request will have: hand it to requests(since=…)."""
        return self.call("GET", "/counts")["next"]

    def wait_requests(self, count, limit=60.0, **wanted):
        """Waits until `count` answered requests match; -> all that match."""
        end = time.monotonic() + limit
        while True:
            seen = [request for request in self.requests(**wanted) if "answered" in request]
            if len(seen) >= count:
                return seen
            if time.monotonic() > end:
                raise AssertionError(f"only {len(seen)} of {count} requests like {wanted} came within {limit} s")
            time.sleep(0.02)
