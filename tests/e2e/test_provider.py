"""A provider as a whole: throttling, outages and their end, jobs that do not exist, and how many requests it gets."""

import re
import sys

from support import case
from support.case import Case, job_id


class Throttled(Case):
    def test_retry_after_quiets_one_provider_while_another_goes_on(self):
        for kind, told in (("seconds", {}), ("date", {"date": True}), ("500", {"code": "CB.00060211"}), ("503", {"code": "APIGW.0703"})):
            with self.subTest(kind):
                self.simulator.reset()
                for number in range(1, 6):
                    self.simulator.job(job_id(number), 1, "running")
                providers = {"busy": self.provider(), "free": self.provider()}
                jobs = [self.job(f"busy-{n}", n, provider="busy") for n in range(1, 5)] + [self.job("free", 5, provider="free")]
                config = self.config(jobs, providers=providers)
                daemon = self.start(config)
                daemon.wait_events(5, type="build.started")
                self.simulator.fault("throttle", job=job_id(1), retry_after=3, times=1, **told)
                refused = self.simulator.wait_requests(1, faults="['throttle']")[0]
                pause = 2.0 if told.get("date") else 3.0  # a date has whole seconds, so up to one is lost
                daemon.wait(lambda: all(self.simulator.requests(job=job_id(n))[-1]["time"] > refused["answered"] + pause for n in range(1, 6)),
                            "every job to be asked again after the pause")
                # By the simulator's stamps; what was under way when the refusal came had half a second to arrive.
                early = [r for r in self.simulator.requests(since=refused["number"])
                         if r["job"] != job_id(5) and 0.5 < r["time"] - refused["answered"] < pause - 0.2]
                self.assertEqual(early, [])
                self.assertTrue([r for r in self.simulator.requests(since=refused["number"], job=job_id(5))
                                 if r["time"] < refused["answered"] + 2.5], "the other provider was quiet, too")
                self.assertRegex(daemon.log, r"busy")
                daemon.stop()
                self.assertEqual(len(daemon.events()), 5)

    def test_without_retry_after(self):
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("busy")]))
        daemon.wait_events(type="build.started")
        self.simulator.fault("throttle", times=1)
        refused = self.simulator.wait_requests(1, faults="['throttle']")[0]
        after = self.simulator.wait_requests(2, since=refused["number"])[1]
        self.assertGreater(after["time"] - refused["answered"], 3.5)
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        daemon.wait_events(type="build.finished")
        self.assertRegex(daemon.log, r"429")


