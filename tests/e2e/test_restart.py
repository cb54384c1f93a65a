"""Restarts, by SIGTERM and by SIGKILL: what was known is known, what was told is not told again, what was owed is sent."""

import re
import signal
import sys
import time

from support import case
from support.case import Case, job_id
from support.events import MILLISECOND, seconds

ENDS = (signal.SIGTERM, signal.SIGKILL)
AK, SK = "TESTAK00000000000009", "test-secret-key-of-the-e2e-tests/+=~"


class Restarts(Case):
    def fresh(self):
        """A simulator without jobs, a receiver and a store of their own: for each way to end."""
        self.simulator.reset()
        return self.receiver(), self.state()


class Builds(Restarts):
    def test_nothing_is_told_twice(self):
        for end in ENDS:
            with self.subTest(end=end.name):
                hook, state = self.fresh()
                self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
                self.simulator.job(job_id(2), 1, "running")
                config = self.config([self.job("done", 1), self.job("runs", 2)], {"hook": self.to(hook)})
                daemon = self.start(config, state=state)
                daemon.wait_told(hook, 2)
                self.all_recorded(daemon, state)
                daemon.end(end)
                since = self.simulator.next()
                daemon = self.start(config, state=state)
                self.polled(2, 5)
                daemon.end(end)
                daemon = self.start(config, state=state)
                self.polled(2, 5)
                self.finish(2)
                daemon.wait_told(hook, job="runs", type="build.finished")
                daemon.stop()
                self.check_events([r.event for r in hook.seen()])
                self.assertEqual([r.event["data"]["sequence"] for r in hook.seen()], [1, 2, 3])
                self.assertEqual(self.simulator.requests(since=since, job=job_id(1)), [], "a finished build is final")

    def test_what_ended_while_it_was_down_is_told_once(self):
        for end in ENDS:
            with self.subTest(end=end.name):
                hook, state = self.fresh()
                self.simulator.job(job_id(1), 1, "running")
                self.simulator.job(job_id(2))
                began = time.time()
                config = self.config([self.job("ran", 1), self.job("absent", 2)], {"hook": self.to(hook)})
                daemon = self.start(config, state=state)
                daemon.wait_told(hook, type="build.started")
                self.all_recorded(daemon, state)
                seen_running = self.polled(1)
                self.polled(2)
                daemon.end(end)
                ended = time.time()
                self.finish(1)
                self.simulator.job(job_id(2), 1, "finished", word="FAILURE")
                daemon = self.start(config, state=state)
                finished = daemon.wait_told(hook, job="ran", type="build.finished")[0].event["data"]["build"]
                came = daemon.wait_told(hook, job="absent")[0].event["data"]["build"]
                self.all_recorded(daemon, state)
                daemon.end(end)
                daemon = self.start(config, state=state)
                daemon.wait_log(re.compile("watches 2 jobs"))
                daemon.stop()
                self.check_events([r.event for r in hook.seen()])
                self.assertEqual(len(hook.seen()), 3)
                first, last = map(seconds, finished["finished_between"])
                # Of a job one request is under way at a time, and the last one may have been cut short.
                known = seen_running[-3]["wall"] if end == signal.SIGTERM else began
                self.assertGreaterEqual(first, known - MILLISECOND, "a stop stores the last poll")
                self.assertLess(first, ended)
                self.assertGreaterEqual(last, ended - MILLISECOND)
                self.assertIsNone(came["finished_between"][0], "nobody saw that one running")

    def test_a_build_that_runs_is_followed_further(self):
        for end in ENDS:
            with self.subTest(end=end.name):
                hook, state = self.fresh()
                self.simulator.job(job_id(1), 1, "running")
                config = self.config([self.job("job")], {"hook": self.to(hook)})
                daemon = self.start(config, state=state)
                daemon.wait_told(hook, type="build.started")
                self.all_recorded(daemon, state)
                daemon.end(end)
                restarted = time.time()
                daemon = self.start(config, state=state)
                self.polled(1, 3)
                self.simulator.job(job_id(1), 1, "finished", word="ABORTED")
                between = daemon.wait_told(hook, type="build.finished")[0].event["data"]["build"]["finished_between"]
                daemon.stop()
                self.assertEqual([r.event["type"] for r in hook.seen()], ["build.started", "build.finished"])
                self.assertGreaterEqual(seconds(between[0]), restarted - MILLISECOND)

    def test_a_build_that_comes_later_is_still_waited_for(self):
        hook, state = self.fresh()
        self.simulator.job(job_id(1))
        config = self.config([self.job("later", build=7)], {"hook": self.to(hook)})
        for end in ENDS:
            daemon = self.start(config, state=state)
            self.polled(1, 2)
            daemon.end(end)
        daemon = self.start(config, state=state)
        self.polled(1, 2)
        self.simulator.job(job_id(1), 7, "running")
        daemon.wait_told(hook, type="build.started")
        self.simulator.job(job_id(1), 7, "finished", word="SUCCESS")
        daemon.wait_told(hook, type="build.finished")
        daemon.stop()
        self.assertEqual(len(hook.seen()), 2)


