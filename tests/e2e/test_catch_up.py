"""Builds missed while the daemon was down, or could not look: the newest are told in order, the others are in the history."""

import signal
import sys

from support import case
from support.following import JOB, Following

WORDS = ("SUCCESS", "FAILURE", "UNSTABLE")
OUTCOMES = ("success", "failure", "unstable")


class Missed(Following):
    """A job whose only build, 1, ended long ago, and the store of several daemons."""

    def setUp(self):
        super().setUp()
        self.store = self.state()
        self.past(1)

    def seen_once(self, config):
        """A daemon that has seen the baseline and ended."""
        daemon = self.start(config, state=self.store)
        self.settled()
        daemon.stop()
        self.assertEqual(daemon.events(), [])

    def missed(self, first, last, **more):
        """Builds that ended in the meantime, ten seconds apart."""
        self.simulator.job(JOB, history=[{"number": number, "started_ago": 10 * (last - number) + 20, "lasted": 5, "word": WORDS[number % 3]} | more
                                         for number in range(first, last + 1)])

    def ended(self, events):
        return [event["data"]["build"]["number"] for event in events if event["type"] == "build.finished"]

    def kept(self):
        """{number: outcome} of the history."""
        return {build["number"]: build["outcome"] for build in self.ask_store(self.store, "history", "job", "--limit", "1000")}


class CatchUp(Missed):
    def test_the_newest_are_told_oldest_first(self):
        config = self.following(catch_up=5)
        self.seen_once(config)
        self.missed(2, 31)
        self.begin(32)
        daemon = self.start(config, state=self.store)
        self.finished(daemon, 31)
        self.started(daemon, 32)
        self.settled()
        self.end(32)
        self.finished(daemon, 32)
        daemon.stop()
        found = self.check_events(daemon.events())
        self.assertEqual(self.ended(found), [27, 28, 29, 30, 31, 32])
        data = [event["data"] for event in found if event["type"] == "build.finished"]
        self.assertRegex(data[0]["reason"], r"\b25\b")
        self.assertEqual([one["reason"] for one in data[1:]], [None] * 5)
        self.assertEqual([event["data"]["build"]["number"] for event in found if event["type"] == "build.started"], [32])
        self.assertEqual(data[0]["previous"], {"number": 26, "outcome": OUTCOMES[26 % 3]}, "the one before counts, told or not")
        self.assertEqual(self.kept(), {1: "success"} | {number: OUTCOMES[number % 3] for number in range(2, 32)} | {32: "success"})

    def test_without_the_list(self):
        self.refuse("record-list")
        config = self.following(catch_up=4)
        self.seen_once(config)
        self.missed(2, 11)
        daemon = self.start(config, state=self.store)
        self.finished(daemon, 11)
        self.settled()
        daemon.stop()
        self.assertEqual(self.ended(self.check_events(daemon.events())), [8, 9, 10, 11])
        self.assertRegex(daemon.events()[0]["data"]["reason"], r"\b6\b")
        self.assertEqual(set(self.kept()), set(range(2, 12)) | ({1} & set(self.kept())))

    def test_few_are_all_told(self):
        self.seen_once(self.following())
        self.missed(2, 21)
        daemon = self.start(self.following(), state=self.store)
        self.finished(daemon, 21)
        daemon.stop()
        found = self.check_events(daemon.events())
        self.assertEqual(self.ended(found), list(range(2, 22)))
        self.assertEqual({event["data"]["reason"] for event in found}, {None})

    def test_one_that_ran_as_it_stopped_comes_first(self):
        config = self.following()
        self.begin(2)
        daemon = self.start(config, state=self.store)
        self.started(daemon, 2)
        self.settled()
        daemon.stop()
        self.end(2)
        self.missed(3, 6)
        daemon = self.start(config, state=self.store)
        self.finished(daemon, 6)
        self.finished(daemon, 2)
        daemon.stop()
        self.assertEqual(self.told(daemon), [("finished", number) for number in range(2, 7)])

    def test_after_an_outage(self):
        daemon = self.start(self.following(catch_up=3), state=self.store)
        self.settled()
        fault = self.simulator.fault("error", code="CB.00060101")
        self.missed(2, 9)
        self.simulator.wait_requests(2, since=self.simulator.next(), status=500)
        self.simulator.clear_faults(fault)
        self.finished(daemon, 9)
        self.settled()
        daemon.stop()
        found = self.check_events(daemon.events(type="build.finished"))
        self.assertEqual(self.ended(found), [7, 8, 9])
        self.assertRegex(found[0]["data"]["reason"], r"\b5\b")
        self.assertEqual(set(self.kept()), set(range(1, 10)))

    def test_what_has_expired_meanwhile_is_passed_over(self):
        config = self.following(catch_up=30)
        self.seen_once(config)
        self.missed(2, 11, missing=["build-info", "record", "record-list"])
        self.missed(12, 21)
        daemon = self.start(config, state=self.store)
        self.finished(daemon, 21)
        self.settled()
        self.begin(22)
        self.started(daemon, 22)
        daemon.stop()
        self.assertEqual(self.ended(self.check_events(daemon.events())), list(range(12, 22)))


