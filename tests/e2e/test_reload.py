"""SIGHUP: another configuration takes over without a poll or a notification lost or repeated; a wrong one changes nothing."""

import copy
import re
import signal
import sys
import time

from support import case, events
from support import daemon as daemons
from support.case import Case, job_id
from support.daemon import NOT_RELOADED


class Jobs(Case):
    def test_added_and_removed(self):
        jobs = self.builds(3, "running")
        daemon = self.start(self.config(jobs[:2]))
        daemon.wait_events(2, type="build.started")
        daemon.reload(self.config(jobs[1:]))
        daemon.wait_events(job="job-3", type="build.started")
        since = self.simulator.next() + 1  # one may be under way
        self.polled(2, 5)
        self.polled(3, 5)
        self.assertEqual(self.simulator.requests(since=since, job=job_id(1)), [])
        self.finish(1, 2, 3)
        daemon.wait_events(2, type="build.finished")
        daemon.stop()
        self.check_events(daemon.events())
        self.assertEqual(len(daemon.events()), 5)

    def test_removed_and_back_again(self):
        """What was known of the job is known again."""
        jobs = self.builds(2, "running")
        daemon = self.start(self.config(jobs))
        daemon.wait_events(2, type="build.started")
        seen_running = self.polled(1, 5)
        daemon.reload(self.config(jobs[1:]))
        removed = time.time()
        self.finish(1)
        daemon.reload(self.config(jobs))
        first, last = daemon.wait_events(job="job-1", type="build.finished")[0]["data"]["build"]["finished_between"]
        daemon.stop()
        self.assertEqual(len(self.check_events(daemon.events())), 3)
        # Of a job one request is under way at a time, and what the last one found may come too late.
        self.assertGreaterEqual(events.seconds(first), seen_running[-3]["wall"] - events.MILLISECOND)
        self.assertLess(events.seconds(first), removed)
        self.assertGreaterEqual(events.seconds(last), removed - events.MILLISECOND)

    def test_what_a_removed_job_owes_still_goes_out(self):
        hook, jobs = self.receiver(default={"status": 500}), self.builds(2, "running")
        self.finish(1)
        sinks = {"hook": self.to(hook)} | case.OUT
        daemon = self.start(self.config(jobs, sinks))
        event = daemon.wait_events(job="job-1")[0]
        daemon.wait_told(hook, job="job-1")
        daemon.reload(self.config(jobs[1:], sinks))
        hook.answer_with({"status": 204})
        daemon.wait(lambda: [r for r in hook.seen(job="job-1") if r.taken], "the event of the job that is gone")
        self.assertEqual(set(hook.ids(job="job-1")), {event["id"]})

    def test_another_interval(self):
        jobs = self.builds(2, "running")
        config = self.config([jobs[0] | {"poll": {"building": "1h"}}, jobs[1]])
        daemon = self.start(config)
        daemon.wait_events(2, type="build.started")
        self.polled(2, 5)
        self.assertLessEqual(len(self.simulator.requests(job=job_id(1), call="build-info")), 2)
        daemon.reload(self.config(jobs))
        self.polled(1, 5)

    def test_another_build_of_the_same_job(self):
        self.builds(1, "finished", word="SUCCESS")
        self.simulator.job(job_id(1), 2, "running")
        daemon = self.start(self.config([self.job("job", build=1)]))
        daemon.wait_events(number=1)
        daemon.reload(self.config([self.job("job", build=2)]))
        daemon.wait_events(number=2, type="build.started")
        self.simulator.job(job_id(1), 2, "finished", word="FAILURE")
        daemon.wait_events(number=2, type="build.finished")
        daemon.stop()
        self.assertEqual(len(self.check_events(daemon.events())), 3)

    def test_another_name_is_the_same_job(self):
        hook, state, jobs = self.receiver(), self.state(), self.builds(2, "running")
        self.finish(1)
        sinks = {"hook": self.to(hook)}
        daemon = self.start(self.config(jobs, sinks), state=state)
        daemon.wait_told(hook, 2)
        renamed = [job | {"name": "new-" + job["name"], "labels": {"k": "v"}} for job in jobs]
        daemon.reload(self.config(renamed, sinks))
        self.polled(2, 5)
        self.finish(2)
        finished = daemon.wait_told(hook, job="new-job-2")[0].event
        daemon.stop()
        self.assertEqual(finished["type"], "build.finished")
        self.assertEqual(finished["data"]["job"]["labels"], {"k": "v"})
        self.assertIsNotNone(finished["data"]["build"]["finished_between"][0])
        self.assertEqual(len(hook.seen()), 3)
        self.assertEqual(len(self.simulator.requests(job=job_id(1), call="build-info")), 1, "it had finished, whatever its name")
        self.assertEqual(len(self.simulator.requests(job=job_id(1), call="record")), 1)

    def test_another_order_of_jobs_and_sinks(self):
        """Everything is told apart by name, not by its place."""
        one, two, jobs = self.receiver(), self.receiver(), self.builds(4, "running")
        sinks = {"one": self.to(one), "two": self.to(two)}
        rules = [{"events": ["all"], "jobs": ["job-1", "job-2"], "to": ["one"]}, {"events": ["all"], "jobs": ["job-3", "job-4"], "to": ["two"]}]
        daemon = self.start(self.config(jobs, sinks, rules=rules))
        daemon.wait_told(one, 2)
        daemon.wait_told(two, 2)
        daemon.reload(self.config(jobs[::-1], dict(reversed(sinks.items())), rules=rules[::-1]))
        self.finish(1, 2, 3, 4)
        daemon.wait_told(one, 2, type="build.finished")
        daemon.wait_told(two, 2, type="build.finished")
        daemon.stop()
        self.assertEqual({r.event["data"]["job"]["name"] for r in one.seen()}, {"job-1", "job-2"})
        self.assertEqual({r.event["data"]["job"]["name"] for r in two.seen()}, {"job-3", "job-4"})
        self.assertEqual((len(one.seen()), len(two.seen())), (4, 4))


