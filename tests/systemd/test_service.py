"""The service as an administrator meets it: started, reloaded, killed, stuck, stopped, without a network at first."""

import re
import sys

from machine import case
from machine.case import Case, job_id

QUICK = "[Service]\nRestartSec=100ms\n"  # where a test waits for a restart: the unit's own 10 s are asserted on their own
BROKEN = "version: 1\nproviders: {huawei: {type: codearts, region: cn-north-4, auth: {type: none}}}\njobs:\n  - {nmae: one}\n"


class Start(Case):
    def test_a_failing_build_reaches_a_webhook(self):
        hook = self.receiver()
        self.simulator.job(job_id(1), 1, "running")
        self.service.configure(self.config([self.job("firmware")], {"hook": {"type": "webhook", "url": hook.url()}}))
        self.container.run("systemctl", "enable", "--now", "buildwatchd")
        self.assertEqual(self.service.show("ActiveState"), "active")
        self.service.wait(lambda: hook.seen(type="build.started"), "build.started")
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        got = self.service.wait(lambda: hook.seen(type="build.finished"), "build.finished")
        self.assertEqual([one.event["data"]["build"]["outcome"] for one in got], ["failure"])

    def test_started_means_ready(self):
        """`systemctl start` comes back when the first polls are under way, and the status line says what is watched."""
        self.simulator.job(job_id(1), 1, "running")
        self.simulator.job(job_id(2), 1, "queued")
        self.service.configure(self.config([self.job("one"), self.job("two", 2)]))
        self.service.start()
        self.assertEqual((self.service.show("Type"), self.service.show("ActiveState")), ("notify", "active"))
        self.service.wait(lambda: self.service.show("StatusText") == "watching 2 jobs, 1 running, 0 unreachable, 0 notifications waiting",
                          "the status line")

    def test_a_store_that_can_not_be_opened_is_not_ready(self):
        self.service.configure(self.config([self.job("one")], store="sqlite:/proc/state.db"))
        self.assertNotEqual(self.service.systemctl("start", check=False).returncode, 0)
        self.assertNotEqual(self.service.show("ActiveState"), "active")
        self.assertRegex("\n".join(self.service.lines(self.since)), "cannot write in the folder /proc")

    def test_a_wrong_configuration_fails_once(self):
        self.service.configure(BROKEN)
        self.assertNotEqual(self.service.systemctl("start", check=False).returncode, 0)
        self.service.wait_state("failed", "failed")
        facts = [self.service.show(name) for name in ("Result", "ExecMainStatus", "NRestarts")]
        self.assertEqual(facts, ["exit-code", "78", "0"])
        self.assertRegex("\n".join(self.service.lines(self.since)), r"/etc/buildwatch/buildwatch\.yaml:4:\d+: jobs\[0\]\.nmae: ")


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


class Reload(Case):
    def setUp(self):
        super().setUp()
        self.simulator.job(job_id(1), 1, "running")
        self.simulator.job(job_id(2), 1, "running")
        self.service.configure(self.config([self.job("one")]))
        self.service.start()
        self.pid = self.service.pid()

    def test_good(self):
        self.service.configure(self.config([self.job("one"), self.job("two", 2)]))
        self.service.systemctl("reload")
        self.service.wait(lambda: self.simulator.requests(job=job_id(2)), "a poll of the new job")
        self.service.wait(lambda: self.service.show("StatusText").startswith("watching 2 jobs, 2 running"), "the status line")
        self.service.wait_state("active", "running")
        self.assertEqual(self.service.pid(), self.pid)

    def test_bad(self):
        """The command itself fails, the journal says why, and the daemon goes on as it was."""
        self.service.configure(BROKEN)
        self.assertNotEqual(self.service.systemctl("reload", check=False).returncode, 0)
        self.assertRegex("\n".join(self.service.lines(self.since)), r"/etc/buildwatch/buildwatch\.yaml:4:\d+: jobs\[0\]\.nmae: ")
        self.assertEqual((self.service.show("ActiveState"), self.service.pid()), ("active", self.pid))
        since = self.simulator.next()
        self.service.wait(lambda: self.simulator.requests(since=since, job=job_id(1)), "further polls")
        self.service.configure(self.config([self.job("one")]))
        self.service.systemctl("reload")

    def test_bad_without_the_command(self):
        """A SIGHUP that nobody checked before shows in `systemctl status`, until one goes well."""
        self.service.configure(BROKEN)
        self.service.kill("SIGHUP")
        self.service.wait(lambda: "the last reload failed" in self.container.run("systemctl", "status", "buildwatchd").stdout, "the status")
        self.service.wait_state("active", "running")
        self.service.configure(self.config([self.job("one")]))
        self.service.systemctl("reload")
        self.service.wait(lambda: "failed" not in self.service.show("StatusText"), "the status line")


