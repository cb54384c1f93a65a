"""Clients that are slow, greedy, broken or mean harm, against the real daemon: it polls on, tells what ends, and answers the others."""

import json
import os
import pathlib
import random
import resource
import sys
import threading
import time

from support import case
from support.api import ANYWHERE, Api
from support.attackers import Attackers
from support.case import PROVIDER, Case, job_id
from support.daemon import PATIENCE
from support.memory import SANITIZED, memory
from support.raw import Raw, ask, get

SEED = int(os.environ.get("BUILDWATCH_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
PLACES = 256  # http.connections


def samples(text):
    """{series: value} of an exposition."""
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))}


def descriptors(daemon):
    return len(list(pathlib.Path(f"/proc/{daemon.process.pid}/fd").iterdir()))


class Hostile(Case):
    simulator_arguments = ("--plain",)

    def served(self, jobs, **more):
        config = self.config(jobs, **more) | {"http": ANYWHERE}
        daemon = self.start(config)
        return daemon, Api(daemon)


class Beside(threading.Thread):
    """Runs while the `with` lasts; `stop` tells it the end."""

    def __init__(self):
        super().__init__(daemon=True)
        self.stop = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.join()


class Polite(Beside):
    """Asks one thing after the other, on a connection each, as scripts do: comes back at once if it is closed before it is answered."""

    PATHS = ("/healthz", "/api/v1/jobs?limit=5", "/api/v1/jobs/hot-1", "/metrics", "/badge/hot-2.svg", "/readyz")

    def __init__(self, url):
        super().__init__()
        self.url = url
        self.asked, self.again, self.wrong, self.slowest = 0, 0, [], 0

    def run(self):
        while not self.stop.wait(0.05):
            path = self.PATHS[self.asked % len(self.PATHS)]
            self.asked += 1
            began, answer = time.monotonic(), ask(self.url, get(path))
            if answer is None:
                self.again += 1
                answer = ask(self.url, get(path))
            self.slowest = max(self.slowest, time.monotonic() - began)
            if answer is None or answer.status != 200:
                self.wrong.append((path, answer and answer.status))


class Watch(Beside):
    """The most that the daemon took."""

    def __init__(self, daemon):
        super().__init__()
        self.of, self.descriptors = daemon, 0

    def run(self):
        while not self.stop.wait(0.1):
            self.descriptors = max(self.descriptors, descriptors(self.of))


