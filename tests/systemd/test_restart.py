"""What systemd does about a daemon that dies or is stuck, and what it thinks of the unit."""

import re
import sys

from machine import case
from machine.case import Case, job_id

QUICK = "[Service]\nRestartSec=100ms\n"  # where a test waits for a restart: the unit's own 10 s are asserted on their own


class Restart(Case):
    def setUp(self):
        super().setUp()
        self.simulator.job(job_id(1), 1, "running")
        self.service.configure(self.config([self.job("one")]))

    def wait_restarts(self, count):
        self.service.wait(lambda: self.service.show("NRestarts") == str(count) and self.service.show("ActiveState") == "active",
                          f"restart {count}")

    def test_as_the_unit_says(self):
        self.service.start()
        told = dict(line.split("=", 1) for line in self.container.out("systemctl", "show", "buildwatchd").splitlines())
        wanted = {"Restart": "on-failure", "RestartUSec": "10s", "StartLimitIntervalUSec": "0", "RestartPreventExitStatus": "78",
                  "KillMode": "mixed", "TimeoutStopUSec": "10s", "LimitCORE": "0", "MemoryDenyWriteExecute": "no", "DynamicUser": "yes",
                  "WatchdogUSec": "30s"}
        self.assertEqual({name: told[name] for name in wanted}, wanted)
        self.assertFalse(set(told) & {"IPAddressAllow", "IPAddressDeny"})  # a rule that denies nothing would only please a counter

    def test_killed(self):
        """However often: there is no start limit."""
        self.service.drop_in("quick", QUICK)
        self.service.start()
        for count in range(1, 9):
            pid = self.service.pid()
            self.service.kill("SIGKILL")
            self.wait_restarts(count)
            self.assertNotEqual(self.service.pid(), pid)
        since = self.simulator.next()
        self.service.wait(lambda: self.simulator.requests(since=since), "polls after the last restart")

    def test_stuck(self):
        self.service.drop_in("quick", QUICK + "WatchdogSec=2s\n")
        self.service.start()
        self.service.kill("SIGSTOP")
        self.wait_restarts(1)
        self.assertRegex("\n".join(self.service.lines(self.since)), r"Watchdog timeout \(limit 2s\)")

    def test_not_stuck(self):
        """The loop feeds the watchdog, again and again."""
        self.service.drop_in("quick", QUICK + "WatchdogSec=2s\n")
        self.service.start()
        fed = set()
        self.service.wait(lambda: fed.add(self.service.show("WatchdogTimestampMonotonic")) or len(fed) >= 5, "the watchdog to be fed")
        self.assertEqual(self.service.show("NRestarts"), "0")


class Unit(Case):
    def test_security(self):
        overall = self.container.run("systemd-analyze", "security", "--no-pager", "buildwatchd.service").stdout
        value = float(re.search(r"Overall exposure level for buildwatchd\.service: (\S+)", overall)[1])
        self.assertLessEqual(value, 1.1, overall)

    def test_verify(self):
        """No word of complaint about either unit (their manual pages are not in the container's reach: it has no man)."""
        for unit in ("buildwatchd.service", "buildwatchd@one.service"):
            done = self.container.run("systemd-analyze", "verify", "--man=no", unit)
            self.assertEqual(done.stdout + done.stderr, "")


if __name__ == "__main__":
    sys.exit(case.main())