class Outages(Case):
    def quick(self, jobs, providers=None, **more):
        config = self.config(jobs, providers=providers, **more)
        config["defaults"]["unreachable_after"] = "700ms"
        return config

    def test_one_job(self):
        for number in (1, 2):
            self.simulator.job(job_id(number), 1, "running")
        daemon = self.start(self.quick([self.job("ill", 1), self.job("well", 2)]))
        daemon.wait_events(2, type="build.started")
        number = self.simulator.fault("error", code="CB.00060101", job=job_id(1))
        lost = daemon.wait_events(job="ill", type="job.unreachable")[0]
        self.assertIn("CB.00060101", lost["data"]["reason"])
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        self.simulator.clear_faults(number)
        daemon.wait_events(job="ill", type="build.finished")
        daemon.wait_events(job="ill", type="job.recovered")
        daemon.stop()
        self.check_events(daemon.events())
        self.assertEqual(sorted(kind for kind, _ in self.kinds(daemon.events(job="ill"))),
                         ["build.finished", "build.started", "job.recovered", "job.unreachable"])
        self.assertEqual(self.kinds(daemon.events(job="well")), [("build.started", None)])

    def test_the_only_job_of_a_provider(self):
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.quick([self.job("alone")]))
        daemon.wait_events(type="build.started")
        number = self.simulator.fault("error", code="CB.00060101")
        daemon.wait_events(type="job.unreachable")
        self.simulator.clear_faults(number)
        daemon.wait_events(type="job.recovered")
        daemon.stop()
        self.assertEqual(len(self.check_events(daemon.events())), 3)

    def test_all_jobs_make_one_event_of_the_provider(self):
        for number in range(1, 6):
            self.simulator.job(job_id(number), 1, "running")
        jobs = [self.job(f"job-{n}", n, provider="ill") for n in range(1, 5)] + [self.job("well", 5, provider="well")]
        daemon = self.start(self.quick(jobs, {"ill": self.provider(), "well": self.provider()}))
        daemon.wait_events(5, type="build.started")
        for number in range(1, 5):
            self.simulator.fault("error", code="CB.00060101", job=job_id(number))
        lost = daemon.wait_events(type="provider.unreachable")[0]
        self.assertEqual(lost["data"]["provider"], "ill")
        self.simulator.clear_faults()
        daemon.wait_events(type="provider.recovered")
        self.simulator.wait_requests(20, since=self.simulator.next())
        daemon.stop()
        self.check_events(daemon.events())
        self.assertEqual(len(daemon.events(provider="ill")), 6)
        self.assertEqual(self.kinds(daemon.events(provider="well")), [("build.started", None)])

    def test_nobody_there_at_all(self):
        nowhere = self.provider(endpoint="http://127.0.0.1:1")
        self.simulator.job(job_id(1), 1, "running")
        jobs = [self.job("a", 2, provider="gone"), self.job("b", 3, provider="gone"), self.job("well", 1, provider="well")]
        daemon = self.start(self.quick(jobs, {"gone": nowhere, "well": self.provider()}))
        lost = daemon.wait_events(type="provider.unreachable")[0]
        self.assertRegex(lost["data"]["reason"], r"(?i)refused|connect")
        daemon.wait_events(job="well", type="build.started")
        daemon.stop()
        self.assertEqual(len(daemon.events()), 2)

    def test_a_name_that_does_not_exist(self):
        nowhere = self.provider(endpoint="https://no-such-host.invalid", timeout="2s")
        daemon = self.start(self.quick([self.job("lost")], {case.PROVIDER: nowhere}))
        daemon.wait_log(re.compile(r"\blost\b.*no-such-host\.invalid", re.I))

    def test_a_job_that_does_not_exist(self):
        self.simulator.job(job_id(2), 1, "running")
        daemon = self.start(self.quick([self.job("typo", 1), self.job("well", 2)]))
        lost = daemon.wait_events(job="typo", type="job.unreachable")[0]
        self.assertRegex(lost["data"]["reason"], r"(?i)not.?found|no such job|knows no job|does not (know|exist)")
        self.assertEqual(len([line for line in daemon.log.split("\n") if re.search(r"\btypo\b.*(not.?found|knows no job)", line, re.I)]), 1, daemon.log)
        self.simulator.job(job_id(1), 1, "running")
        daemon.wait_events(job="typo", type="job.recovered")
        daemon.wait_events(job="typo", type="build.started")
        daemon.stop()
        self.assertEqual(len(self.check_events(daemon.events(job="typo"))), 3)

    def test_absence_is_no_outage(self):
        self.simulator.job(job_id(1))
        daemon = self.start(self.quick([self.job("later")]))
        self.simulator.wait_requests(12, call="build-info")
        daemon.stop()
        self.assertEqual(daemon.events(), [])


class Pace(Case):
    def test_rate_limit_holds_over_any_stretch(self):
        rate, jobs = 20, [self.job(f"job-{number}", number) for number in range(1, 41)]
        for number in range(1, 41):
            self.simulator.job(job_id(number), 1, "running")
        daemon = self.start(self.config(jobs, providers={case.PROVIDER: self.provider(rate_limit=f"{rate}/s")}))
        daemon.wait_events(40, type="build.started")
        self.simulator.wait_requests(80)
        daemon.stop()
        times = sorted(r["time"] for r in self.simulator.requests())
        # A bucket of one second's worth: in any stretch of t seconds at most rate * (t + 1), and one for rounding; our own
        # clock stamps a request some time after it was sent, so a stretch may look shorter than it was by `slack`.
        slack = 0.5
        for i, first in enumerate(times):
            for k in range(i, len(times)):
                self.assertLessEqual(k - i + 1, rate * (times[k] - first + slack + 1) + 1)

    def test_first_polls_are_spread_and_each_job_gets_its_turn(self):
        jobs = [self.job(f"job-{number}", number) for number in range(1, 41)]
        for number in range(1, 41):
            self.simulator.job(job_id(number))
        config = self.config(jobs)
        config["defaults"]["poll"]["idle"] = "3s"
        daemon = self.start(config)
        seen = self.simulator.wait_requests(40, call="build-info")
        daemon.stop()
        first = {}
        for request in seen:
            first.setdefault(request["job"], request["time"])
        self.assertEqual(len(first), 40)
        self.assertGreater(max(first.values()) - min(first.values()), 1.0, "all at once")

    def test_intervals_are_kept(self):
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("job", poll={"building": "300ms"})]))
        times = [r["time"] for r in self.simulator.wait_requests(6, call="build-info")]
        daemon.stop()
        # Never sooner than the interval says (a request may reach us late, the next one early, hence the mean).
        self.assertGreater((times[-1] - times[0]) / (len(times) - 1), 0.25)


if __name__ == "__main__":
    sys.exit(case.main())
