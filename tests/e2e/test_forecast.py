"""What a job's past builds are good for: polls crowd around the likely end, and a build that takes too long is told."""

import sys

from support import case
from support.case import job_id
from support.events import seconds
from support.following import Following

PAST = 20  # builds


class Forecast(Following):
    def past_of(self, usual):
        """So many builds, that all took about that long."""
        return {"history": [{"number": number, "started_ago": 3600 * (PAST - number + 1), "lasted": usual * (0.96 + 0.02 * (number % 5))}
                            for number in range(1, PAST + 1)]}

    def next_of(self, usual, lasts, wait=0.0):
        """The same, and the one after it: it begins in `wait` seconds, and ends when it has run for `lasts` (None: it runs on)."""
        steps = [{"at": 0, "state": "absent"}, {"at": wait, "state": "running"}]
        if lasts is not None:
            steps.append({"at": wait + lasts, "state": "finished", "word": "SUCCESS"})
        return self.past_of(usual) | {"builds": {str(PAST + 1): steps}}

    def watched(self, numbers, usual, **more):
        """A daemon that has seen the past of those jobs."""
        self.simulator.script({job_id(number): self.past_of(usual) for number in numbers})
        config = self.following(jobs=[self.followed(f"job-{number}", number, **self.told_of_job(number)) for number in numbers], **more)
        daemon = self.start(config)
        for number in numbers:
            self.settled(number=number)
        return daemon

    def told_of_job(self, number):
        """What the configuration says of it."""
        return {}


class Polls(Forecast):
    ADAPTIVE, FIXED = range(1, 6), range(6, 11)
    USUAL = 4.0  # seconds

    def told_of_job(self, number):
        return {"poll": {"building": "500ms", "mode": "adaptive" if number in self.ADAPTIVE else "fixed"}}

    def polls(self, numbers):
        """Of the new builds of those jobs: how far each was when a poll of it came, as a share of the time it took."""
        jobs, build = self.simulator.state()["jobs"], str(PAST + 1)
        asked = {number: self.simulator.requests(call="build-info", job=job_id(number), build=build) for number in numbers}
        return sorted((request["wall"] - jobs[job_id(number)]["builds"][build]["started"]) / self.USUAL
                      for number in numbers for request in asked[number])

    def test_they_crowd_around_the_end(self):
        everybody = (*self.ADAPTIVE, *self.FIXED)
        daemon = self.watched(everybody, self.USUAL)
        # One after the other, so that no single hiccup of this machine meets them all at the same point.
        self.simulator.script({job_id(number): self.next_of(self.USUAL, self.USUAL, wait=0.3 * (number % 5)) for number in everybody})
        for number in everybody:
            self.finished(daemon, PAST + 1, job=f"job-{number}")
        daemon.stop()
        self.check_events(daemon.events())
        adaptive, fixed = self.polls(self.ADAPTIVE), self.polls(self.FIXED)
        early, late = sum(at < 0.5 for at in adaptive), sum(0.9 <= at < 1.1 for at in adaptive)
        self.assertGreater(late / 0.2, 2 * early / 0.5, adaptive)
        self.assertGreater(len(adaptive), 0.5 * len(fixed))
        self.assertLess(len(adaptive), 1.4 * len(fixed), "on average as many as the fixed interval makes")


class Overdue(Forecast):
    def overdue(self, daemon):
        return self.check_events(daemon.events(type="build.overdue"))

    def test_after_a_time_that_is_given(self):
        daemon = self.watched([1], 60, overdue_after="1s")
        self.simulator.script({job_id(1): self.next_of(60, None)})
        told = daemon.wait_events(type="build.overdue")[0]["data"]
        self.simulator.wait_requests(10, since=self.simulator.next(), call="build-info")
        self.end(PAST + 1)
        self.finished(daemon, PAST + 1)
        daemon.stop()
        self.assertEqual(self.told(daemon), [("started", PAST + 1), ("overdue", PAST + 1), ("finished", PAST + 1)])
        self.assertIn("1 s", told["reason"])
        self.assertRegex(told["summary"], rf"job-1 #{PAST + 1} ")
        self.assert_after(daemon, 1)

    def assert_after(self, daemon, least, job="job-1"):
        """It was told no sooner than so many seconds after its start was seen."""
        started, overdue = (daemon.events(type=kind, job=job)[0]["timestamp"] for kind in ("build.started", "build.overdue"))
        self.assertGreater(seconds(overdue) - seconds(started), least - 0.2)

    def test_out_of_the_ordinary_for_the_job(self):
        usual = 1.5
        daemon = self.watched([1, 2], usual, overdue_after="auto")
        self.simulator.script({job_id(1): self.next_of(usual, 4 * usual), job_id(2): self.next_of(usual, usual)})
        for number in (1, 2):
            self.finished(daemon, PAST + 1, job=f"job-{number}")
        daemon.stop()
        self.assertEqual([event["data"]["job"]["name"] for event in self.overdue(daemon)], ["job-1"], "the other took as long as ever")
        self.assertRegex(self.overdue(daemon)[0]["data"]["reason"], rf"\b{PAST} builds")
        self.assert_after(daemon, usual)

    def test_never(self):
        daemon = self.watched([1], 0.1, overdue_after="never")
        self.simulator.script({job_id(1): self.next_of(0.1, 2)})
        self.finished(daemon, PAST + 1)
        self.assertEqual(self.overdue(daemon), [])

    def test_once_over_restarts(self):
        state = self.state()
        config = self.following(overdue_after="auto")
        self.simulator.script({job_id(1): self.next_of(0.1, None)})
        for count in (1, 0):
            daemon = self.start(config, state=state)
            if count:
                daemon.wait_events(type="build.overdue")
            self.simulator.wait_requests(5, since=self.simulator.next(), call="build-info")
            daemon.stop()
            self.assertEqual(len(self.overdue(daemon)), count)


if __name__ == "__main__":
    sys.exit(case.main())