class UnderAttack(Hostile):
    HOT = 100  # jobs that are polled twice a second
    COLD = 1900  # jobs that make answers large
    CONNECTIONS = 16  # to the provider
    ROUNDS = 10  # polls of each job that is hot, before and during the attack
    LONG = 20  # s; slow heads have 10, slow readers 15 for a piece of an answer

    # MiB. Answers that must be whole share 64; each of the places has at most some 0.1 of its own (a head, a piece that is sent and
    # the one that is made). The rest is for what grows in the daemon as it polls.
    MOST_MEMORY = 64 + PLACES * 0.1 + 16
    # Once they are gone; what the allocator keeps for next time.
    LASTING = 32

    # Shares of polls sent over 0.1 s late. Who can hold up the loop makes nearly all of them late, while a machine that has no time makes
    # them so with and without an attack.
    LATE, WORSE = "0.1024", 0.5

    def jobs(self):
        script = {job_id(number): {"builds": {"1": [{"at": 0, "state": "running"}]}} for number in range(1, self.HOT + self.COLD + 1)}
        self.simulator.script(script)
        soon, seldom = {"building": "500ms"}, {"idle": "5s", "building": "1h"}
        hot = [self.job(f"hot-{number}", number, poll=soon) for number in range(1, self.HOT + 1)]
        cold = [self.job(f"later-{number}-{'x' * 80}", number, poll=seldom) for number in range(self.HOT + 1, self.HOT + self.COLD)]
        return [*hot, *cold, self.job("ends", self.HOT + self.COLD, poll=soon)]

    def polled_often(self, daemon, least):
        """Until each job that is hot has been polled so often, and so many seconds have gone; -> shares of late polls, by metrics."""
        api, since, began = Api(daemon), self.simulator.next(), time.monotonic()
        before = samples(api.get("/metrics").text)

        def enough():
            counts = dict.fromkeys(range(1, self.HOT + 1), 0)
            for request in self.simulator.requests(since=since, call="build-info"):
                number = int(request["job"], 16)
                counts[number] = counts.get(number, 0) + 1
            return min(counts.values()) >= self.ROUNDS

        time.sleep(least)
        while not enough():
            self.assertIsNone(daemon.process.poll(), "the daemon ended")
            self.assertLess(time.monotonic(), began + least + PATIENCE, "polls were left out")
            time.sleep(1)
        after = samples(api.get("/metrics").text)
        grown = {name: after[name] - before.get(name, 0) for name in after if name.startswith("buildwatch_schedule_lag_seconds")}
        polls = grown["buildwatch_schedule_lag_seconds_count"]
        return 1 - grown[f'buildwatch_schedule_lag_seconds_bucket{{le="{self.LATE}"}}'] / polls, polls

    def test_polls_go_on(self):
        print(f"BUILDWATCH_TEST_SEED={SEED}", file=sys.stderr)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        jobs = self.jobs()
        daemon, api = self.served(jobs, providers={PROVIDER: self.provider(connections=self.CONNECTIONS, timeout="60s")})
        daemon.wait_events(len(jobs), type="build.started")
        self.polled_often(daemon, 0)
        held, took = descriptors(daemon), memory(daemon, "VmRSS")
        with Polite(api.url) as alone:
            calm, _ = self.polled_often(daemon, 5)
        with Watch(daemon) as most, Polite(api.url) as polite, Attackers(api.url, SEED) as attackers:
            time.sleep(1)
            self.finish(self.HOT + self.COLD, word="FAILURE")
            daemon.wait_events(1, type="build.finished", job="ends", outcome="failure")
            attacked, polls = self.polled_often(daemon, self.LONG)
        self.told(alone, polite, attackers, calm, attacked, polls, most, daemon, held, took)
        self.judge(daemon, api, polite, attackers, most, held)
        self.assertLess(attacked, calm + self.WORSE)
        if memory(daemon, "VmSize") < SANITIZED:
            self.assertLess(memory(daemon, "VmHWM"), took + self.MOST_MEMORY)
            self.assertLess(memory(daemon, "VmRSS"), took + self.LASTING)

    def told(self, *facts):
        alone, polite, attackers, calm, attacked, polls, most, daemon, held, took = facts
        for name, seen in attackers.outcomes.items():
            print(f"  {name}: {seen}", file=sys.stderr)
        print(f"of {polls:.0f} polls {attacked:.2%} were over 0.1 s late, {calm:.2%} without attackers; slowest polite answer {polite.slowest:.2f} s "
              f"of {polite.asked}, {alone.slowest:.2f} s without; {polite.again} asked twice; descriptors {held}, at most {most.descriptors}; "
              f"MiB {took:.1f}, at most {memory(daemon, 'VmHWM'):.1f}, now {memory(daemon, 'VmRSS'):.1f}", file=sys.stderr)

    def judge(self, daemon, api, polite, attackers, most, held):
        self.assertEqual(attackers.failed, [])
        self.assertEqual(polite.wrong, [])
        self.assertGreater(polite.asked, 0)
        self.as_expected(attackers.outcomes)
        after = samples(api.get("/metrics").text)
        self.assertEqual(after[f'buildwatch_polls_total{{provider="{PROVIDER}",result="failed"}}'], 0)
        self.assertEqual(after[f'buildwatch_provider_up{{provider="{PROVIDER}"}}'], 1)
        self.assertGreater(after['buildwatch_http_dropped_total{reason="slow"}'], 0)
        self.assertGreater(after['buildwatch_http_dropped_total{reason="evicted"}'], 0)
        self.assertEqual(after['buildwatch_http_answers_total{code="5xx"}'], 0)
        # Beside the places there are those whose connection is just ending.
        self.assertLessEqual(most.descriptors, held + 2 * PLACES)
        daemon.wait(lambda: descriptors(daemon) <= held + self.CONNECTIONS, "descriptors to be given back")
        self.assertNotIn(" error ", daemon.log)

    def as_expected(self, outcomes):
        """Each attack did happen, and was answered in one of the ways in which it may be."""
        allowed = {"slow_heads": {408, "ended"}, "fat_heads": {431, "ended"}, "fat_bodies": {413, 411, "ended"}, "pipelined": {"all", "ended"},
                   "breaking_off": {"reset"}, "idling": {"ended"}, "dripping_readers": {"dropped"}, "garbage": {400, 431, "ended"},
                   "handshakes": {"refused"}}
        self.assertEqual(outcomes.keys(), allowed.keys())
        for name, seen in outcomes.items():
            self.assertTrue(seen and seen.keys() <= allowed[name], f"{name}: {seen}")
        self.assertGreaterEqual(outcomes["idling"]["ended"], 1000 - PLACES)
        self.assertIn("all", outcomes["pipelined"])
        self.assertIn(408, outcomes["slow_heads"])


