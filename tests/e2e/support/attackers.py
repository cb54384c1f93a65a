"""Clients that mean harm, each in a loop on a thread of its own until they are told to stop. None of them is in a hurry: what they
take of the machine would look like harm done to the daemon."""

import contextlib
import random
import socket
import ssl
import threading
import urllib.parse

from support.raw import Raw, get

WHOLE_PAGE = "/api/v1/jobs?limit=1000"


class Attackers:
    """`outcomes`: what each saw, by name; what goes wrong in one of them is in `failed`. A context manager."""

    def __init__(self, url, seed, idle=1000, slow=50, dripping=40):
        self.url, self.idle, self.slow, self.dripping = url, idle, slow, dripping
        self.chance, self.stop = random.Random(seed), threading.Event()
        self.outcomes, self.failed = {}, []
        self.threads = [threading.Thread(target=self._run, args=(attack,), daemon=True)
                        for attack in (self.slow_heads, self.fat_heads, self.fat_bodies, self.pipelined, self.breaking_off,
                                       self.idling, self.dripping_readers, self.garbage, self.handshakes)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _run(self, attack):
        self.outcomes[attack.__name__] = {}
        try:
            attack()
        except Exception as e:  # pylint: disable=broad-except
            self.failed.append(f"{attack.__name__}: {e!r}")

    def note(self, attack, what, count=1):
        seen = self.outcomes[attack.__name__]
        seen[what] = seen.get(what, 0) + count

    def _lone(self, attack, told):
        with Raw(self.url) as one:
            one.send(told)
            answer = one.answer()
            self.note(attack, answer.status if answer else "ended")

    def slow_heads(self):
        """Slowloris: a byte of a head now and then, from many."""
        head, all_of_them = get("/api/v1/jobs", "X: " + "x" * 1000), []
        with contextlib.ExitStack() as held:
            while not self.stop.wait(0.3):
                while len(all_of_them) < self.slow:
                    all_of_them.append([held.enter_context(Raw(self.url)), 0])
                for one in list(all_of_them):
                    if one[0].ended():
                        self.note(self.slow_heads, 408 if b" 408 " in one[0].seen else "ended")
                        all_of_them.remove(one)
                    else:
                        one[0].send(head[one[1]:one[1] + 1])
                        one[1] += 1

    def fat_heads(self):
        while not self.stop.wait(0.2):
            self._lone(self.fat_heads, get("/api/v1/jobs", "X: " + "x" * 65536 + "\r\n"))

    def fat_bodies(self):
        body = b"x" * 2**20
        chunked = get("/healthz", "Transfer-Encoding: chunked\r\n") + b"100000\r\n" + body + b"\r\n0\r\n\r\n"
        while not self.stop.wait(0.3):
            self._lone(self.fat_bodies, get("/healthz", f"Content-Length: {len(body)}\r\n") + body)
            self._lone(self.fat_bodies, chunked)

    def pipelined(self):
        while not self.stop.wait(0.3):
            with Raw(self.url) as one:
                one.send(get("/badge/hot-1.svg") * 100)
                answers = [one.answer() for _ in range(100)]
                self.note(self.pipelined, "all" if all(answer and answer.status == 200 for answer in answers) else "ended")

    def breaking_off(self):
        """In the middle of an answer."""
        while not self.stop.wait(0.1):
            with Raw(self.url, reads=4096) as one:
                one.send(get(self.chance.choice((WHOLE_PAGE, "/cc.xml", "/metrics"))))
                one.more(1000)
                one.reset()
            self.note(self.breaking_off, "reset")

    def idling(self):
        """More connections than there are places."""
        with contextlib.ExitStack() as held:
            all_of_them = [held.enter_context(Raw(self.url)) for _ in range(self.idle)]
            self.stop.wait()
            self.note(self.idling, "ended", sum(one.ended() for one in all_of_them))

    def dripping_readers(self):
        """A byte a second of an answer that fills what the kernel holds."""
        with contextlib.ExitStack() as held:
            all_of_them = [held.enter_context(Raw(self.url, reads=1024)) for _ in range(self.dripping)]
            for number, one in enumerate(all_of_them):
                one.send(get((WHOLE_PAGE, "/cc.xml")[number % 2]))
            while not self.stop.wait(1):
                for one in all_of_them:
                    one.more(1)
            for number, one in enumerate(all_of_them):
                end = (b'], "next": ', b"</Projects>")[number % 2]
                while end not in one.seen and one.more():
                    pass
                self.note(self.dripping_readers, "whole" if end in one.seen else "dropped")

    def garbage(self):
        while not self.stop.wait(0.1):
            self._lone(self.garbage, self.chance.randbytes(self.chance.randrange(1, 3000)) + b"\r\n\r\n")

    def handshakes(self):
        """TLS, where there is none."""
        place, context = urllib.parse.urlsplit(self.url), ssl.create_default_context()
        while not self.stop.wait(0.3):
            try:
                with socket.create_connection((place.hostname, place.port), 30) as plain:
                    context.wrap_socket(plain, server_hostname="localhost").close()
            except (ssl.SSLError, ConnectionError):
                self.note(self.handshakes, "refused")
