"""The base of the tests: a container a class, with the package in it, and the simulator on its loopback."""

import os
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(TESTS / "e2e"), str(TESTS / "simulator")]

from client import Simulator
from machine import root
from machine.container import Container
from machine.service import Service
from support.receiver import Receiver

SKIPPED = 77  # what ctest takes for a test that could not be tried


def package():
    """The .deb under test."""
    found = sorted(pathlib.Path(os.environ["BUILDWATCH_PACKAGES"]).glob("buildwatch_*.deb"))
    if len(found) != 1:
        raise AssertionError(f"one package is wanted, not {[str(file) for file in found]}")
    return found[0]


def job_id(number):
    return f"{number:032x}"


class InsideSimulator(Simulator):
    """One whose sockets are the container's."""

    def __init__(self, container, *arguments):
        self.container = container
        with container.network():
            super().__init__("--plain", *arguments)

    def call(self, *arguments):
        with self.container.network():
            return super().call(*arguments)


class Case(unittest.TestCase):
    """`self.service` is installed once a class; each test starts from a machine on which it has never run."""

    installed = True
    impossible = None  # why no container could be booted

    @classmethod
    def setUpClass(cls):
        try:
            cls.container = Container(root.ready(package()))
        except root.Impossible as reason:
            Case.impossible = reason
            raise unittest.SkipTest(str(reason)) from None
        cls.addClassCleanup(cls.container.close)
        cls.service = Service(cls.container)
        cls.simulator = InsideSimulator(cls.container)
        cls.addClassCleanup(cls.simulator.close)
        if cls.installed:
            cls.service.install(package())

    def setUp(self):
        self.simulator.reset()
        if self.installed:
            self.addCleanup(self.forget)
        self.addCleanup(self.tell_failure)
        self.since = self.service.now()

    def forget(self):
        """Nothing that a test left behind reaches the next."""
        inside = self.container.run
        inside("systemctl", "stop", "buildwatchd*", check=False)
        inside("sh", "-c", "rm -rf /var/lib/private/buildwatch* /var/lib/buildwatch* /etc/systemd/system/buildwatchd* "
               "/etc/systemd/system/*.wants/buildwatchd* /etc/buildwatch/*/*")
        inside("systemctl", "daemon-reload")
        inside("systemctl", "reset-failed")

    def tell_failure(self):
        result = self._outcome.result
        if any(test is self for test, _ in result.failures + result.errors):
            print(f"--- journal of {self.id()}\n{self.service.said()}", file=sys.stderr)

    # --- configuration

    def config(self, jobs, sinks=None, **more):
        """The simulator as provider, short intervals, the log as sink unless told otherwise."""
        provider = {"type": "codearts", "endpoint": self.simulator.url(), "region": "cn-north-4", "auth": {"type": "none"}, "timeout": "10s"}
        return {"version": 1, "providers": {"huawei": provider | more.pop("provider", {})},
                "defaults": {"poll": {"idle": "200ms", "building": "100ms", "mode": "fixed"}, "overdue_after": "never"},
                "jobs": jobs, "sinks": sinks or {"journal": {"type": "log"}}, **more}

    def job(self, name, number=1, **more):
        """`number` makes the job_id; build 1 unless told otherwise."""
        return {"name": name, "job_id": job_id(number), "build": 1, **more}

    def receiver(self, **more):
        """A webhook receiver on the container's loopback."""
        with self.container.network():
            made = Receiver(**more)
        self.addCleanup(made.close)
        return made


def main():
    """Where no container can be booted, nothing is tested, and ctest is told so, loudly."""
    done = unittest.main(verbosity=2, exit=False)
    if Case.impossible:
        print(f"SKIPPED: nothing was tried with a real systemd: {Case.impossible}", file=sys.stderr)
        return SKIPPED
    return 0 if done.result.wasSuccessful() else 1
