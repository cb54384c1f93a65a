"""The HTTP API of a running daemon, asked as a script would."""

import base64
import contextlib
import http.client
import json
import queue
import re
import socket
import threading
import time
import urllib.parse

from support.daemon import PATIENCE

AT = re.compile(r"the HTTP API is at (http://\S+)/")
ANYWHERE = {"listen": "127.0.0.1:0"}


def address_of(daemon):
    """Where the daemon says that it is, last."""
    daemon.wait(lambda: AT.search(daemon.log), "the address of the HTTP API")
    return AT.findall(daemon.log)[-1]


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


class Api:
    def __init__(self, daemon, token=None, host=None):
        self.url = address_of(daemon)
        self.token, self.host = token, host

    def headers(self, more):
        told = {"Host": self.host} if self.host else {}
        if self.token:
            told["Authorization"] = f"Bearer {self.token}"
        return told | (more or {})

    def connect(self):
        place = urllib.parse.urlsplit(self.url)
        return http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE)

    def get(self, path, headers=None, method="GET"):
        connection = self.connect()
        try:
            connection.request(method, path, headers=self.headers(headers))
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()

    def job(self, name):
        return self.get(f"/api/v1/jobs/{name}").json

    def wait(self, path, holds, what):
        """Asks until the answer is as wanted; -> it."""
        end = time.monotonic() + PATIENCE
        while True:
            answer = self.get(path)
            if answer.status == 200 and holds(answer.json):
                return answer.json
            if time.monotonic() > end:
                raise AssertionError(f"no {what}: {answer.status} {answer.text[:2000]}")
            time.sleep(0.05)

    def wait_job(self, name, holds, what="such a job"):
        return self.wait(f"/api/v1/jobs/{name}", holds, what)

    def stream(self, last=None):
        return Stream(self, last)


def basic(password, user="anybody"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Stream:
    """Server-sent events (WHATWG HTML, 9.2.6), read on a thread of their own."""

    def __init__(self, api, last=None):
        self.connection = api.connect()
        self.connection.request("GET", "/api/v1/events/stream", headers=api.headers({"Last-Event-ID": str(last)} if last is not None else {}))
        self.response = self.connection.getresponse()
        if self.response.status != 200:
            raise AssertionError(f"{self.response.status}: {self.response.read(1000)}")
        self.found, self.comments = queue.Queue(), 0
        self.socket = self.connection.sock or self.response.fp.raw._sock
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        fields = {}
        try:
            for line in self.response:
                text = line.decode().rstrip("\n")
                if text == "":
                    if "data" in fields:
                        self.found.put(fields)
                    fields = {}
                elif text.startswith(":"):
                    self.comments += 1
                else:
                    name, _, value = text.partition(": ")
                    fields[name] = value
        except (OSError, http.client.HTTPException, ValueError):
            pass
        self.found.put(None)

    def next(self):
        """The next event: {"id", "data", …}; None: the stream has ended."""
        return self.found.get(timeout=PATIENCE)

    def rest(self):
        """All until the stream ends."""
        found = []
        while (one := self.next()) is not None:
            found.append(one)
        return found

    def close(self):
        """At once: closing what is being read waits for the next heartbeat."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self._reader.join(PATIENCE)
        self.connection.close()