class Odd(Hostile):
    """Requests that are not as they should be, one at a time."""

    PATHS = ("/healthz", "/readyz", "/metrics", "/api/v1/jobs", "/api/v1/jobs/job-1", "/api/v1/jobs/job-1/builds", "/api/v1/events",
             "/api/v1/sinks", "/cc.xml", "/badge/job-1.svg", "/")

    def setUp(self):
        super().setUp()
        self.daemon, self.api = self.served(self.builds(3, "running"))
        self.daemon.wait_events(3)
        self.url = self.api.url

    def tearDown(self):
        self.assertEqual(self.api.get("/healthz").status, 200)
        self.assertNotIn(" error ", self.daemon.log)

    def status(self, told, **more):
        answer = ask(self.url, told, **more)
        if answer is not None and answer.status >= 400 and answer.body:
            self.assertEqual(set(json.loads(answer.body)["error"]), {"code", "message"})
        return answer and answer.status

    def test_other_methods(self):
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"):
            for path in (*self.PATHS, "/api/v1/events/stream"):
                answer = ask(self.url, get(path, method=method))
                self.assertEqual((answer.status, answer.header("Allow")), (405, "GET, HEAD"), f"{method} {path}")
        self.assertEqual(self.status(get("localhost:80", method="CONNECT")), 400)
        self.assertEqual(self.status(get("*", method="OPTIONS")), 400)

    def test_head_is_get_without_its_body(self):
        for path in self.PATHS:
            with Raw(self.url) as one:
                one.send(get(path, method="HEAD") + get(path))
                head, whole = one.answer(head_only=True), one.answer()
            names = [[line.partition(":")[0] for line in answer.head.split("\r\n")] for answer in (head, whole)]
            self.assertEqual((head.status, names[0]), (whole.status, names[1]), path)
            self.assertEqual(head.header("Content-Type"), whole.header("Content-Type"))
            self.assertGreater(len(whole.body), 0)
        with Raw(self.url) as one:
            one.send(get("/api/v1/events/stream", method="HEAD"))
            self.assertEqual(one.answer(head_only=True).header("Content-Type"), "text/event-stream")
            self.assertEqual(one.rest(), b"")

    def test_targets(self):
        for target, status in (("/../../etc/passwd", 404), ("/%2e%2e/%2e%2e/etc/passwd", 404), ("/..%2f..%2fetc/passwd", 404), ("//", 404),
                               ("//api/v1/jobs", 404), ("/api//v1/jobs", 404), ("/api/v1/jobs/", 404), ("/api/v1/jobs/..", 404),
                               ("/api/v1/jobs/%00", 404), ("/api/v1/jobs/job-1%00", 404), ("/badge/../job-1.svg", 404), ("/badge/.svg", 404),
                               ("/%61pi/v1/jobs", 200), ("/%", 400), ("/%z", 400), ("/%zz", 400), ("*", 400), ("api/v1/jobs", 400), ("/\xff", 404),
                               ("http://localhost/api/v1/jobs", 200), ("http://localhost", 200), 
                               ("http://evil.example.org/api/v1/jobs", 421), ("http://localhost@evil.example.org/", 400), ("http://", 400),
                               ("https://localhost/api/v1/jobs", 400), ("file:///etc/passwd", 400), ("/#x", 200), ("/" + "x" * 7000, 404),
                               ("/" + "x" * 9000, 431), ("/healthz?" + "x" * 7000, 200), ("/api/v1/jobs?limit=0", 400), ("/api/v1/jobs?limit=-1", 400),
                               ("/api/v1/jobs?limit=1e3", 400), ("/api/v1/jobs?limit=" + "9" * 30, 200), ("/api/v1/jobs?after=%00%ff", 200),
                               ("/api/v1/events?after=" + "9" * 30, 400), ("/api/v1/events?after=%00", 400), ("/api/v1/jobs?limit=%zz", 400),
                               ("/api/v1/jobs?" + "&" * 5000, 200), ("/healthz/", 404), ("/HEALTHZ", 404), ("/api/v1/jobs/job-1/builds/", 404)):
            self.assertEqual(self.status(get(target).decode().encode("latin-1")), status, target[:100])

    def test_versions(self):
        answer = ask(self.url, get("/metrics", version="HTTP/1.0"))
        self.assertEqual((answer.status, answer.header("Transfer-Encoding"), answer.header("Connection")), (200, None, "close"))
        self.assertIn(b"process_open_fds", answer.body)
        self.assertEqual(self.status(b"GET /healthz\r\n", half_close=True), None, "HTTP/0.9")
        self.assertEqual(self.status(b"GET /healthz\r\n\r\n"), 400)
        for version in ("HTTP/2.0", "HTTP/3", "HTTP/1.9", "HTTP/1.", "HTTP/11", "http/1.1", "ICY"):
            self.assertEqual(self.status(get("/healthz", version=version)), 400, version)

    def test_hosts(self):
        for lines, status in (("", 400), ("Host: localhost\r\nHost: localhost\r\n", 400), ("Host:\r\n", 421), ("Host: \r\n", 421),
                              ("Host: evil.example.org\r\n", 421), ("Host: localhost:1\r\n", 200), ("hOST: LOCALHOST\r\n", 200),
                              ("Host: localhost.evil.example.org\r\n", 421), ("Host: localhost, localhost\r\n", 421), ("Host : localhost\r\n", 400),
                              ("Host: [::1]\r\n", 200), ("Host: 127.0.0.1\r\n", 200), ("Host: 2130706433\r\n", 421)):
            self.assertEqual(self.status(f"GET /healthz HTTP/1.1\r\n{lines}\r\n".encode()), status, lines)

    def test_lengths_that_lie(self):
        hidden = get("/api/v1/jobs/none")
        with Raw(self.url) as one:  # what is announced as a body is none of a request
            one.send(get("/healthz", f"Content-Length: {len(hidden)}\r\n") + hidden + get("/healthz"))
            self.assertEqual([one.answer().status for _ in range(2)], [200, 200])
        with Raw(self.url) as one:  # and what is not announced is
            one.send(get("/healthz", "Content-Length: 0\r\n") + b"x=1\r\n\r\n")
            self.assertEqual([one.answer().status for _ in range(2)], [200, 400])
            self.assertEqual(one.rest(), b"")
        self.assertEqual(self.status(get("/healthz", "Content-Length: 10\r\n") + b"12345", half_close=True), None)
        for more in ("Content-Length: -1", "Content-Length: 1x", "Content-Length: 0x10", "Content-Length: " + "9" * 30,
                     "Content-Length: 1\r\nContent-Length: 2", "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip",
                     "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: xchunked"):
            self.assertEqual(self.status(get("/healthz", more + "\r\n")), 400, more)

    def test_a_client_that_has_said_all_is_answered(self):
        for path in self.PATHS:
            self.assertEqual(self.status(get(path), half_close=True), 200, path)

    def test_a_hundred_requests_at_once_are_answered_in_order(self):
        numbers = [number % 5 for number in range(100)]
        with Raw(self.url) as one:
            one.send(b"".join(get(f"/api/v1/jobs/job-{number}") for number in numbers))
            for number in numbers:
                answer = one.answer()
                self.assertEqual(answer.status, 200 if 1 <= number <= 3 else 404)
                if answer.status == 200:
                    self.assertEqual(json.loads(answer.body)["name"], f"job-{number}")

    def test_whatever_the_bytes(self):
        """Noise, and requests with some bytes changed: each gets an answer that is whole or none, and no failure of ours."""
        print(f"BUILDWATCH_TEST_SEED={SEED}", file=sys.stderr)
        chance, seen = random.Random(SEED), {}
        whole = [get(path, "Accept: */*\r\nIf-None-Match: \"x\"\r\nContent-Length: 3\r\nLast-Event-ID: 7\r\n") + b"abc" for path in self.PATHS]
        for _ in range(500):
            told = bytearray(chance.randbytes(chance.randrange(0, 400))) if chance.random() < 0.3 else bytearray(chance.choice(whole))
            for _ in range(chance.randrange(0, 6)):
                where = chance.randrange(0, len(told) + 1)
                told[where:where + chance.randrange(0, 3)] = chance.choice((chance.randbytes(1), b"\r\n", b"\0", b" ", b":", b"%", b"/", b"9" * 20, b""))
            with Raw(self.url) as one:
                one.send(told)
                one.half_close()
                while (answer := one.answer()) is not None:
                    self.assertLess(answer.status, 500, bytes(told))
                    seen[answer.status] = seen.get(answer.status, 0) + 1
                self.assertEqual(one.seen, b"", bytes(told))
        print(f"  {seen}", file=sys.stderr)
        self.assertGreater(seen[400], 0)
        self.assertGreater(seen[200], 0)


if __name__ == "__main__":
    sys.exit(case.main())
