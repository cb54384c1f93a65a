"""A headless Chromium, driven over its DevTools protocol through a pair of pipes: no port, no websocket."""

import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading

PROGRAM = os.environ.get("BUILDWATCH_CHROMIUM") or shutil.which("chromium")
HANG = 120  # seconds until a call counts as hung; no test's verdict depends on it
FLAGS = ["--headless=new", "--no-first-run", "--no-default-browser-check", "--disable-extensions", "--disable-gpu",
         "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--force-color-profile=srgb", "--remote-debugging-pipe"]


class Refused(Exception):
    """The browser answered a call with an error."""


class Chromium:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="buildwatch-chromium-")
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        flags = FLAGS + [f"--user-data-dir={self.profile}"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
        # The browser reads descriptor 3 and writes 4, whatever numbers ours have.
        shell = f'exec {{from}}<&{to_browser} {{to}}>&{from_browser}; exec 3<&$from 4>&$to {{from}}<&- {{to}}>&-; exec "$0" "$@"'
        self.process = subprocess.Popen(["/bin/bash", "-c", shell, PROGRAM, *flags, "about:blank"], pass_fds=(to_browser, from_browser),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self._number = 0
        self._lock = threading.Lock()
        self._answers = {}
        self._listeners = {}
        threading.Thread(target=self._listen, daemon=True).start()
        self.call("Browser.getVersion")  # it speaks

    def call(self, method, session=None, **parameters):
        """-> the result of one call of the protocol."""
        with self._lock:
            self._number += 1
            number = self._number
            answer = self._answers[number] = queue.Queue()
            message = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
            data = json.dumps(message).encode() + b"\0"
            while data:
                data = data[os.write(self._write, data):]
        told = answer.get(timeout=HANG)
        if "error" in told:
            raise Refused(f"{method}: {told['error']}")
        return told["result"]

    def listen(self, session, listener):
        """`listener(method, parameters)` is called for each event of that session, on a thread of its own."""
        self._listeners[session] = listener

    def _listen(self):
        kept = b""
        while data := os.read(self._read, 1 << 16):
            *messages, kept = (kept + data).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    self._answers.pop(message["id"]).put(message)
                elif listener := self._listeners.get(message.get("sessionId")):
                    listener(message["method"], message["params"])
        for answer in list(self._answers.values()):
            answer.put({"error": "the browser has gone"})

    def close(self):
        try:
            self.call("Browser.close")
            self.process.wait(30)
        except (Refused, OSError, queue.Empty, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self._write)
        shutil.rmtree(self.profile, ignore_errors=True)
