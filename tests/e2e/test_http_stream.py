"""Server-sent events of the real daemon: under SIGKILL, past what is kept, and with readers that do not read."""

import contextlib
import json
import os
import pathlib
import random
import signal
import socket
import sqlite3
import sys
import time
import urllib.parse

from support import case
from support.api import ANYWHERE, Api
from support.case import job_id
from support.daemon import PATIENCE
from support.following import Following
from support.memory import SANITIZED, memory

SEED = int(os.environ.get("BUILDWATCH_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
PAGE = 1000
FUTURE = (10**6, 2**63 - 1, 2**63, 2**64 - 1)  # what a database's whole numbers hold, and beyond


def sequence(frame):
    return int(frame["id"])


def event(frame):
    return json.loads(frame["data"])


class Streams(Following):
    def all_events(self, api):
        """What the API has, page by page."""
        found, after = [], 0
        while page := api.get(f"/api/v1/events?after={after}&limit={PAGE}").json["events"]:
            found += page
            after = page[-1]["data"]["sequence"]
        return found

    def past_builds(self, job, first, last):
        """Builds that ended while nobody looked, a second apart."""
        self.simulator.job(job_id(job), history=[{"number": number, "started_ago": last - number + 2, "lasted": 1, "word": "SUCCESS"}
                                                 for number in range(first, last + 1)])

    def missed(self, api, jobs, builds):
        """So many builds of each job, told as caught up; waits until all of them are."""
        for job in range(1, jobs + 1):
            self.past_builds(job, 2, builds + 1)
        return api.wait("/api/v1/events?limit=1&after=" + str(jobs * builds - 1), lambda answer: answer["events"], "the last event")


class Reader:
    """One that comes back after each break with the last id that it has."""

    def __init__(self):
        self.frames, self.stream = [], None

    @property
    def last(self):
        return sequence(self.frames[-1]) if self.frames else 0

    def connect(self, api):
        self.stream = api.stream(self.last)

    def drain(self):
        """To the end of the stream."""
        if self.stream is not None:
            self.frames += self.stream.rest()
            self.stream = None

    def read_until(self, last):
        while self.last < last:
            frame = self.stream.next()
            if frame is None:
                raise AssertionError(f"the stream ended after {self.last}, before {last}")
            self.frames.append(frame)


class Killed(Streams):
    KILLS = 150
    JOBS = 24

    def test_every_event_comes_once_and_in_order(self):
        print(f"BUILDWATCH_TEST_SEED={SEED}", file=sys.stderr)
        chance, state = random.Random(SEED), self.state()
        self.simulator.script({job_id(number): {"repeat": {"first": 1, "every": chance.uniform(1.5, 4), "lasts": [0.3, 0.8, 1.2], "count": 10_000,
                                                           "words": ["SUCCESS", "FAILURE", "UNSTABLE"]}}
                               for number in range(1, self.JOBS + 1)})
        config = self.following(sinks={}, jobs=[self.followed(f"job-{number}", number) for number in range(1, self.JOBS + 1)]) | {"http": ANYWHERE}
        config["defaults"]["poll"] = {"idle": "300ms", "building": "200ms", "mode": "fixed"}
        eager, idle = Reader(), Reader()  # the second is away for longer
        resumed = 0
        for kill in range(self.KILLS):
            daemon = self.start(config, state=state)
            api = Api(daemon)
            eager.connect(api)
            if kill % 5 == 0:
                idle.connect(api)
            resumed += eager.last > 0
            self.wait_for_some(daemon, eager, chance)
            daemon.kill()
            eager.drain()
            idle.drain()
        api = Api(self.start(config, state=state))
        kept = self.all_events(api)
        for reader in (eager, idle):
            reader.connect(api)
            reader.read_until(kept[-1]["data"]["sequence"])
            reader.frames = reader.frames[:len(kept)]
            self.assertEqual([sequence(frame) for frame in reader.frames], list(range(1, len(kept) + 1)))
            self.assertEqual([event(frame) for frame in reader.frames], kept)
        stored = [{name: part for name, part in one.items() if name not in ("deliveries", "not_asked")}
                  for one in self.ask_store(state, "history", "--events")]
        self.assertEqual(stored[:len(kept)], kept)
        print(f"{self.KILLS} kills, {resumed} streams resumed, {len(kept)} events", file=sys.stderr)
        self.assertGreater(len(kept), self.KILLS, "builds started and ended meanwhile")

    def wait_for_some(self, daemon, reader, chance):
        """Some events more, or some time."""
        wanted, patience = chance.randrange(0, 8), time.monotonic() + chance.uniform(0.05, 1.5)
        while reader.stream.found.qsize() < wanted and time.monotonic() < patience:
            self.assertIsNone(daemon.process.poll(), f"it ended by itself:\n{daemon.log}")
            time.sleep(0.005)


class Kept(Streams):
    """What is kept reaches back so far only."""

    EVENTS = 10

    def setUp(self):
        super().setUp()
        self.store = self.state()
        self.past(1)
        self.config_kept = self.following(sinks={}, catch_up=100) | {"http": ANYWHERE, "retention": {"events": "1h"}}
        daemon = self.start(self.config_kept, state=self.store)
        self.settled()
        self.missed(Api(daemon), 1, self.EVENTS)
        daemon.stop()

    def restarted(self, aged):
        """A daemon for which the first `aged` events are older than is kept, once it has let them go."""
        for file in pathlib.Path(self.store).glob("*.db"):
            with contextlib.closing(sqlite3.connect(file)) as store, store:
                store.execute("UPDATE events SET timestamp = timestamp - 7200000 WHERE sequence <= ?", (aged,))
        daemon = self.start(self.config_kept, state=self.store)
        api = Api(daemon)
        api.wait("/api/v1/events", lambda answer: len(answer["events"]) == self.EVENTS - aged, "the old events to go")
        return daemon, api

    def begin_another(self, daemon):
        """One event more; -> its sequence."""
        self.begin(self.EVENTS + 2)
        return self.EVENTS + 1

    def told(self, daemon, api, last):
        """What a stream from there gives up to an event that happens meanwhile: ids, and gaps as their data."""
        found, stream = [], api.stream(last)
        while not found or found[-1] != self.EVENTS + 1:
            frame = stream.next()
            self.assertIsNotNone(frame, "the stream ended")
            found.append(event(frame) if frame.get("event") == "gap" else sequence(frame))
            self.assertEqual("id" in frame, frame.get("event") != "gap", "a gap is no place to resume from")
        return found

    def test_a_cursor_older_than_what_is_kept_gets_one_gap(self):
        daemon, api = self.restarted(6)
        self.begin_another(daemon)
        kept = [7, 8, 9, 10, 11]
        self.assertEqual(self.told(daemon, api, 0), kept, "0 is all that is kept")
        self.assertEqual(self.told(daemon, api, 1), [{"oldest": 7}, *kept])
        self.assertEqual(self.told(daemon, api, 5), [{"oldest": 7}, *kept])
        self.assertEqual(self.told(daemon, api, 6), kept)
        self.assertEqual(self.told(daemon, api, 8), [9, 10, 11])

    def test_where_none_is_kept_any_more(self):
        daemon, api = self.restarted(self.EVENTS)
        streams = {last: api.stream(last) for last in (0, 3, self.EVENTS)}
        gap = streams[3].next()
        self.assertEqual((gap["event"], event(gap)), ("gap", {"oldest": self.EVENTS + 1}))
        self.begin_another(daemon)
        for last, stream in streams.items():
            self.assertEqual(sequence(stream.next()), self.EVENTS + 1, last)

    def test_a_cursor_from_the_future_belongs_to_another_store(self):
        daemon, api = self.restarted(6)
        for last in FUTURE:
            self.assertEqual(api.get(f"/api/v1/events?after={last}").json["events"], [], last)
        self.begin_another(daemon)
        for last in FUTURE:
            self.assertEqual(self.told(daemon, api, last), [{"oldest": 7}, 7, 8, 9, 10, 11], last)

    def test_what_is_no_cursor(self):
        _, api = self.restarted(0)
        for last in ("x", "-1", "1.5", "", str(2**64), "1, 2"):
            self.assertEqual(api.get("/api/v1/events/stream", {"Last-Event-ID": last}).status, 400, last)


class Quiet(Streams):
    def test_comments_show_that_a_stream_lives_and_events_still_come(self):
        self.past(1)
        api = Api(self.start(self.following(sinks={}) | {"http": ANYWHERE}))
        self.settled()
        stream, end = api.stream(), time.monotonic() + PATIENCE
        while stream.comments < 2 and time.monotonic() < end:
            time.sleep(0.1)
        self.assertGreaterEqual(stream.comments, 2)
        self.begin(2)
        self.assertEqual(event(stream.next())["type"], "build.started")


class Deaf:
    """Asks for the stream and then reads nothing."""

    def __init__(self, api):
        place = urllib.parse.urlsplit(api.url)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that little waits in the kernel
        self.socket.settimeout(PATIENCE)
        self.socket.connect((place.hostname, place.port))
        self.socket.sendall(b"GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 0\r\n\r\n")

    def sequences(self):
        """Of the whole events that were on their way, once the server has ended."""
        told = bytearray()
        with contextlib.suppress(ConnectionResetError):
            while some := self.socket.recv(65536):
                told += some
        whole = told[:told.rfind(b"\n\n")].decode()
        return [int(line[4:]) for line in whole.split("\n") if line.startswith("id: ")]


class Unread(Streams):
    READERS = 60
    JOBS = 10
    BUILDS = 450
    LABEL = "x" * 1000  # makes an event larger than a kilobyte

    # What a stream may hold, in MiB: a piece of 64 KiB that is being sent and the one that is made of it, each in a text that
    # may have doubled as it grew, and its own 8 KiB. All together share 2 MiB of the newest events. The rest is for what the
    # daemon itself needs for thousands of builds caught up with.
    EACH, SHARED, REST = 0.27, 2, 24

    def test_readers_that_do_not_read_are_dropped_cost_little_and_resume(self):
        for job in range(1, self.JOBS + 1):
            self.simulator.job(job_id(job), history=[{"number": 1, "started_ago": 3600, "lasted": 60, "word": "SUCCESS"}])
        jobs = [self.followed(f"job-{number}", number, labels={"large": self.LABEL}) for number in range(1, self.JOBS + 1)]
        config = self.following(sinks={}, jobs=jobs, catch_up=1000) | {"http": ANYWHERE}
        daemon = self.start(config)
        api = Api(daemon)
        self.settled(number=self.JOBS)
        deaf = [self.deaf(api) for _ in range(self.READERS)]
        live = Reader()
        live.connect(api)
        self.streams(api, self.READERS + 1)
        before, count = memory(daemon, "VmRSS"), self.JOBS * self.BUILDS
        self.missed(api, self.JOBS, self.BUILDS)
        live.read_until(count)
        self.assertEqual([sequence(frame) for frame in live.frames], list(range(1, count + 1)))
        self.streams(api, 1)
        grown, space = memory(daemon, "VmHWM") - before, memory(daemon, "VmSize")
        told = sum(len(frame["data"]) for frame in live.frames) / 2**20
        print(f"{count} events of {told:.1f} MiB, {self.READERS} readers that do not read: the daemon grew by {grown:.1f} MiB", file=sys.stderr)
        if space < SANITIZED:
            self.assertLess(grown, self.READERS * self.EACH + self.SHARED + self.REST)
        for one in (deaf[0], deaf[self.READERS // 2], deaf[-1]):
            self.resumes(api, one.sequences(), count)

    def deaf(self, api):
        one = Deaf(api)
        self.addCleanup(one.socket.close)
        return one

    def streams(self, api, count):
        """Waits until so many are open."""
        end = time.monotonic() + PATIENCE
        while f"buildwatch_http_event_streams {count}" not in api.get("/metrics").text.splitlines():
            self.assertLess(time.monotonic(), end, f"never {count} streams")
            time.sleep(0.2)

    def resumes(self, api, seen, count):
        self.assertTrue(0 < len(seen) < count, f"{len(seen)} events were under way")
        stream = api.stream(seen[-1])
        seen += [sequence(stream.next()) for _ in range(count - seen[-1])]
        self.assertEqual(seen, list(range(1, count + 1)))


if __name__ == "__main__":
    sys.exit(case.main())
