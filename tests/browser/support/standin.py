"""Plays the daemon for the page: serves it under its policy, and an API that a test scripts. Loopback, a port of its own."""

import hashlib
import http.server
import json
import pathlib
import select
import socket
import sys
import threading
import time
import urllib.parse

from support.chromium import HANG

PAGE = pathlib.Path(__file__).resolve().parents[3] / "daemon/web/page"
FILES = {"/": ("index.html", "text/html; charset=utf-8"), "/app.css": ("app.css", "text/css; charset=utf-8"),
         "/app.js": ("app.js", "text/javascript; charset=utf-8")}
# As daemon/web/answer.cpp has them; test_server.py compares.
SAFETY = {"content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                                     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
          "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cross-origin-resource-policy": "same-origin"}
USUAL, MOST = 100, 1000  # things in one answer


def instant(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds * 1000) % 1000:03}Z"


class StandIn:
    """Jobs live in `self.jobs` by name; each has `past`, its builds, newest first."""

    def __init__(self):
        self.jobs, self.sinks, self.events = {}, [], []
        self.began = {}        # (job, number) -> when; the API tells it of builds that have ended
        self.changed = threading.Condition()
        self.asked = []
        self.frozen = None     # the jobs as they were, told whatever happens
        self.silent = False    # what happens makes no event
        self.mute = False      # takes requests and never answers
        self.newer = b""       # stands at the end of the page's script, as if another version served it
        self.streams = 0       # rises when the streams of events are to break
        self.streaming = 0     # streams that are open
        self.full = False      # refuses streams, as a daemon that has too many
        self.held = False      # streams that are asked for do not begin
        self.port, self.server, self.sockets = 0, None, set()
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    # --- the process

    def start(self):
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.place = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        """As a killed daemon: nothing listens, every connection breaks."""
        self.server.shutdown()
        self.server.server_close()
        self.server = None
        with self.changed:
            self.changed.notify_all()
        for one in list(self.sockets):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        if self.server:
            self.stop()

    def wait(self, true, what):
        end = time.monotonic() + HANG
        while not true(self):
            if time.monotonic() > end:
                raise AssertionError(f"never came: {what}")
            time.sleep(0.03)

    def break_streams(self):
        with self.changed:
            self.streams += 1
            self.changed.notify_all()

    # --- the script

    def job(self, name, outcomes="", labels=None, minutes=12, state="idle", error=None):
        """A job with past builds, oldest first: a letter each (s f u a ?)."""
        past, end = [], time.time() - 240 - 60 * (len(self.jobs) % 50)
        words = {"s": "success", "f": "failure", "u": "unstable", "a": "aborted", "?": "unknown"}
        for index, letter in enumerate(reversed(outcomes)):
            took = round(60 * minutes * (0.75 + 0.5 * ((index * 7919 + len(name) * 31) % 97) / 97) * (0.4 if letter in "fa" else 1))
            past.append(self._build(len(outcomes) - index, end - took, words[letter], took))
            end -= took + 5400
        made = {"name": name, "provider": "huawei", "job_id": f"{len(self.jobs) + 1:032x}", "labels": labels or {}, "state": state,
                "build": past[0] if past else None, "progress": None, "eta": None, "eta_between": None,
                "last_poll_at": instant(time.time() - 9), "next_poll_at": instant(time.time() + 51), "last_error": error, "past": past}
        with self.changed:
            self.jobs[name] = made
        return made

    def _build(self, number, started, outcome, took):
        finished = outcome and started + took
        return {"number": number, "building": outcome is None, "outcome": outcome, "result": outcome and outcome.upper(), "region": "cn-north-4",
                "started_at": finished and instant(started), "finished_at": finished and instant(finished), "times_exact": outcome is not None,
                "finished_between": finished and [instant(finished - 7), instant(finished + 7)], "duration_seconds": took,
                "source": finished and {"branch": "main", "commit": f"{number * 7919 % 16**7:07x}c0ffee", "trigger": "push", "url": "https://example.com/changes"}}

    def begin(self, name, elapsed=0, forecast=True):
        """The next build of the job runs, for `elapsed` seconds already."""
        with self.changed:
            job, now = self.jobs[name], time.time()
            newest = job["build"] or {"number": 0, "outcome": ""}
            waited = newest["outcome"] is None and not newest["building"]
            build = self._build(newest["number"] + (0 if waited else 1), None, None, None)
            self.began[name, build["number"]] = now - elapsed
            job["past"].insert(0, build)
            job |= {"build": build, "state": "running"}
            self._forecast(job, forecast)
        self._event("build.started", name, build)

    def _forecast(self, job, known=True):
        """Of the highest-numbered build that runs."""
        job |= {"progress": None, "eta": None, "eta_between": None}
        usual = [one["duration_seconds"] for one in job["past"] if one["outcome"] == "success"]
        first = next((one["number"] for one in job["past"] if one["building"]), None)
        if known and first and len(usual) >= 3:
            now = time.time()
            elapsed = now - self.began[job["name"], first]
            total = max(sum(usual) / len(usual), elapsed * 1.1 + 20)
            job |= {"progress": round(elapsed / total, 4), "eta": instant(round(now - elapsed + total)),
                    "eta_between": [instant(now + (total - elapsed) * 0.7), instant(now + (total - elapsed) * 1.5)]}

    def queue(self, name, number=None):
        """The next build of the job, or the one of that number, is announced and does not run yet. No event tells of it."""
        with self.changed:
            job = self.jobs[name]
            build = self._build(number or (job["build"] or {"number": 0})["number"] + 1, None, None, None) | {"building": False}
            job |= {"build": build, "state": "running" if job["state"] == "running" else "queued"}

    def end(self, name, outcome="success", number=None):
        """The newest build of the job ends, or the one of that number."""
        with self.changed:
            job = self.jobs[name]
            place = next(at for at, one in enumerate(job["past"]) if number in (None, one["number"]))
            started = self.began[name, job["past"][place]["number"]]
            build = job["past"][place] = self._build(job["past"][place]["number"], started, outcome, max(1, round(time.time() - started)))
            if build["number"] >= job["build"]["number"]:
                job["build"] = build
            if not any(one["building"] for one in job["past"]):
                job["state"] = "idle" if job["build"]["outcome"] else "queued"
            self._forecast(job)
        self._event("build.finished", name, build)

    def outage(self, provider, why):
        """No job of that provider is seen any more, and one event tells of all."""
        with self.changed:
            for job in self.jobs.values():
                job |= {"state": "unreachable", "last_error": why, "progress": None, "eta": None, "eta_between": None}
            self.events.append({"id": f"evt_{len(self.events):032x}", "type": "provider.unreachable", "timestamp": instant(time.time()),
                                "data": {"sequence": len(self.events) + 1, "provider": provider, "job": None, "build": None, "change": None,
                                         "previous": None, "reason": why, "summary": f"{provider} cannot be reached"}})
            self.changed.notify_all()

    def _event(self, kind, name, build):
        if self.silent:
            return
        with self.changed:
            job = self.jobs[name]
            before = next((one for one in job["past"] if one["number"] < build["number"] and one["outcome"] in ("success", "failure", "unstable")), None)
            self.events.append({
                "id": f"evt_{len(self.events):032x}", "type": kind, "timestamp": instant(time.time()),
                "data": {"sequence": len(self.events) + 1, "provider": "huawei", "job": {key: job[key] for key in ("name", "provider", "job_id", "labels")},
                         "build": build, "change": None, "previous": before and {key: before[key] for key in ("number", "outcome")},
                         "reason": None, "summary": f"{name} #{build['number']}"}})
            self.changed.notify_all()

    # --- the answers

    def answer(self, path, query):
        """-> (status, object)"""
        parts = path.split("/")[3:]
        limit = query.get("limit", str(USUAL))
        if not limit.isdecimal() or int(limit) == 0:
            return 400, {"error": {"code": "bad_request", "message": "limit is no positive number"}}
        limit = min(MOST, int(limit))
        with self.changed:
            if parts == ["jobs"]:
                left = sorted(name for name in self.jobs if name > query.get("after", ""))
                return 200, {"jobs": [self._told(name) for name in left[:limit]], "next": left[limit - 1] if len(left) > limit else None}
            if len(parts) == 2 and parts[0] == "jobs" and parts[1] in self.jobs:
                return 200, self._told(parts[1])
            if len(parts) == 3 and parts[0] == "jobs" and parts[2] == "builds" and parts[1] in self.jobs:
                return 200, {"builds": self.jobs[parts[1]]["past"][:limit]}
            if parts == ["sinks"]:
                return 200, {"sinks": self.sinks}
        return 404, {"error": {"code": "not_found", "message": "no such thing"}}

    def _told(self, name):
        job = (self.frozen or self.jobs)[name]
        last = next((one["outcome"] for one in job["past"] if not one["building"]), None)
        return {key: value for key, value in job.items() if key != "past"} | {
            "running": [one for one in job["past"] if one["building"]], "last_outcome": last}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads, block_on_close, request_queue_size = True, False, 64

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # a browser may hang up when it likes
            super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.place.sockets.add(self.connection)

    def finish(self):
        self.server.place.sockets.discard(self.connection)
        try:
            super().finish()
        except OSError:
            pass

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        place = self.server.place
        path, _, query = self.path.partition("?")
        place.asked.append(self.path if self.command == "GET" else f"{self.command} {self.path}")
        while place.mute:
            time.sleep(0.05)
        try:
            if path == "/api/v1/events/stream":
                self._stream(place)
            elif path in FILES:
                name, kind = FILES[path]
                self._send(200, kind, (PAGE / name).read_bytes() + (place.newer if name == "app.js" else b""))
            else:
                status, told = place.answer(urllib.parse.unquote(path), dict(urllib.parse.parse_qsl(query)))
                self._send(status, "application/json", json.dumps(told).encode())
        except OSError:
            self.close_connection = True

    def _send(self, status, kind, body):
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if status == 200 and self.headers.get("if-none-match") == tag:
            status, body = 304, b""
        self.send_response(status)
        told = {"content-type": kind, "content-length": str(len(body))} if status != 304 else {}
        self._end({"etag": tag, "cache-control": "no-cache"} if status in (200, 304) else {"cache-control": "no-store"}, told)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _end(self, *headers):
        for name, value in [pair for part in (*headers, SAFETY) for pair in part.items()]:
            self.send_header(name, value)
        self.end_headers()

    def _stream(self, place):
        self.close_connection = True
        if place.full:
            self._send(503, "application/json", json.dumps({"error": {"code": "busy", "message": "too many event streams are open"}}).encode())
            return
        while place.held:
            time.sleep(0.05)
        with place.changed:
            place.streaming += 1
        try:
            self._events(place)
        finally:
            with place.changed:
                place.streaming -= 1

    def _events(self, place):
        server, turn = self.server, place.streams
        sent = int(self.headers.get("last-event-id") or len(place.events))
        self.send_response(200)
        self._end({"content-type": "text/event-stream", "cache-control": "no-store"})
        self.wfile.write(b"retry: 2000\n\n")
        quiet = 0
        while place.server is server and place.streams == turn and not select.select([self.connection], [], [], 0)[0]:  # a browser says no more, but that it has gone
            with place.changed:
                fresh = place.events[sent:]
                quiet = 0 if fresh or place.changed.wait(0.25) else quiet + 1
            if quiet == 60:
                quiet = 0
                self.wfile.write(b": alive\n\n")
            for event in fresh:
                sent = event["data"]["sequence"]
                self.wfile.write(f"id: {sent}\ndata: {json.dumps(event)}\n\n".encode())
