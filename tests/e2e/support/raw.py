"""HTTP byte by byte, for clients that no library would be."""

import contextlib
import socket
import struct
import urllib.parse

from support.daemon import PATIENCE

HOST = "Host: localhost\r\n"


def get(path, more="", method="GET", version="HTTP/1.1"):
    return f"{method} {path} {version}\r\n{HOST}{more}\r\n".encode()


class Answer:
    def __init__(self, status, head, body):
        self.status, self.head, self.body = status, head, body

    def header(self, name):
        return next((line.partition(": ")[2] for line in self.head.split("\r\n")[1:] if line.lower().startswith(name.lower() + ":")), None)


class Raw:
    """A socket that is connected to the API. `reads`: size of the kernel's buffer for what comes, where little should be there."""

    def __init__(self, url, reads=None):
        place = urllib.parse.urlsplit(url)
        self.socket = socket.socket()
        if reads is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, reads)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((place.hostname, place.port))
        self.seen = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, told):
        """False: the other side has had enough."""
        try:
            self.socket.sendall(told)
            return True
        except OSError:
            return False

    def half_close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()

    def more(self, most=65536):
        """False: that was all."""
        try:
            some = self.socket.recv(most)
        except ConnectionResetError:
            return False
        self.seen += some
        return bool(some)

    def rest(self):
        """All until the other side ends."""
        while self.more():
            pass
        return self.seen

    def ended(self):
        """Whether the other side has ended, without waiting for it."""
        self.socket.setblocking(False)
        try:
            return not self.more()
        except BlockingIOError:
            return False
        finally:
            self.socket.settimeout(PATIENCE)

    def _until(self, end):
        while end not in self.seen:
            if not self.more():
                return None
        part, _, self.seen = self.seen.partition(end)
        return part

    def _take(self, count):
        while len(self.seen) < count and self.more():
            pass
        part, self.seen = self.seen[:count], self.seen[count:]
        return part

    def _chunks(self):
        body = b""
        while size := int(self._until(b"\r\n") or b"0", 16):
            body += self._take(size)
            self._take(2)
        self._take(2)
        return body

    def answer(self, head_only=False):
        """The next one; None: the other side has ended."""
        told = self._until(b"\r\n\r\n")
        if told is None:
            return None
        head = told.decode()
        one = Answer(int(head.split(" ")[1]), head, b"")
        if head_only:
            return one
        if one.header("Content-Length") is not None:
            one.body = self._take(int(one.header("Content-Length")))
        elif one.header("Transfer-Encoding") == "chunked":
            one.body = self._chunks()
        else:
            one.body, self.seen = self.rest(), b""
        return one


def ask(url, told, half_close=False):
    """Sends that on a connection of its own; -> the answer, or None."""
    with Raw(url) as one:
        one.send(told)
        if half_close:
            one.half_close()
        return one.answer()