class Providers(Case):
    def test_connections_of_an_unchanged_one_stay(self):
        jobs = self.builds(4, "running")
        providers = {"same": self.provider(connections=2), "other": self.provider("https", connections=2)}
        for number, job in enumerate(jobs):
            job["provider"] = "other" if number == 0 else "same"
        hook = self.receiver()
        sinks = {"hook": self.to(hook)}
        daemon = self.start(self.config(jobs, sinks, providers))
        daemon.wait_told(hook, 4)
        used = {r["connection"] for r in self.simulator.requests(listener="http")}
        changed = copy.deepcopy(providers)
        changed["other"]["timeout"] = "9s"
        hooks_connections = hook.connections
        for rate in ("60/s", "50/s"):
            changed["other"]["rate_limit"] = rate
            daemon.reload(self.config(jobs, sinks, changed))
            for number in (1, 2, 3, 4):
                self.polled(number)
        self.finish(2, 3)
        daemon.wait_told(hook, 2, type="build.finished")
        daemon.stop()
        self.assertLessEqual({r["connection"] for r in self.simulator.requests(listener="http")}, used)
        self.assertLessEqual(len(used), 2)
        self.assertEqual(hook.connections, hooks_connections, "the sink's neither")

    def test_another_endpoint(self):
        jobs = self.builds(1, "running")
        daemon = self.start(self.config(jobs))
        daemon.wait_events(type="build.started")
        daemon.reload(self.config(jobs, providers={case.PROVIDER: self.provider("https")}))
        self.simulator.wait_requests(3, listener="https")
        since = self.simulator.next()
        self.simulator.wait_requests(3, since=since, listener="https")
        self.assertEqual(self.simulator.requests(since=since, listener="http"), [])
        self.finish(1)
        daemon.wait_events(type="build.finished")
        self.assertEqual(len(daemon.events()), 2)

    def test_while_a_poll_hangs(self):
        jobs = self.builds(1, "running")
        daemon = self.start(self.config(jobs, providers={case.PROVIDER: self.provider(timeout="10m")}))
        daemon.wait_events(type="build.started")
        self.simulator.fault("hang", job=job_id(1), times=1)
        daemon.wait(lambda: self.simulator.requests(faults="['hang']"), "a poll that hangs")
        extra = self.builds(2, "running")
        daemon.reload(self.config(extra, providers={case.PROVIDER: self.provider(timeout="10m")}))
        daemon.wait_events(job="job-2", type="build.started")
        self.simulator.clear_faults()
        self.finish(1)
        self.simulator.end_connections(reset=True)
        daemon.wait_events(job="job-1", type="build.finished")

    def test_a_new_key_is_tried_at_once(self):
        self.simulator.auth(mode="aksk", keys={"AK": "right"})
        jobs = self.builds(2, "running")

        def config(secret):
            auth = {"type": "aksk", "access_key": "AK", "secret_key": secret}
            return self.config(jobs, providers={case.PROVIDER: self.provider(auth=auth)})

        daemon = self.start(config("wrong"))
        daemon.wait_log(re.compile("credentials were refused"))
        daemon.reload(config("wrong") | {"log": {"level": "debug"}})
        daemon.reload(config("right"))
        daemon.wait_events(2, type="build.started")
        self.assertEqual(self.simulator.counts()["refused.AK"], 1, "the same wrong key is no reason to try it again")


