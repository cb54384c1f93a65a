"""A store of the first schema version, in which jobs were watched by number: they go on, and may be followed from then on."""

import contextlib
import pathlib
import shutil
import sqlite3
import sys
import time

from support import case
from support.case import PROVIDER, job_id
from support.following import Following

OLDEST = pathlib.Path(__file__).resolve().parents[1] / "data" / "store" / "v1.db"
LEFT = {1: "finished", 2: "running", 3: "waiting"}  # number of the job: how its build 40 stood


class Upgrade(Following):
    def setUp(self):
        super().setUp()
        for number, phase in LEFT.items():
            self.now(number, 40, {"waiting": "absent"}.get(phase, phase), word="FAILURE")
        self.store = pathlib.Path(self.state())
        self.file_of_store = self.store / "state.db"
        shutil.copyfile(OLDEST, self.file_of_store)
        with contextlib.closing(sqlite3.connect(self.file_of_store)) as old, old:
            self.assertEqual(old.execute("PRAGMA user_version").fetchone(), (1,))
            self.leave(old)
        self.since = self.simulator.next()

    def leave(self, old):
        """Writes into that file what a daemon of its version knew and had told. Ids of events are the same for ever."""
        seen = int(time.time() * 1000) - 60_000
        old.executemany(f"INSERT INTO jobs VALUES ('{PROVIDER}', ?, 40, ?, ?, 1, ?, NULL, 0, 0, NULL, 0)",
                        [(job_id(number), f"job-{number}", phase, seen if phase == "running" else None) for number, phase in LEFT.items()])
        old.execute(f"INSERT INTO builds VALUES (NULL, '{PROVIDER}', ?, 40, 'job-1', 0, 'failure', 'FAILURE', 'cn-north-4', NULL, ?, 0, ?, ?)",
                    (job_id(1), seen, seen - 1, seen + 1))
        elsewhere = self.start(self.by_number())
        told = elsewhere.wait_events(2)
        elsewhere.stop()
        old.executemany(f"INSERT INTO events (id, type, timestamp, provider, job_id, job, labels, build, building, outcome, result, region, times_exact)"
                        f" VALUES (?, ?, {seen}, '{PROVIDER}', ?, ?, '{{}}', 40, ?, ?, ?, 'cn-north-4', 0)",
                        [(event["id"], event["type"], event["data"]["job"]["job_id"], event["data"]["job"]["name"], build["building"],
                          build["outcome"], build["result"] or "") for event in told for build in (event["data"]["build"],)])

    def now(self, number, build, state, **more):
        self.simulator.job(job_id(number), build, state, **more)

    def by_number(self, build=40):
        """All three, each watched by a number, as they were."""
        return self.following(jobs=[self.job(f"job-{number}", number, build=build) for number in LEFT])

    def version(self):
        with contextlib.closing(sqlite3.connect(self.file_of_store)) as file:
            return file.execute("PRAGMA user_version").fetchone()[0]

    def told_of(self, daemon):
        """{(job, type, number)} of its events, each of which came once."""
        told = [(event["data"]["job"]["name"], event["type"].partition(".")[2], event["data"]["build"]["number"])
                for event in self.check_events(daemon.events())]
        self.assertEqual(len(told), len(set(told)), told)
        return set(told)

    def looked_at(self, *numbers):
        """The newest build of each has been looked for, more than once: what was there has been seen."""
        for number in numbers:
            self.settled(number=number)

    def test_builds_by_number_go_on(self):
        daemon = self.start(self.by_number(), state=self.store)
        self.simulator.wait_requests(3, job=job_id(2), call="build-info")
        self.simulator.wait_requests(3, job=job_id(3), call="build-info")
        self.assertGreater(self.version(), 1)
        self.assertEqual(self.told_of(daemon), set(), "what ran had been told, and what had ended")
        self.now(2, 40, "finished", word="SUCCESS")
        self.now(3, 40, "running")
        self.finished(daemon, 40, job="job-2")
        self.started(daemon, 40, job="job-3")
        daemon.stop()
        self.assertEqual(self.told_of(daemon), {("job-2", "finished", 40), ("job-3", "started", 40)})
        self.now(3, 40, "finished", word="SUCCESS")
        daemon = self.start(self.by_number(), state=self.store)
        self.finished(daemon, 40, job="job-3")
        daemon.stop()
        self.assertEqual(self.told_of(daemon), {("job-3", "finished", 40)})
        self.assertEqual(self.simulator.requests(since=self.since, job=job_id(1), call="build-info"), [], "a finished build is final")

    def test_a_job_that_was_watched_by_number_is_followed(self):
        """Its first sight is a silent baseline, and what the number was told of is not told again."""
        followed = self.following(jobs=[self.followed(f"job-{number}", number) for number in LEFT])
        daemon = self.start(followed, state=self.store)
        self.looked_at(1, 2, 3)
        self.assertEqual(self.told_of(daemon), set())
        self.now(2, 40, "finished", word="SUCCESS")
        self.finished(daemon, 40, job="job-2")
        for number in (1, 3):
            self.now(number, 41, "running")
            self.started(daemon, 41, job=f"job-{number}")
        self.now(1, 41, "finished", word="SUCCESS")
        data = self.finished(daemon, 41, job="job-1")
        self.assertEqual((data["change"], data["previous"]), ("fixed", {"number": 40, "outcome": "failure"}))
        daemon.stop()
        self.assertEqual(self.told_of(daemon), {("job-2", "finished", 40), ("job-1", "started", 41), ("job-1", "finished", 41),
                                                ("job-3", "started", 41)})

    def test_and_back_again(self):
        followed = self.following(jobs=[self.followed(f"job-{number}", number) for number in LEFT])
        daemon = self.start(followed, state=self.store)
        self.looked_at(1, 2, 3)
        self.now(1, 41, "running")
        self.started(daemon, 41, job="job-1")
        self.now(2, 40, "finished", word="SUCCESS")
        self.finished(daemon, 40, job="job-2")
        daemon.stop()
        daemon = self.start(self.by_number(41), state=self.store)
        self.simulator.wait_requests(3, job=job_id(1), call="build-info", since=self.simulator.next())
        self.now(1, 41, "finished", word="SUCCESS")
        self.finished(daemon, 41, job="job-1")
        daemon.stop()
        self.assertEqual(self.told_of(daemon), {("job-1", "finished", 41)})
        daemon = self.start(self.by_number(40), state=self.store)
        self.simulator.wait_requests(3, job=job_id(3), call="build-info", since=self.simulator.next())
        daemon.stop()
        self.assertEqual(self.told_of(daemon), set())


if __name__ == "__main__":
    sys.exit(case.main())
