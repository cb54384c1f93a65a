"""SIGHUP and deliveries: sinks and rules come, change and go; what is owed goes out or is dead for a reason."""

import base64
import os
import re
import shutil
import sys

from support import case
from support.case import Case


def new_secret():
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


class Sinks(Case):
    def test_added_with_a_rule(self):
        """A new sink gets only what happens after it exists."""
        old, new, jobs = self.receiver(), self.receiver(), self.builds(2, "running")
        rules = [{"events": ["all"], "to": ["old"]}]
        daemon = self.start(self.config(jobs, {"old": self.to(old)}, rules=rules))
        daemon.wait_told(old, 2)
        self.finish(1)
        daemon.wait_told(old, 3)
        rules = [*rules, {"events": ["all"], "to": ["new"]}]
        daemon.reload(self.config(jobs, {"old": self.to(old), "new": self.to(new)}, rules=rules))
        self.finish(2)
        daemon.wait_told(new)
        daemon.wait_told(old, 4)
        daemon.stop()
        self.assertEqual([(r.event["type"], r.event["data"]["job"]["name"]) for r in new.seen()], [("build.finished", "job-2")])
        self.assertEqual(len(old.seen()), 4)

    def test_rules_changed(self):
        hook, jobs = self.receiver(), self.builds(2, "running")
        sinks = {"hook": self.to(hook)} | case.OUT
        all_out = {"events": ["all"], "to": ["out"]}
        daemon = self.start(self.config(jobs, sinks, rules=[all_out, {"events": ["all"], "jobs": ["job-1"], "to": ["hook"]}]))
        daemon.wait_events(2)
        daemon.wait_told(hook)
        daemon.reload(self.config(jobs, sinks, rules=[all_out, {"events": ["failure"], "jobs": ["job-2"], "to": ["hook"]}]))
        self.finish(1, 2, word="FAILURE")
        daemon.wait_told(hook, 2)
        daemon.wait_events(4)
        daemon.stop()
        self.assertEqual([(r.event["type"], r.event["data"]["job"]["name"]) for r in hook.seen()],
                         [("build.started", "job-1"), ("build.finished", "job-2")])

    def test_another_url_gets_what_waits(self):
        hook, jobs = self.receiver(default={"status": 503}), self.builds(3, "running")
        daemon = self.start(self.config(jobs, {"hook": self.to(hook, "/old", retry=["1h"])} | case.OUT))
        ids = {event["id"] for event in daemon.wait_events(3)}
        daemon.wait_told(hook)
        hook.answer_with(lambda r: {"status": 204 if r.path == "/new" else 503})
        daemon.reload(self.config(jobs, {"hook": self.to(hook, "/new", retry=["100ms"] * 100)} | case.OUT))
        self.finish(1)
        daemon.wait_events(4)
        # What is under a schedule keeps its due time; what is new shows that the new address works, and frees the rest.
        state = daemon.state
        self.assertEqual(self.command("outbox", "retry", "--config", str(daemon.config), env={"STATE_DIRECTORY": state}).returncode, 0)
        daemon.wait(lambda: ids <= set(hook.ids(path="/new")), "all at the new address")
        daemon.wait_told(hook, 4, path="/new")
        daemon.stop()
        self.assertEqual(len(hook.seen(path="/new")), 4)

    def test_removed(self):
        hook, state, jobs = self.receiver(default={"status": 500}), self.state(), self.builds(3, "running")
        sinks = {"gone": self.to(hook, retry=["1h"])} | case.OUT
        daemon = self.start(self.config(jobs, sinks), state=state)
        made = {event["id"] for event in daemon.wait_events(3)}
        daemon.wait_told(hook, 3)
        daemon.reload(self.config(jobs))
        daemon.wait(lambda: all(row["state"] == "dead" for row in self.owed(state)), "what it was owed to be dead")
        self.finish(1)
        daemon.wait_events(4)
        daemon.stop()
        self.assertEqual(len(hook.seen()), 3)
        found = self.ask_store(state, "history", "--events")
        for event in found:
            told = {receipt["sink"]: receipt for receipt in event["deliveries"]}
            self.assertEqual(told["out"]["state"], "delivered")
            self.assertEqual("gone" in told, event["id"] in made)
            if "gone" in told:
                self.assertEqual(told["gone"]["state"], "dead")
                self.assertRegex(told["gone"]["why"], "removed")
                self.assertIn("500", told["gone"]["answer"])
        self.assertEqual(len(found), 4)

    def test_one_that_410_disabled_is_asked_again(self):
        hook, jobs = self.receiver(default={"status": 410}), self.builds(3, "running")
        sinks = {"hook": self.to(hook)} | case.OUT
        config = self.config(jobs, sinks)
        daemon = self.start(config)
        daemon.wait_events(3)
        daemon.wait_log(re.compile("410"))
        self.finish(1)
        daemon.wait_events(4)
        hook.answer_with({"status": 204})
        before = len(hook.seen())
        daemon.reload()
        self.finish(2)
        daemon.wait_told(hook, before + 1)
        daemon.stop()
        taken = [(r.event["type"], r.event["data"]["job"]["name"]) for r in hook.seen() if r.taken]
        self.assertEqual(taken, [("build.finished", "job-2")], "what it was owed before is dead")

    def test_secrets_in_files_are_read_again(self):
        hook, jobs, secrets = self.receiver(), self.builds(1, "running"), [new_secret(), new_secret()]
        sinks = {"hook": self.to(hook, secret="${file:" + self.file("secret", secrets[0]) + "}")}
        daemon = self.start(self.config(jobs, sinks))
        self.assertTrue(daemon.wait_told(hook)[0].signed_by(secrets[0]))
        self.file("secret", secrets[1])
        daemon.reload()
        self.finish(1)
        second = daemon.wait_told(hook, 2)[1]
        self.assertTrue(second.signed_by(secrets[1]))
        self.assertFalse(second.signed_by(secrets[0]))
        daemon.stop()
        for secret in secrets:
            self.assertNotIn(secret.removeprefix("whsec_"), daemon.log)

    def test_certificates_are_read_again(self):
        hook, jobs, ca = self.receiver("good"), self.builds(1, "running"), self.folder / "ca.pem"
        shutil.copyfile(self.simulator.certificates / "stranger.pem", ca)
        daemon = self.start(self.config(jobs, {"hook": self.to(hook, tls={"ca_file": str(ca)})}))
        daemon.wait_log(re.compile(r"\bhook\b.*certificate", re.I))
        self.assertEqual(hook.seen(), [])
        shutil.copyfile(self.simulator.ca_file, ca)
        daemon.reload()
        daemon.wait_told(hook)

    def test_removed_and_back_again_while_a_delivery_hangs(self):
        """What the sink is owed after its return is none of the business of what was under way before."""
        hook, jobs = self.receiver(), self.builds(3, "running")
        hook.answers = [{"hang": True}]
        sinks = {"hook": self.to(hook, timeout="1500ms", concurrency=1)} | case.OUT
        daemon = self.start(self.config(jobs[:1], sinks))
        daemon.wait_told(hook)
        daemon.reload(self.config(jobs[:1]))
        hook.answer_with({"status": 500})
        daemon.reload(self.config(jobs, sinks))
        owed = {event["id"] for event in daemon.wait_events(3)}
        daemon.wait_told(hook, 5)  # that one hangs no more
        hook.answer_with({"status": 204})
        daemon.wait(lambda: owed <= {r.id for r in hook.seen() if r.taken}, "what it was owed after its return")

    def test_stopped_while_a_removed_sink_hangs(self):
        hook, jobs = self.receiver(default={"hang": True}), self.builds(1, "running")
        daemon = self.start(self.config(jobs, {"hook": self.to(hook, timeout="10m")} | case.OUT))
        daemon.wait_told(hook)
        daemon.reload(self.config(jobs))
        daemon.stop()

    def test_while_a_delivery_hangs(self):
        hook, other, jobs = self.receiver(), self.receiver(), self.builds(2, "running")
        hook.answers = [{"hang": True}]
        sinks = {"hook": self.to(hook, timeout="1s", concurrency=1)}
        daemon = self.start(self.config(jobs, sinks))
        daemon.wait_told(hook)
        daemon.reload(self.config(jobs, {"hook": self.to(other, timeout="10s", concurrency=2)}))
        daemon.wait_told(other, 2)
        self.finish(1, 2)
        daemon.wait_told(other, 4)
        daemon.stop()
        self.assertEqual(len(hook.seen()), 1)
        self.assertEqual(len(self.check_events([r.event for r in other.seen()])), 4)


if __name__ == "__main__":
    sys.exit(case.main())