class Wrong(Case):
    def test_a_wrong_file_changes_nothing(self):
        jobs = self.builds(2, "running")
        daemon = self.start(self.config(jobs[:1]))
        daemon.wait_events(type="build.started")
        config = self.config(jobs)
        wrong = [config | {"jbos": []}, config | {"defaults": {"poll": {"idle": "15"}}}, "version: 1\njobs: [\n", "",
                 self.config(jobs, rules=[{"to": ["nobody"]}]),
                 self.config(jobs, providers={case.PROVIDER: self.provider(tls={"ca_file": "/does/not/exist"})})]
        for content in wrong:
            with self.subTest(content=str(content)[:60]):
                line = daemon.reload(content, told=NOT_RELOADED)
                self.assertRegex(line, r"running configuration stays")
                self.assertRegex(daemon.log, r"(?i)buildwatch\.yaml")
                self.polled(1)
        self.assertEqual(self.simulator.requests(job=job_id(2)), [])
        self.finish(1)
        daemon.wait_events(type="build.finished")
        daemon.reload(config)
        daemon.wait_events(job="job-2")
        daemon.stop()
        self.assertRegex(daemon.log, r"buildwatch\.yaml:\d+:\d+: .*jbos")

    def test_a_missing_file(self):
        daemon = self.start(self.config(self.builds(1, "running")))
        daemon.wait_events(type="build.started")
        daemon.config.unlink()
        daemon.reload(told=NOT_RELOADED)
        self.finish(1)
        daemon.wait_events(type="build.finished")

    def test_another_store_needs_a_restart(self):
        jobs = self.builds(2, "running")
        daemon = self.start(self.config(jobs[:1]))
        daemon.wait_events(type="build.started")
        line = daemon.reload(self.config(jobs, store=f"sqlite:{self.folder}/other.db"), told=NOT_RELOADED)
        self.assertRegex(line, r"needs a restart")
        self.polled(1)
        self.assertFalse((self.folder / "other.db").exists())
        self.assertEqual(self.simulator.requests(job=job_id(2)), [])


class Storm(Case):
    def test_twenty_in_quick_succession_lose_nothing(self):
        count, hook = 40, self.receiver(default={"status": 204, "delay": 0.02})
        jobs = self.builds(count, "running")
        configs = [self.config(jobs[::step], {"hook": self.to(hook, concurrency=concurrency)})
                   for step, concurrency in ((1, 2), (-1, 3))]
        daemon = self.start(configs[0])
        daemon.wait_told(hook, count)
        for turn in range(20):
            daemons.write_config(self.folder, configs[turn % 2])
            daemon.send_signal(signal.SIGHUP)
            self.finish(2 * turn + 1, 2 * turn + 2)
        daemon.wait_told(hook, 2 * count)
        daemon.reload()
        daemon.stop()
        self.check_events([r.event for r in hook.seen()])
        self.assertEqual(len(hook.seen(type="build.finished")), count)
        self.assertEqual(daemon.said_of(NOT_RELOADED), [])

    def test_a_signal_that_comes_during_a_reload_counts(self):
        many = [self.job(f"job-{number}", number, poll={"idle": "1h"}) for number in range(1, 2001)]  # to read takes a while
        self.simulator.job(job_id(9999), 1, "running")
        daemon = self.start(self.config(many))
        daemon.wait_log(re.compile("watches 2000 jobs"))
        more = daemons.write_config(self.folder, self.config([*many, self.job("last", 9999)])).rename(self.folder / "more.yaml")
        daemons.write_config(self.folder, self.config(many))
        daemon.send_signal(signal.SIGHUP)
        daemon.wait_log(re.compile("SIGHUP"))
        more.replace(daemon.config)
        daemon.send_signal(signal.SIGHUP)
        daemon.wait_events(job="last")

    def test_stopped_while_reloading(self):
        jobs = self.builds(1, "running")
        for _ in range(5):
            daemon = self.start(self.config(jobs))
            daemon.wait_events()
            daemon.send_signal(signal.SIGHUP)
            daemon.stop()


if __name__ == "__main__":
    sys.exit(case.main())
