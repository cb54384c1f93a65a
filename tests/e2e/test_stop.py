"""The end: asked to stop, it stops, with 0, whatever hangs, and says what was not sent."""

import re
import signal
import sys

from support import case
from support.case import Case, job_id

GRACE = 30  # seconds until we end it the hard way; the contract's own bound is 5, and no test here measures time


class Stop(Case):
    def end(self, daemon, number=signal.SIGTERM):
        daemon.send_signal(number)
        self.assertEqual(daemon.ended(GRACE), 0)

    def test_both_signals_at_rest(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.simulator.reset()
            self.simulator.job(job_id(1), 1, "running")
            daemon = self.start(self.config([self.job("job")]))
            daemon.wait_events()
            self.end(daemon, number)
            since = self.simulator.next()
            self.assertEqual(self.simulator.requests(since=since), [])

    def test_right_after_the_start(self):
        daemon = self.start(self.config([self.job("job")]))
        daemon.wait(lambda: daemon.log, "a first line")
        self.end(daemon)

    def test_twice(self):
        self.simulator.fault("hang")
        daemon = self.start(self.config([self.job("job")], providers={case.PROVIDER: self.provider(timeout="10m")}))
        daemon.wait(lambda: self.simulator.requests(), "a poll")
        daemon.send_signal()
        daemon.send_signal(signal.SIGINT)
        self.assertEqual(daemon.ended(GRACE), 0)

    def test_with_a_provider_that_hangs(self):
        for kind in ("hang", "connect_hang"):
            for listener in ("http", "https"):
                with self.subTest(kind=kind, listener=listener):
                    self.simulator.reset()
                    self.simulator.fault(kind, listener=listener)
                    opened = self.simulator.counts().get("connections", 0)
                    jobs = [self.job(f"job-{number}", number) for number in range(1, 6)]
                    daemon = self.start(self.config(jobs, providers={case.PROVIDER: self.provider(listener, timeout="10m")}))
                    daemon.wait(lambda: self.simulator.counts().get("connections", 0) > opened, "a connection")
                    self.end(daemon)

    def test_with_a_webhook_that_hangs(self):
        hook = self.receiver(default={"hang": True})
        for number in range(1, 9):
            self.simulator.job(job_id(number), 1, "finished", word="SUCCESS")
        sinks = {"hook": {"type": "webhook", "url": hook.url(), "timeout": "10m"}} | case.OUT
        daemon = self.start(self.config([self.job(f"job-{n}", n) for n in range(1, 9)], sinks))
        ids = [event["id"] for event in daemon.wait_events(8)]
        daemon.wait(hook.seen, "a try")
        self.end(daemon)
        for event_id in ids:
            self.assertTrue([line for line in daemon.log.split("\n") if re.search(r"(?i)unsent|not sent", line) and event_id in line], event_id)

    def test_with_an_exec_that_hangs(self):
        command = ["/bin/sh", "-c", f"trap '' TERM INT; echo $$$$ > {self.folder}/pid; sleep 1000 & wait; sleep 1000"]
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        daemon = self.start(self.config([self.job("job")], {"script": {"type": "exec", "command": command, "timeout": "10m"}} | case.OUT))
        event = daemon.wait_events()[0]
        daemon.wait(lambda: (self.folder / "pid").exists() and (self.folder / "pid").read_text().strip(), "the script")
        self.end(daemon)
        self.assertTrue([line for line in daemon.log.split("\n") if re.search(r"(?i)unsent|not sent", line) and event["id"] in line])

    def test_what_is_under_way_is_finished(self):
        hook = self.receiver(default={"status": 204, "delay": 0.7})
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        daemon = self.start(self.config([self.job("job")], {"hook": {"type": "webhook", "url": hook.url()}}))
        daemon.wait(hook.seen, "a try")
        self.end(daemon)
        self.assertNotRegex(daemon.log, r"(?i)unsent|not sent")

    def test_with_retries_that_wait(self):
        hook = self.receiver(default={"status": 500})
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        daemon = self.start(self.config([self.job("job")], {"hook": {"type": "webhook", "url": hook.url(), "retry": ["1h"]}}))
        got = daemon.wait(hook.seen, "a try")[0]
        daemon.wait_log(re.compile(r"500"))
        self.end(daemon)
        self.assertTrue([line for line in daemon.log.split("\n") if re.search(r"(?i)unsent|not sent", line) and got.event["id"] in line])
        self.assertEqual(len(hook.seen()), 1)

    def test_with_a_name_that_can_not_be_looked_up(self):
        daemon = self.start(self.config([self.job("job")], providers={
            case.PROVIDER: self.provider(endpoint="https://no-such-host.invalid", timeout="10m")}))
        daemon.wait(lambda: daemon.log, "a first line")
        self.end(daemon)

    def test_stdout_that_nobody_reads(self):
        """A pipe that is full must hold up neither the daemon nor its end."""
        for number in range(1, 400):
            self.simulator.job(job_id(number), 1, "finished", word="SUCCESS")
        labels = {f"label-{n}": "x" * 200 for n in range(20)}
        jobs = [self.job(f"job-{n}", n, labels=labels) for n in range(1, 400)]
        hook = self.receiver()
        sinks = case.OUT | {"hook": {"type": "webhook", "url": hook.url()}}
        daemon = self.start(self.config(jobs, sinks))
        daemon.read_stdout.clear()
        daemon.wait(lambda: len(hook.seen()) >= 399, "the other sink to be told everything")
        daemon.send_signal()
        self.assertEqual(daemon.process.wait(GRACE), 0)
        daemon.read_stdout.set()
        self.assertEqual(daemon.ended(GRACE), 0)
        self.assertRegex(daemon.log, r"(?i)unsent|not sent")


if __name__ == "__main__":
    sys.exit(case.main())