class Stop(Case):
    """systemd is the judge: after 5 s it would kill, and say so."""

    def end(self):
        self.service.drop_in("strict", "[Service]\nTimeoutStopSec=5\n")
        since = self.service.now()
        self.service.systemctl("stop")
        told = "\n".join(self.service.lines(since))
        self.assertIn("Deactivated successfully", told)
        self.assertNotRegex(told, "timed out|SIGKILL|Main process exited")

    def test_with_a_webhook_that_hangs(self):
        hook = self.receiver(default={"hang": True})
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        self.service.configure(self.config([self.job("one")], {"hook": {"type": "webhook", "url": hook.url(), "timeout": "10m"}}))
        self.service.start()
        self.service.wait(hook.seen, "a try")
        self.end()

    def test_with_a_script_that_hangs(self):
        """It is ended with the daemon, though it does not want to."""
        self.container.write("/usr/local/bin/hangs", "#!/bin/sh\ntrap '' TERM INT\nsleep 1234567 & wait; sleep 1234567\n", 0o755)
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        script = {"type": "exec", "command": ["/usr/local/bin/hangs"], "timeout": "10m"}
        self.service.configure(self.config([self.job("one")], {"script": script}))
        self.service.start()
        self.service.wait(lambda: self.sleepers(), "the script")
        self.end()
        self.assertEqual(self.sleepers(), [])

    def sleepers(self):
        """Processes in the container that are the script's."""
        found = []
        for folder in self.container.path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            found += [folder.name] if b"1234567" in command else []
        return found


class Network(Case):
    def test_that_comes_late_and_goes_again(self):
        hook = self.receiver()
        self.simulator.job(job_id(1), 1, "running")
        sinks = {"hook": {"type": "webhook", "url": hook.url(), "timeout": "500ms", "retry": ["200ms"] * 100}}
        self.service.configure(self.config([self.job("one")], sinks, provider={"timeout": "500ms"}))
        self.link("down")
        try:
            self.service.start()
            self.service.wait_line(r"^job one: .*next try", self.since)
            self.link("up")
            self.service.wait(lambda: hook.seen(type="build.started"), "build.started")
            self.link("down")
            self.simulator_out_of_band(1, "FAILURE")
            self.link("up")
            self.service.wait(lambda: hook.seen(type="build.finished"), "build.finished")
        finally:
            self.link("up")
        self.assertEqual((self.service.show("NRestarts"), self.service.show("ActiveState")), ("0", "active"))

    def link(self, state):
        self.container.run("ip", "link", "set", "lo", state)

    def simulator_out_of_band(self, number, word):
        """The control interface is on loopback too: up for the one call only."""
        self.link("up")
        self.simulator.job(job_id(number), 1, "finished", word=word)
        self.link("down")


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


class Journal(Case):
    def test_fields_answer(self):
        hook = self.receiver(default={"status": 500})
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        self.simulator.job(job_id(2), 1, "finished", word="SUCCESS")
        sinks = {"journal": {"type": "log"}, "hook": {"type": "webhook", "url": hook.url()}}
        self.service.configure(self.config([self.job("red"), self.job("green", 2)], sinks))
        self.service.start()
        self.service.wait(lambda: len(hook.seen()) >= 1, "a try")
        found = self.service.wait(lambda: self.service.journal("BUILDWATCH_OUTCOME=failure", since=self.since), "an entry")
        entry = next(entry for entry in found if "red" in entry["MESSAGE"])
        told = hook.seen()[0].event
        self.assertEqual((entry["BUILDWATCH_JOB"], entry["BUILDWATCH_BUILD"]), ("red", "1"))
        self.assertRegex(entry["BUILDWATCH_EVENT_ID"], "^evt_")
        self.assertRegex(entry["MESSAGE_ID"], "^[0-9a-f]{32}$")
        self.assertEqual({e["BUILDWATCH_JOB"] for e in found}, {"red"})
        tries = self.service.wait(lambda: self.service.journal("BUILDWATCH_SINK=hook", since=self.since), "the failed try")
        self.assertEqual(tries[0]["PRIORITY"], "4")
        self.assertIn(told["id"], {e["BUILDWATCH_EVENT_ID"] for e in tries})

        self.assertNotIn("CODE_FILE", entry)  # nobody's business where it was built

    def test_the_catalogue_explains(self):
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        self.service.configure(self.config([self.job("red")]))
        self.service.start()
        self.service.wait(lambda: self.service.journal("BUILDWATCH_JOB=red", since=self.since), "an entry")
        told = self.container.out("journalctl", "--catalog", "--no-pager", "--unit=buildwatchd", "BUILDWATCH_JOB=red")
        self.assertIn("Defined-By: buildwatch", told)
        self.assertIn("Subject: A build has ended: red #1, failure", told)

    def test_a_repeated_failure_is_one_line(self):
        """While it lasts it is not said again with each poll; its end is one more."""
        self.simulator.job(job_id(1), 1, "running")
        self.simulator.fault("status", status=500)
        self.service.configure(self.config([self.job("one")]))
        self.service.start()
        self.simulator.wait_requests(4)
        failures = [entry for entry in self.service.journal(since=self.since) if entry.get("PRIORITY") in ("3", "4")]
        self.assertEqual(len(failures), 1, [entry["MESSAGE"] for entry in failures])
        self.simulator.clear_faults()
        since = self.simulator.next()
        self.simulator.wait_requests(2, since=since)
        entries = self.service.journal("BUILDWATCH_JOB=one", since=self.since)
        self.assertEqual(len([e for e in entries if re.search(r"(?i)again|recover|answers", e["MESSAGE"])]), 1,
                         [e["MESSAGE"] for e in entries])


if __name__ == "__main__":
    sys.exit(case.main())
