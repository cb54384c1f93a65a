"""The base of every end-to-end test: a simulator of its own, a folder, daemons and receivers that end with the test."""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "simulator"))

from client import Simulator
from support import daemon as daemons
from support import events
from support.receiver import Receiver, of_certificates

PROVIDER = "huawei"
SLACK = 10  # seconds; how late this machine may be
OUT = {"out": {"type": "stdout", "format": "json"}}


def job_id(number):
    return f"{number:032x}"


@unittest.skipUnless(daemons.BINARY, "BUILDWATCHD names no program")
class Case(unittest.TestCase):
    """`self.simulator` is fresh for each test."""

    simulator_arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator(*cls.simulator_arguments)
        cls.addClassCleanup(cls.simulator.close)

    def setUp(self):
        self.simulator.reset()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="buildwatch-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    # --- configuration

    def provider(self, listener="http", **more):
        told = {"type": "codearts", "endpoint": self.simulator.url(listener), "region": "cn-north-4", "auth": {"type": "none"},
                "rate_limit": "5000/s", "timeout": "10s"}
        if listener.startswith("https"):
            told["tls"] = {"ca_file": self.simulator.ca_file}
        return told | more

    def job(self, name, number=1, **more):
        """`number` makes the job_id; build 1 unless told otherwise."""
        return {"name": name, "job_id": job_id(number), "build": 1, **more}

    def builds(self, count, state, **more):
        """Jobs 1 to `count`, each with a build in that state; -> their configuration."""
        for number in range(1, count + 1):
            self.simulator.job(job_id(number), 1, state, **more)
        return [self.job(f"job-{number}", number) for number in range(1, count + 1)]

    def finish(self, *numbers, word="SUCCESS"):
        """The builds of those jobs end."""
        for number in numbers:
            self.simulator.job(job_id(number), 1, "finished", word=word)

    def to(self, receiver, path="/hook", **more):
        """A webhook that is tried again soon, and for longer than any test takes."""
        return {"type": "webhook", "url": receiver.url(path), "retry": ["100ms", "200ms"] + ["300ms"] * 97 + ["1h"], **more}

    def config(self, jobs, sinks=None, providers=None, **more):
        """Short intervals; one provider on the plain listener and a JSON stdout unless told otherwise."""
        return {"version": 1, "providers": providers or {PROVIDER: self.provider()},
                "defaults": {"poll": {"idle": "200ms", "building": "100ms", "mode": "fixed"}, "overdue_after": "never"},
                "jobs": jobs, "sinks": OUT if sinks is None else sinks, **more}

    def file(self, name, content, mode=0o644):
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        path.chmod(mode)
        return str(path)

    # --- processes

    def state(self):
        """A folder for the store of several daemons, one after the other: start(…, state=it)."""
        return tempfile.mkdtemp(prefix="state-", dir=self.folder)

    def start(self, config, *arguments, env=None, folder=None, state=None):
        """A running daemon; ended with the test, which fails if that does not go well. Its output is printed if the test failed.
        `state`: the folder of its store; a new one unless told."""
        if state is not None:
            env = {"STATE_DIRECTORY": str(state)} | (env or {})
        running = daemons.Daemon(folder or self.folder, config, arguments, env)
        self.addCleanup(self._finish, running)
        return running

    def _finish(self, running):
        try:
            if running.process.poll() is None:
                running.stop()
        finally:
            running.kill()
            if self._has_failed():
                print(f"--- log of {self.id()}\n{running.log[-20000:]}\n--- stdout\n{running.output[-5000:]}", file=sys.stderr)

    def _has_failed(self):
        # `_outcome.success` is true again while clean-ups run.
        result = self._outcome.result
        return any(getattr(test, "test_case", test) is self for test, _ in result.failures + result.errors)

    def command(self, *arguments, config=None, env=None):
        return daemons.command(self.folder, list(arguments), config, env)

    def ask_store(self, state, *arguments):
        """`history` or `outbox` with --json, of the store in that folder and the configuration written last; -> objects."""
        told = [*arguments, "--json", "--config", str(self.folder / "buildwatch.yaml")]
        done = daemons.command(self.folder, told, env={"STATE_DIRECTORY": str(state)})
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def owed(self, state):
        """What `outbox list` shows: undelivered and dead."""
        return self.ask_store(state, "outbox", "list")

    def all_recorded(self, daemon, state):
        """Waits until nothing is owed any more: what was delivered is in the store as well."""
        daemon.wait(lambda: not self.owed(state), "every delivery to be recorded")

    def receiver(self, certificate=None, **more):
        made = Receiver(of_certificates(self.simulator.certificates, certificate) if certificate else None, **more)
        self.addCleanup(made.close)
        return made

    # --- looking

    def polled(self, number, count=3):
        """Waits for so many further answers about that job; -> them."""
        return self.simulator.wait_requests(count, since=self.simulator.next(), job=job_id(number))

    def check_events(self, found):
        for event in found:
            events.check_event(event)
        ids = [event["id"] for event in found]
        self.assertEqual(len(ids), len(set(ids)), "an event came twice")
        return found

    def kinds(self, found):
        """[(type, outcome)] in order."""
        return [(event["type"], (event["data"]["build"] or {}).get("outcome")) for event in found]


def main():
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    unittest.main(verbosity=2)
