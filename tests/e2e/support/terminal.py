"""A terminal of our own for a program's standard error or output: what it draws there, frame by frame."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata

from support import daemon as daemons

ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
COLOUR = re.compile(r"\x1b\[[0-9;:]*m")


def width(text):
    """Columns that it takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Terminal:
    """`buildwatchd ARGUMENTS` with a terminal as standard error, or as `on` says (and none else). Call finish() or kill()."""

    def __init__(self, folder, arguments, columns=80, env=None, on="stderr"):
        self.master, slave = pty.openpty()
        self.drawn = ""
        self._size(columns)
        try:
            self.process = subprocess.Popen([daemons.BINARY, *arguments], cwd=folder, stdin=subprocess.DEVNULL, text=True,
                                            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, on: slave},
                                            env=daemons.environment({"TERM": "xterm-256color", "LANG": "C.UTF-8"} | (env or {})))
        finally:
            os.close(slave)

    def _size(self, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def resize(self, columns):
        self._size(columns)
        self.process.send_signal(signal.SIGWINCH)

    def read(self, seconds):
        """What it draws within that time; False at its end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            part = os.read(self.master, 65536)
        except OSError:  # nobody has it open any more
            return False
        self.drawn += part.decode("utf-8", "replace")
        return bool(part)

    def frames(self):
        """What stood on a line at a time, without escapes; the last one may not be whole yet."""
        return [text for part in re.split(r"[\r\n]+", self.drawn) if (text := ESCAPE.sub("", part).rstrip())]

    def wait(self, condition, what):
        end = time.monotonic() + daemons.PATIENCE
        while not (value := condition()):
            if not self.read(0.05) and not condition():
                raise AssertionError(f"it ended while we waited for {what}; drawn: {self.drawn[-3000:]!r}")
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {what}; drawn: {self.drawn[-3000:]!r}")
        return value

    def wait_frame(self, pattern, since=0):
        """Until a frame after the first `since` matches; -> it."""
        return self.wait(lambda: next((frame for frame in self.frames()[since:] if re.search(pattern, frame)), None), f"a frame like {pattern}")

    def finish(self):
        """Waits for its end; -> exit status."""
        end = time.monotonic() + daemons.PATIENCE
        while self.read(0.05) and time.monotonic() < end:
            pass
        status = self.process.wait(daemons.PATIENCE)
        daemons.must_be_sound(status, self.drawn)
        return status

    def kill(self):
        if self.master is None:
            return
        self.process.kill()
        self.process.wait()
        (self.process.stdout or self.process.stderr).close()
        os.close(self.master)
        self.master = None