class Killed(Missed):
    """The same under SIGKILL, in the midst of it."""

    def test_none_twice_and_none_missed(self):
        hook = self.receiver()
        config = self.following(sinks={"hook": self.to(hook)}, catch_up=20)
        daemon = self.start(config, state=self.store)
        self.settled()
        daemon.end(signal.SIGTERM)
        self.missed(2, 61)
        self.begin(62)
        for told in (1, 4, 9):
            daemon = self.start(config, state=self.store)
            daemon.wait_told(hook, told)
            daemon.kill()
        daemon = self.start(config, state=self.store)
        daemon.wait(lambda: {42, 61, 62} <= {r.event["data"]["build"]["number"] for r in hook.seen()}, "all of them")
        self.settled()
        self.all_recorded(daemon, self.store)
        daemon.stop()
        told = {}
        for received in hook.seen():
            told.setdefault(received.id, received.event)
        found = self.check_events(list(told.values()))
        numbers = [event["data"]["build"]["number"] for event in found if event["type"] == "build.finished"]
        self.assertEqual(sorted(numbers), list(range(42, 62)), "each of the newest, by one id")
        self.assertEqual([event["data"]["build"]["number"] for event in found if event["type"] == "build.started"], [62])
        reasons = {event["data"]["build"]["number"]: event["data"]["reason"] for event in found if event["data"]["reason"]}
        self.assertEqual(list(reasons), [42])
        self.assertRegex(reasons[42], r"\b40\b")
        self.assertEqual(sorted(event["data"]["sequence"] for event in found), list(range(1, 22)))
        self.assertLessEqual(set(range(2, 62)), set(self.kept()))

    def test_killed_at_any_moment(self):
        hook = self.receiver()
        config = self.following(sinks={"hook": self.to(hook)})
        number = 1
        for end in (0, 1, 2, 3, 5, 8, 13):
            daemon = self.start(config, state=self.store)
            self.simulator.wait_requests(end, since=self.simulator.next(), job=JOB)
            daemon.kill()
            self.missed(number + 1, number + 2)
            number += 2
        daemon = self.start(config, state=self.store)
        daemon.wait(lambda: number in {r.event["data"]["build"]["number"] for r in hook.seen()}, f"the end of {number}")
        self.all_recorded(daemon, self.store)
        daemon.stop()
        told = {received.id: received.event["data"]["build"]["number"] for received in hook.seen()}
        numbers = sorted(told.values())
        # Which build was the baseline is a matter of the first kills; from there on there is no gap.
        self.assertEqual(numbers, list(range(numbers[0], number + 1)))
        self.assertLess(numbers[0], number)


if __name__ == "__main__":
    sys.exit(case.main())