class Outages(Restarts):
    def outage(self, jobs, fault, kinds):
        """An outage is announced, lasts over a restart, and ends; or ends while nobody looks."""
        for end in ENDS:
            for ends_while_down in (False, True):
                with self.subTest(end=end.name, ends_while_down=ends_while_down):
                    hook, state = self.fresh()
                    for number in (1, 2):
                        self.simulator.job(job_id(number), 1, "running")
                    self.simulator.fault("error", code="CB.00060101", **fault)
                    config = self.config(jobs, {"hook": self.to(hook)},
                                         rules=[{"events": ["unreachable", "recovered"], "to": ["hook"]}])
                    config["defaults"]["unreachable_after"] = "500ms"
                    daemon = self.start(config, state=state)
                    daemon.wait_told(hook, type=kinds[0])
                    self.all_recorded(daemon, state)
                    daemon.end(end)
                    if ends_while_down:
                        self.simulator.clear_faults()
                    daemon = self.start(config, state=state)
                    self.polled(1, 2)
                    self.simulator.clear_faults()
                    daemon.wait_told(hook, type=kinds[1])
                    self.polled(1, 3)
                    self.all_recorded(daemon, state)
                    daemon.end(end)
                    daemon = self.start(config, state=state)
                    self.polled(1, 3)
                    daemon.stop()
                    self.assertEqual([r.event["type"] for r in hook.seen()], list(kinds))

    def test_of_a_job(self):
        jobs = [self.job("fails", 1), self.job("well", 2)]
        self.outage(jobs, {"job": job_id(1)}, ("job.unreachable", "job.recovered"))

    def test_of_a_provider(self):
        self.outage([self.job("one", 1), self.job("two", 2)], {}, ("provider.unreachable", "provider.recovered"))


class Credentials(Restarts):
    def config_of(self, secret):
        providers = {"keyed": self.provider(auth={"type": "aksk", "access_key": AK, "secret_key": secret}),
                     "free": self.provider("https")}
        jobs = [self.job("locked", 1, provider="keyed"), self.job("locked-too", 2, provider="keyed"),
                self.job("witness", 3, provider="free")]
        return self.config(jobs, providers=providers)

    def test_a_refused_key_is_not_tried_again_by_a_restart(self):
        for end in ENDS:
            with self.subTest(end=end.name):
                _, state = self.fresh()
                self.simulator.auth(mode="aksk", listeners={"https": "none"}, keys={AK: SK})
                for number in (1, 2, 3):
                    self.simulator.job(job_id(number), 1, "running")
                daemon = self.start(self.config_of("wrong"), state=state)
                daemon.wait_log(re.compile(r"credentials were refused"))
                self.polled(3, 5)
                daemon.end(end)
                for _ in range(2):
                    daemon = self.start(self.config_of("wrong"), state=state)
                    self.polled(3, 10)
                    daemon.end(end)
                self.assertEqual(self.simulator.counts()[f"refused.{AK}"], 1, "five refusals lock a key")
                daemon = self.start(self.config_of(SK), state=state)
                daemon.wait_events(2, type="build.started", provider="keyed")
                daemon.stop()
                self.assertEqual(self.simulator.counts()[f"refused.{AK}"], 1)


class Deliveries(Restarts):
    def test_what_was_owed_is_sent_after_the_next_start(self):
        for end in ENDS:
            for trouble in ({"status": 500}, {"status": 503}, {"hang": True}):
                with self.subTest(end=end.name, trouble=trouble):
                    hook, state = self.fresh()
                    hook.answer_with(trouble)
                    for number in range(1, 6):
                        self.simulator.job(job_id(number), 1, "finished", word="SUCCESS")
                    jobs = [self.job(f"job-{number}", number) for number in range(1, 6)]
                    config = self.config(jobs, {"hook": self.to(hook, timeout="5m")} | case.OUT)
                    daemon = self.start(config, state=state)
                    made = {event["id"]: event for event in daemon.wait_events(5)}
                    daemon.wait_told(hook)
                    daemon.end(end)
                    # Another at the same place: what the killed one had sent may still be on its way to the first.
                    hook.close()
                    before, hook = hook, self.receiver(port=hook.port)
                    tried = {r.id: r.body for r in before.seen()}
                    daemon = self.start(config, state=state)
                    daemon.wait(lambda: {r.id for r in hook.seen() if r.taken} == set(made), "all five")
                    self.all_recorded(daemon, state)
                    daemon.stop()
                    self.assertEqual({r.id: r.event for r in before.seen() + hook.seen()}, made)
                    for received in hook.seen():
                        self.assertEqual(received.body, tried.get(received.id, received.body), "the same bytes every time")
                    taken = [r.id for r in hook.seen() if r.taken]
                    self.assertEqual(len(taken), len(set(taken)))

    def test_what_is_due_later_is_due_at_the_same_time(self):
        for end in ENDS:
            with self.subTest(end=end.name):
                hook, state = self.fresh()
                hook.answer_with({"status": 500})
                self.finish(1)
                config = self.config([self.job("job")], {"hook": self.to(hook, retry=["5s", "1h"])})
                daemon = self.start(config, state=state)
                daemon.wait_told(hook)
                before = daemon.wait(lambda: (owed := self.owed(state)) and owed[0]["tries"] == 1 and owed, "the try to be recorded")
                daemon.end(end)
                hook.answer_with({"status": 204})
                daemon = self.start(config, state=state)
                daemon.wait_log(re.compile("watches 1 jobs"))
                after = self.owed(state)
                self.assertEqual(after, before, "nothing of it has changed by the restart")
                daemon.wait_told(hook, 2)
                self.all_recorded(daemon, state)
                daemon.stop()
                due = seconds(before[0]["due"])
                self.assertEqual(len(hook.seen()), 2)
                self.assertGreaterEqual(hook.seen()[1].wall, due - 0.05)
                self.assertGreaterEqual(due - hook.seen()[0].wall, 4, "5 s less a fifth")
                self.assertLessEqual(due - hook.seen()[0].wall, 6 + case.SLACK)


if __name__ == "__main__":
    sys.exit(case.main())
