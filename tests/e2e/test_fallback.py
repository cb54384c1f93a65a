"""Fallback: what a sink would not take, or keeps waiting, goes to another one, as a delivery of its own."""

import signal
import sys

from support import case, events
from support.case import Case, job_id


class Fallbacks(Case):
    def finished(self, count=1):
        return self.builds(count, "finished", word="FAILURE")

    def sinks(self, first, second, **more):
        """`oncall` falls back to `spare`; `out` shows the events as they were made."""
        return {"oncall": {"type": "webhook", "url": first.url("/oncall"), "retry": ["50ms", "50ms"], "fallback": "spare", **more},
                "spare": {"type": "webhook", "url": second.url("/spare"), "retry": ["100ms"] * 100}} | case.OUT

    def only_oncall(self, jobs, sinks, **more):
        return self.config(jobs, sinks, rules=[{"events": ["all"], "to": ["oncall", "out"]}], **more)

    def all_quiet(self, daemon, state):
        daemon.wait(lambda: not [row for row in self.owed(state) if row["state"] == "waiting"], "nothing to wait any more")

    def assert_falls_back(self, received, made, answer):
        """A fallback delivery of the event `made`."""
        events.check_event(received.event)
        self.assertEqual(received.id, made["id"] + "-fb")
        self.assertEqual(received.event["id"], made["id"])
        self.assertRegex(received.event["data"]["reason"], rf"\boncall\b.*{answer}")
        data = received.event["data"]
        self.assertIn(made["data"]["summary"], data["summary"])
        self.assertEqual(data | {"reason": None, "summary": None}, made["data"] | {"summary": None}, "nothing else differs")


class Dead(Fallbacks):
    def test_goes_to_the_fallback(self):
        first, second = self.receiver(default={"status": 400}), self.receiver()
        second.answers = [{"status": 500}]
        daemon = self.start(self.only_oncall(self.finished(), self.sinks(first, second)))
        made = daemon.wait_events()[0]
        got = daemon.wait_told(second, 2)
        daemon.stop()
        self.assertEqual(len(first.seen()), 3)
        self.assertEqual(len(got), 2)
        for received in got:
            self.assert_falls_back(received, made, "400")
        self.assertEqual(got[0].body, got[1].body)

    def test_over_a_restart(self):
        for end in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(end=end.name):
                first, second, state = self.receiver(default={"status": 400}), self.receiver(default={"status": 500}), self.state()
                config = self.only_oncall(self.finished(), self.sinks(first, second))
                daemon = self.start(config, state=state)
                made = daemon.wait_events()[0]
                daemon.wait_told(second)
                daemon.end(end)
                second.answer_with({"status": 204})
                daemon = self.start(config, state=state)
                daemon.wait(lambda: [r for r in second.seen() if r.taken], "the fallback")
                self.all_quiet(daemon, state)
                daemon.stop()
                self.assertEqual(len([r for r in second.seen() if r.taken]), 1)
                for received in second.seen():
                    self.assert_falls_back(received, made, "400")

    def test_not_to_a_sink_that_was_owed_the_event_anyway(self):
        first, second, state = self.receiver(default={"status": 400}), self.receiver(), self.state()
        daemon = self.start(self.config(self.finished(3), self.sinks(first, second)), state=state)
        daemon.wait_told(first, 9)
        daemon.wait(lambda: len([row for row in self.owed(state) if row["state"] == "dead"]) == 3, "three to be dead")
        self.all_quiet(daemon, state)
        daemon.stop()
        self.assertEqual(sorted(second.ids()), sorted(event["id"] for event in daemon.events()))

    def test_410_sends_all_that_is_owed_there(self):
        first, second = self.receiver(), self.receiver()
        first.answer_with({"status": 410}, [{"status": 500}] * 5)
        jobs = self.finished(6)
        self.simulator.job(job_id(6), 1, "running")
        sinks = self.sinks(first, second, retry=["2s", "1h"], concurrency=1)
        config = self.config(jobs, sinks, rules=[{"to": ["oncall", "out"]}])
        daemon = self.start(config)
        made = {event["id"] + "-fb": event for event in daemon.wait_events(5)}
        got = {r.id: r for r in daemon.wait_told(second, 5)}
        self.assertEqual(set(got), set(made))
        for name, received in got.items():
            self.assert_falls_back(received, made[name], "(410|500)")
        self.finish(6)
        late = daemon.wait_told(second, 6)[-1]
        daemon.stop()
        self.assertEqual(late.event["data"]["job"]["name"], "job-6")
        self.assertEqual(len([r for r in first.seen() if r.answered["status"] == 410]), 1)

    def test_to_a_terminal(self):
        first = self.receiver(default={"status": 400})
        sinks = {"oncall": {"type": "webhook", "url": first.url(), "retry": [], "fallback": "out"}} | case.OUT
        daemon = self.start(self.config(self.finished(), sinks, rules=[{"to": ["oncall"]}]))
        event = daemon.wait_events()[0]
        self.assertRegex(event["data"]["reason"], r"oncall.*400")
        self.assertEqual(event["id"], first.seen()[0].id)


class Waited(Fallbacks):
    def test_goes_there_too_and_is_still_tried_here(self):
        for trouble in ({"status": 500}, {"status": 503}):
            with self.subTest(trouble):
                first, second, state = self.receiver(default=trouble), self.receiver(), self.state()
                sinks = self.sinks(first, second, retry=["300ms"] * 99 + ["1h"], fallback_after="700ms")
                daemon = self.start(self.only_oncall(self.finished(3), sinks), state=state)
                made = {event["id"] + "-fb": event for event in daemon.wait_events(3)}
                got = daemon.wait_told(second, 3)
                for received in got:
                    self.assert_falls_back(received, made[received.id], str(trouble["status"]))
                tries = len(first.seen())
                daemon.wait_told(first, tries + 3)
                first.answer_with({"status": 204})
                daemon.wait(lambda: len({r.id for r in first.seen() if r.taken}) == 3, "the sink itself, in the end")
                self.all_recorded(daemon, state)
                daemon.stop()
                self.assertEqual(len(second.seen()), 3, "once, however long it waits")

    def test_later_events_in_time_do_not(self):
        first, second = self.receiver(), self.receiver()
        sinks = self.sinks(first, second, fallback_after="500ms")
        daemon = self.start(self.only_oncall(self.builds(2, "running"), sinks))
        daemon.wait_told(first, 2)
        self.simulator.wait_requests(20, since=self.simulator.next())
        self.finish(1, 2)
        daemon.wait_told(first, 4)
        daemon.stop()
        self.assertEqual(second.seen(), [])


if __name__ == "__main__":
    sys.exit(case.main())
