"""The disk: full, read-only, a file that is damaged, newer or in use. Nothing is told that is not stored, nothing of the user's is destroyed."""

import contextlib
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

from support import case
from support.api import ANYWHERE, Api
from support.case import Case

OLDEST = pathlib.Path(__file__).resolve().parents[1] / "data" / "store" / "v1.db"
ERROR = re.compile(r"\berror\b")
NOT_STORED = re.compile(r"could not be stored")


def mount(folder, *options):
    """A file system of its own in `folder`; -> why there is none, empty: it is there."""
    done = subprocess.run(["mount", *options, str(folder)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


class Disk(Case):
    def small_disk(self, size):
        """A folder that holds so many MiB; skips the test where mounting is not permitted."""
        folder = self.folder / "disk"
        folder.mkdir()
        try:
            trouble = mount(folder, "-t", "tmpfs", "-o", f"size={size}m", "tmpfs")
        except OSError as wrong:
            trouble = str(wrong)
        if trouble:
            raise unittest.SkipTest(f"no file system can be mounted here: {trouble}")
        self.addCleanup(subprocess.run, ["umount", "-l", str(folder)], check=False)
        return folder

    def refused(self, config, state):
        """A start that fails as the store cannot be used; -> what it said."""
        daemon = self.start(config, state=state)
        self.assertEqual(daemon.ended(), 1)
        self.assertEqual(daemon.output, "")
        self.assertEqual(len(daemon.said_of(ERROR)), 1, daemon.log)
        return daemon.said_of(ERROR)[0]


class Full(Disk):
    JOBS = 100

    def fill(self, folder):
        """Takes all that is left; -> the file that does."""
        filler = folder / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            for size in (65536, 4096, 512):
                with contextlib.suppress(OSError):
                    while file.write(b"x" * size) == size:
                        pass
        return filler

    def fill_with_events(self, hook):
        """A daemon whose disk is full while builds end; -> it, its configuration, the disk."""
        folder = self.small_disk(1)
        jobs = self.builds(self.JOBS, "running")
        labels = {f"label-{n}": "x" * 200 for n in range(20)}  # 4 KiB an event: more than the disk holds
        config = self.config([job | {"labels": labels} for job in jobs], {"hook": self.to(hook)}, http=ANYWHERE)
        daemon = self.start(config, state=folder)
        daemon.wait_told(hook)
        self.finish(*range(1, self.JOBS + 1), word="FAILURE")
        daemon.wait_log(NOT_STORED)
        return daemon, config, folder

    def make_room(self, folder):
        self.assertEqual(mount(folder, "-o", "remount,size=64m"), "")

    def wait_for_all(self, daemon, hook, folder):
        daemon.wait(lambda: len(set(hook.ids(type="build.finished"))) == self.JOBS, "the end of every build, now that there is room")
        self.all_recorded(daemon, folder)
        daemon.stop()
        told = {r.id: r.event for r in hook.seen()}
        kept = self.ask_store(folder, "history", "--events")
        self.assertEqual([event["id"] for event in kept], sorted(told, key=lambda name: told[name]["data"]["sequence"]))

    def test_full_disk(self):
        hook = self.receiver()
        daemon, _, folder = self.fill_with_events(hook)
        full = time.monotonic()
        api = Api(daemon)
        sick = api.get("/healthz")
        self.assertEqual(sick.status, 503)
        self.assertIn("store", sick.text)
        self.assertEqual(api.get("/api/v1/jobs").status, 200, "what is known can still be looked at")
        self.simulator.wait_requests(3 * self.JOBS, since=self.simulator.next())
        told = set(hook.ids())
        stored = {event["id"] for event in self.ask_store(folder, "history", "--events")}
        said, minutes = len(daemon.said_of(NOT_STORED)), int((time.monotonic() - full) / 60)
        self.assertLess(len(hook.ids(type="build.finished")), self.JOBS, "the disk was not full")
        self.assertLessEqual(told, stored, "told, but not stored")
        self.assertLessEqual(said, 1 + minutes, "said once a minute, not for every poll")
        self.make_room(folder)
        api.wait("/healthz", lambda answer: True, "health")
        self.wait_for_all(daemon, hook, folder)
        self.check_events([r.event for r in hook.seen()])

    def ended_while_full(self, end):
        hook = self.receiver()
        daemon, config, folder = self.fill_with_events(hook)
        daemon.end(end)
        self.make_room(folder)
        self.wait_for_all(self.start(config, state=folder), hook, folder)

    def test_stopped_while_full(self):
        self.ended_while_full(signal.SIGTERM)

    def test_killed_while_full(self):
        self.ended_while_full(signal.SIGKILL)

    def test_full_at_the_start(self):
        folder, hook = self.small_disk(1), self.receiver()
        filler = self.fill(folder)
        config = self.config(self.builds(1, "running"), {"hook": self.to(hook)})
        self.assertRegex(self.refused(config, folder), re.escape(str(folder)) + ".*(full|[Nn]o space)")
        filler.unlink()
        daemon = self.start(config, state=folder)
        daemon.wait(hook.seen, "the event")


class ReadOnly(Disk):
    def test_read_only_directory(self):
        folder = self.small_disk(8)
        config = self.config(self.builds(1, "finished", word="SUCCESS"))
        trouble = mount(folder, "-o", "remount,ro")
        self.assertEqual(trouble, "")
        self.assertRegex(self.refused(config, folder), re.escape(str(folder)) + ".*([Rr]ead-only|writ)")
        self.assertEqual(mount(folder, "-o", "remount,rw"), "")
        daemon = self.start(config, state=folder)
        daemon.wait_events()
        daemon.stop()
        self.assertEqual(mount(folder, "-o", "remount,ro"), "")
        self.assertRegex(self.refused(config, folder), re.escape(str(folder)) + ".*([Rr]ead-only|writ)")
        self.assertEqual(len(self.ask_store(folder, "history", "--events")), 1, "what is there can still be looked at")

    def test_no_such_directory(self):
        folder = self.folder / "not" / "there"
        config = self.config(self.builds(1, "finished", word="SUCCESS"), store=f"sqlite:{folder}/state.db")
        self.assertIn(str(folder), self.refused(config, None))


class Home(Case):
    def test_a_home_where_nothing_is_yet(self):
        home = self.folder / "home"
        home.mkdir()
        daemon = self.start(self.config(self.builds(1, "finished", word="SUCCESS")), env={"STATE_DIRECTORY": "", "HOME": str(home)})
        daemon.wait_events()
        self.assertTrue((home / ".local/state/buildwatch/state.db").exists())
        self.assertEqual((home / ".local").stat().st_mode & 0o777, 0o700)


class Files(Disk):
    """The store's file is not what it should be: the start fails, says what to do, and the file stays as it was."""

    def made(self, count=40):
        """The file of a store with `count` builds; its daemon has ended."""
        self.path = self.folder / "state.db"
        config = self.config(self.builds(count, "finished", word="SUCCESS"), store=f"sqlite:{self.path}")
        daemon = self.start(config)
        daemon.wait_events(count)
        daemon.stop()
        return config

    def assert_refused_and_unchanged(self, config, *patterns):
        before = self.path.read_bytes()
        line = self.refused(config, None)
        for pattern in (re.escape(str(self.path)), *patterns):
            self.assertRegex(line, pattern)
        self.assertEqual(self.path.read_bytes(), before, "the file was changed")
        self.assertNotEqual(self.command("history", "--config", str(self.folder / "buildwatch.yaml")).returncode, 0)
        self.assertEqual(self.path.read_bytes(), before, "the file was changed")

    def test_garbage(self):
        config = self.made(1)
        for garbage in (b"this is no database\n" * 500, bytes(range(256)) * 64, b"\0" * 8192):
            with self.subTest(garbage[:10]):
                self.path.write_bytes(garbage)
                self.assert_refused_and_unchanged(config, r"(?i)no database|not a database|damaged", r"(?i)move|restore|delete|remove")

    def test_damaged_in_the_middle(self):
        config = self.made()
        whole = self.path.read_bytes()
        self.assertGreater(len(whole), 8 * 4096)
        middle = len(whole) // 2 // 4096 * 4096
        self.path.write_bytes(whole[:middle] + bytes(255 - byte for byte in whole[middle:middle + 4096]) + whole[middle + 4096:])
        before = self.path.read_bytes()
        line = self.refused(config, None)
        self.assertRegex(line, re.escape(str(self.path)) + r".*(?i:damaged|malformed)")
        self.assertRegex(line, r"(?i)move|restore|delete|remove")
        self.assertEqual(self.path.read_bytes(), before)

    def test_cut_short(self):
        config = self.made()
        whole = self.path.read_bytes()
        self.path.write_bytes(whole[:len(whole) // 2])
        before = self.path.read_bytes()
        self.assertRegex(self.refused(config, None), r"(?i)damaged|malformed")
        self.assertEqual(self.path.read_bytes(), before)

    def test_newer_schema(self):
        config = self.made()
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.assert_refused_and_unchanged(config, r"newer")

    def test_two_daemons(self):
        self.path = self.folder / "state.db"
        config = self.config(self.builds(1, "running"), store=f"sqlite:{self.path}")
        first = self.start(config)
        first.wait_events(type="build.started")
        line = self.refused(config, None)
        self.assertRegex(line, rf"\b{first.process.pid}\b")
        self.builds(1, "finished", word="SUCCESS")
        first.wait_events(type="build.finished")
        first.kill()
        third = self.start(config)
        third.wait_log(re.compile("watches 1 jobs"))
        third.stop()

    @unittest.skipUnless(OLDEST.exists(), f"{OLDEST.name} is missing")
    def test_a_store_of_the_first_version(self):
        self.path = self.folder / "state.db"
        shutil.copyfile(OLDEST, self.path)
        config = self.config(self.builds(3, "running"), store=f"sqlite:{self.path}")
        written = self.folder / "buildwatch.yaml"
        daemon = self.start(config)
        daemon.wait_events(3, type="build.started")
        before = [event["id"] for event in self.ask_store(self.folder, "history", "--events")]
        self.builds(3, "finished", word="SUCCESS")
        daemon.wait_events(3, type="build.finished")
        daemon.stop()
        self.assertTrue(written.exists())
        after = [event["id"] for event in self.ask_store(self.folder, "history", "--events")]
        self.assertGreater(len(before), 3, "what it held is there")
        self.assertEqual(after[:len(before)], before)


if __name__ == "__main__":
    sys.exit(case.main())
