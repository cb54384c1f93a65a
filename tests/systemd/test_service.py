"""The service as an administrator meets it: started, reloaded, stopped, without a network at first."""

import sys

from machine import case
from machine.case import Case, job_id

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


if __name__ == "__main__":
    sys.exit(case.main())
