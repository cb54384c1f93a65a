"""The base of every end-to-end test: a simulator of its own, a folder, daemons and receivers that end with the test."""

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

    def start(self, config, *arguments, env=None, folder=None):
        """A running daemon; ended with the test, which fails if that does not go well. Its output is printed if the test failed."""
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
        return not getattr(self._outcome, "success", True)

    def command(self, *arguments, config=None, env=None):
        return daemons.command(self.folder, list(arguments), config, env)

    def receiver(self, certificate=None, **more):
        made = Receiver(of_certificates(self.simulator.certificates, certificate) if certificate else None, **more)
        self.addCleanup(made.close)
        return made

    # --- looking

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
