"""A job is followed from build to build: its newest number, builds side by side, what is missing, records, changes."""

import re
import sys
import time

from support import case
from support.case import job_id
from support.events import MILLISECOND, seconds
from support.following import JOB, Following


class FirstSight(Following):
    def test_a_finished_build_is_a_silent_baseline(self):
        self.past(38, 39, 40)
        state = self.state()
        daemon = self.start(self.following(), state=state)
        self.settled()
        self.begin(41)
        self.started(daemon, 41)
        self.end(41)
        self.finished(daemon, 41)
        self.settled()
        daemon.stop()
        self.assertEqual(self.told(daemon), [("started", 41), ("finished", 41)])
        self.assertEqual(self.asked("record-list"), 1, "past builds are fetched once")
        self.assertEqual([request["build"] for request in self.simulator.requests(call="record")], ["41"])
        kept = {build["number"]: build for build in self.ask_store(state, "history", "job")}
        self.assertEqual(sorted(kept), [38, 39, 40, 41])
        self.assertEqual(kept[38]["outcome"], "success")
        self.assertAlmostEqual(kept[38]["duration_seconds"], 60, delta=0.01)

    def test_to_follow_is_the_default(self):
        self.past(4)
        job = self.followed()
        del job["build"]
        daemon = self.start(self.following(jobs=[job]))
        self.settled()
        self.begin(5)
        self.started(daemon, 5)

    def test_past_builds_are_fetched_once_also_over_restarts(self):
        self.past(*range(1, 151))
        state = self.state()
        for _ in range(2):
            daemon = self.start(self.following(), state=state)
            self.settled()
            daemon.stop()
            self.assertEqual(self.told(daemon), [])
        self.assertEqual(self.asked("record-list"), 1)
        self.assertEqual(self.asked("record"), 0)
        kept = [build["number"] for build in self.ask_store(state, "history", "job", "--limit", "200")]
        self.assertEqual(sorted(kept), list(range(51, 151)), "a hundred, the newest")

    def test_a_running_one_is_told_with_its_start_from_the_list(self):
        began = time.time() - 300
        self.simulator.job(JOB, history=[{"number": 7, "started_ago": 300, "lasted": 86400}])
        daemon = self.start(self.following())
        at = self.started(daemon, 7)["build"]["started_at"]
        self.assertAlmostEqual(seconds(at), began, delta=case.SLACK)
        self.end(7)
        build = self.finished(daemon, 7)["build"]
        self.assertEqual((build["started_at"], build["times_exact"]), (at, True))
        self.assertGreater(build["duration_seconds"], 299)
        daemon.stop()
        self.assertEqual(self.told(daemon), [("started", 7), ("finished", 7)])

    def test_a_running_one_where_the_list_is_refused(self):
        self.refuse("record-list")
        self.begin(7)
        daemon = self.start(self.following())
        self.assertIsNone(self.started(daemon, 7)["build"]["started_at"])
        self.end(7)
        self.assertTrue(self.finished(daemon, 7)["build"]["times_exact"])
        self.assertEqual(self.asked("record-list"), 1)

    def test_one_first_seen_finished_makes_no_start(self):
        self.past(7)
        daemon = self.start(self.following())
        self.settled()
        self.end(8, "FAILURE", lasted_ms=40)
        build = self.finished(daemon, 8)["build"]
        self.settled()
        daemon.stop()
        self.assertEqual(self.told(daemon), [("finished", 8)])
        self.assertIsNone(build["finished_between"][0])
        self.assertEqual((build["times_exact"], build["duration_seconds"]), (True, 0.04))


class Absence(Following):
    def test_a_job_that_has_never_been_built(self):
        self.simulator.job(JOB)
        daemon = self.start(self.following(unreachable_after="300ms"))
        self.settled(8)
        self.end(1)
        self.finished(daemon, 1)
        self.begin(2)
        self.started(daemon, 2)
        daemon.stop()
        self.assertEqual(self.told(daemon), [("finished", 1), ("started", 2)], "nothing was there before, so the first build is news")
        self.assertEqual(self.asked("build-info", build="0"), 0)

    def test_a_job_that_is_not_found(self):
        daemon = self.start(self.following(unreachable_after="300ms"))
        event = daemon.wait_events(type="job.unreachable")[0]
        self.assertRegex(event["data"]["reason"], r"(?i)not.?found|no such job|knows no job|does not (know|exist)")
        self.assertEqual(len(daemon.said_of(re.compile(r"\bjob\b.*(not.?found|knows no job)", re.I))), 1, daemon.log)
        self.begin(1)
        daemon.wait_events(type="job.recovered")
        self.started(daemon, 1)

    def test_one_that_is_deleted_and_comes_back(self):
        self.past(4)
        daemon = self.start(self.following(unreachable_after="300ms"))
        self.settled()
        self.begin(5)
        self.started(daemon, 5)
        self.simulator.job(JOB, gone=True)
        self.simulator.wait_requests(10, job=JOB, status=422)
        self.assertEqual([type_ for type_, _ in self.kinds(daemon.events()) if type_.startswith("build.")], ["build.started"], "nothing has ended")
        self.end(5)
        self.begin(6)
        self.finished(daemon, 5)
        self.started(daemon, 6)

    def test_expired_builds(self):
        """running-status still names a build of which build-info knows nothing more."""
        self.past(3, 4, missing=["build-info", "record", "record-list"])
        daemon = self.start(self.following())
        self.settled()
        self.begin(5)
        self.started(daemon, 5)
        self.end(5)
        self.finished(daemon, 5)
        daemon.stop()
        self.assertEqual(self.told(daemon), [("started", 5), ("finished", 5)])


class Numbers(Following):
    def setUp(self):
        super().setUp()
        self.past(10)

    def test_side_by_side(self):
        daemon = self.start(self.following())
        self.settled()
        for number in (11, 12, 13):
            self.begin(number)
            self.started(daemon, number)
        for number in (12, 13, 11):
            self.end(number)
            self.finished(daemon, number)
        daemon.stop()
        self.assertEqual(self.told(daemon), [("started", 11), ("started", 12), ("started", 13),
                                             ("finished", 12), ("finished", 13), ("finished", 11)])

    def test_numbers_skipped_between_two_polls(self):
        daemon = self.start(self.following())
        self.settled()
        self.simulator.script({JOB: {"history": [{"number": number, "started_ago": 20, "lasted": 1, "word": word}
                                                 for number, word in ((10, "SUCCESS"), (11, "SUCCESS"), (12, "FAILURE"), (14, "SUCCESS"))]
                                     + [{"number": 15, "started_ago": 5, "lasted": 86400}]}})
        for number in (11, 12, 14):
            self.finished(daemon, number)
        self.started(daemon, 15)
        self.settled(5)
        self.begin(16)
        self.started(daemon, 16)
        daemon.stop()
        told = self.told(daemon)
        self.assertEqual([number for what, number in told if what == "finished"], [11, 12, 14], "in order, and 13 never was")
        self.assertEqual([number for what, number in told if what == "started"], [15, 16])

    def test_a_queued_one_holds_up_no_later_number(self):
        daemon = self.start(self.following())
        self.settled()
        self.simulator.job(JOB, 11, "queued")
        self.simulator.job(JOB, 12, "queued", missing=["build-info", "record"])
        self.settled()
        self.assertEqual(daemon.events(), [])
        self.begin(13)
        self.started(daemon, 13)
        self.begin(12)
        self.started(daemon, 12)
        self.begin(11)
        self.started(daemon, 11)
        for number in (13, 11, 12):
            self.end(number)
            self.finished(daemon, number)
        daemon.stop()
        self.assertEqual(len(self.told(daemon)), 6)

    def test_one_that_starts_as_another_ends(self):
        daemon = self.start(self.following())
        self.settled()
        for number in range(11, 21):
            self.begin(number)
            self.started(daemon, number)
            self.end(number)
            self.begin(number + 1)
        for number in range(11, 21):
            self.finished(daemon, number)
        self.started(daemon, 21)
        daemon.stop()
        told = self.told(daemon)
        self.assertEqual(len(told), len(set(told)))
        self.assertEqual(sorted(told), sorted([("started", n) for n in range(11, 22)] + [("finished", n) for n in range(11, 21)]))

    def test_several_jobs_at_once(self):
        last = 7
        self.simulator.script({job_id(number): {"repeat": {"every": 0.6, "lasts": [0.3], "count": last + 1, "first": 100 * number}}
                               for number in range(2, 6)}, clock="first_poll")
        daemon = self.start(self.following(jobs=[self.followed(f"job-{number}", number) for number in range(2, 6)]))
        for number in range(2, 6):
            daemon.wait_events(type="build.finished", job=f"job-{number}", number=100 * number + last)
        daemon.stop()
        for number in range(2, 6):
            ended = [event["data"]["build"]["number"] for event in daemon.events(type="build.finished", job=f"job-{number}")]
            # The first sight may fall into a pause: what had ended by then is the baseline.
            self.assertEqual(ended, list(range(ended[0], 100 * number + last + 1)))
        self.check_events(daemon.events())


class Records(Following):
    def setUp(self):
        super().setUp()
        self.past(10)

    def followed_once(self, number, **more):
        """A build from start to end; -> (seconds at its end, what the event says of it)."""
        self.begin(number, **more)
        self.started(self.daemon, number)
        self.end(number)
        return time.time(), self.finished(self.daemon, number)["build"]

    def assert_polled(self, build, number):
        """Its times are those of the polls alone."""
        self.assertFalse(build["times_exact"], number)
        first, last = map(seconds, build["finished_between"])
        self.assertAlmostEqual(seconds(build["finished_at"]), (first + last) / 2, delta=2 * MILLISECOND)

    def test_exact_times_and_source(self):
        self.daemon = self.start(self.following())
        self.settled()
        before = time.time()
        _, build = self.followed_once(11, branch="release", commit="c0ffee" * 6 + "c0ff", trigger="CODE", url="https://repo.example.com/c0ffee")
        self.assertEqual(build["source"], {"branch": "release", "commit": "c0ffee" * 6 + "c0ff", "trigger": "CODE",
                                           "url": "https://repo.example.com/c0ffee"})
        record = self.simulator.state()["jobs"][JOB]["builds"]["11"]
        self.assertTrue(build["times_exact"])
        self.assertGreater(record["started"], before - 0.1)
        self.assertAlmostEqual(seconds(build["started_at"]), record["started"], delta=2 * MILLISECOND)
        self.assertAlmostEqual(seconds(build["finished_at"]), record["ended"], delta=2 * MILLISECOND)
        self.assertAlmostEqual(build["duration_seconds"], record["ended"] - record["started"], delta=2 * MILLISECOND)

    def test_the_event_goes_out_without_a_record(self):
        config = self.following()
        config["providers"] = {case.PROVIDER: self.provider(timeout="500ms")}
        self.daemon = self.start(config)
        self.settled()
        troubles = ({"kind": "error", "code": "CB.00060101"}, {"kind": "error", "code": "CB.00031059"}, {"kind": "hang"}, {"kind": "garbage_body"},
                    {"kind": "reset"}, {"kind": "wrong_type", "variant": "result_text"}, {"kind": "wrong_type", "variant": "result_null"})
        for number, trouble in enumerate(troubles, 11):
            with self.subTest(trouble):
                kind = trouble.pop("kind")
                fault = self.simulator.fault(kind, call="record", **trouble)
                _, build = self.followed_once(number)
                self.assertIsNone(build["source"])
                self.assert_polled(build, number)
                self.simulator.clear_faults(fault)
                # A kept connection that is reset may have been closed before: the client asks once more on a new one.
                self.assertLessEqual(self.asked("record", build=str(number)), 2 if kind == "reset" else 1)
        number = 11 + len(troubles)
        _, build = self.followed_once(number)
        self.assertTrue(build["times_exact"], "a failure once is no reason not to ask again")

    def test_times_far_from_what_polling_saw_are_not_believed(self):
        self.daemon = self.start(self.following())
        self.settled()
        hour = 3_600_000
        now = int(time.time() * 1000)
        for number, lie in enumerate(({"started_at": now - 2 * hour, "lasted_ms": hour}, {"started_at": now + hour, "lasted_ms": 1000},
                                      {"started_at": now - 70_000, "lasted_ms": 1000}, {"record": {"start_time": None, "build_time": None, "cost_time": None}},
                                      {"record": {"state": None, "job_running_status": "Running"}}), 11):
            with self.subTest(lie):
                self.begin(number)
                self.started(self.daemon, number)
                self.end(number, **lie)
                build = self.finished(self.daemon, number)["build"]
                self.assert_polled(build, number)
                if build["started_at"] is not None:
                    self.assertAlmostEqual(seconds(build["started_at"]), time.time(), delta=60 + case.SLACK)

    def test_times_a_little_off_are(self):
        self.daemon = self.start(self.following())
        self.settled()
        started = int((time.time() - 40) * 1000)
        self.begin(11)
        self.started(self.daemon, 11)
        self.end(11, started_at=started, lasted_ms=20_000)
        build = self.finished(self.daemon, 11)["build"]
        self.assertTrue(build["times_exact"])
        self.assertEqual((round(seconds(build["started_at"]) * 1000), build["duration_seconds"]), (started, 20))

    def test_one_more_request_for_each_finished_build_at_most(self):
        self.daemon = self.start(self.following())
        self.settled()
        self.simulator.job(JOB, repeat={"every": 0.3, "lasts": [0.15, 0.25], "words": ["SUCCESS", "FAILURE"], "count": 12, "first": 11})
        self.finished(self.daemon, 22)
        self.settled()
        self.daemon.stop()
        ended = [number for what, number in self.told(self.daemon) if what == "finished"]
        self.assertEqual(ended, list(range(11, 23)))
        asked = [int(request["build"]) for request in self.simulator.requests(call="record")]
        self.assertEqual(len(asked), len(set(asked)))
        self.assertLessEqual(set(asked), set(ended))
        self.assertEqual(self.asked("record-list"), 1)

    def test_a_refused_one_is_not_asked_for_again(self):
        for status in (403, 404, 405):
            with self.subTest(status):
                self.simulator.reset()
                self.past(10)
                self.refuse("record", status=status)
                self.daemon = self.start(self.following())
                self.settled()
                for number in (11, 12, 13):
                    _, build = self.followed_once(number)
                    self.assert_polled(build, number)
                    self.assertIsNone(build["source"])
                self.daemon.stop()
                self.assertEqual(self.asked("record"), 1)


class Failing(Following):
    """One call, or one build, fails, while all else of the job is answered."""

    def setUp(self):
        super().setUp()
        self.past(10)

    def break_build(self, number):
        return self.simulator.fault("status", call="build-info", build=number, status=500, body="{}")

    def test_a_build_that_cannot_be_asked_about_holds_up_no_other(self):
        daemon = self.start(self.following(unreachable_after="1s"))
        self.settled()
        fault = self.break_build(11)
        self.end(11, "FAILURE")
        reason = daemon.wait_events(type="job.unreachable")[0]["data"]["reason"]
        self.assertRegex(reason, r"^build 11: .*500")
        for number in (12, 13):
            self.built(daemon, number)
        self.simulator.clear_faults(fault)
        self.finished(daemon, 11)
        daemon.wait_events(type="job.recovered")
        daemon.stop()
        told = [event["summary"] for event in (one["data"] for one in daemon.events())]
        self.assertEqual([re.search(r"#(\d+) (is running|\w+)|can not|again", line)[0] for line in told],
                         ["can not", "#12 is running", "#12 passed", "#13 is running", "#13 passed", "again", "#11 failed"])
        self.assertLessEqual(len(daemon.said_of(re.compile(r"\bjob\b.*500"))), 3, daemon.log)

    def test_a_build_that_ran_does_not_hide_those_beside_it(self):
        daemon = self.start(self.following(unreachable_after="1s"))
        self.settled()
        for number in (11, 12):
            self.begin(number)
            self.started(daemon, number)
        fault = self.break_build(11)
        daemon.wait_events(type="job.unreachable")
        self.end(12, "FAILURE")
        self.finished(daemon, 12)
        self.built(daemon, 13)
        self.end(11)
        self.simulator.clear_faults(fault)
        self.finished(daemon, 11)
        daemon.wait_events(type="job.recovered")


class Refused(Following):
    def setUp(self):
        super().setUp()
        self.past(*range(1, 11))

    def follow_two(self, daemon, first=11):
        """Two builds, side by side."""
        for number in (first, first + 1):
            self.begin(number)
            self.started(daemon, number)
        for number in (first + 1, first):
            self.end(number)
            self.finished(daemon, number)

    def test_running_status(self):
        for status in (403, 404, 405):
            with self.subTest(status):
                self.simulator.reset()
                self.past(*range(1, 11))
                self.refuse("running-status", status=status)
                daemon = self.start(self.following())
                self.settled(call="record-list")
                self.follow_two(daemon)
                daemon.stop()
                self.assertEqual(len(self.told(daemon)), 4)
                self.assertEqual(self.asked("running-status"), 1)

    def test_running_status_and_the_list(self):
        self.refuse("running-status", "record-list")
        daemon = self.start(self.following())
        self.settled(call="build-info", build="11")
        self.follow_two(daemon)
        self.settled(call="build-info", build="13")
        self.follow_two(daemon, 13)
        daemon.stop()
        self.assertEqual(len(self.told(daemon)), 8)
        self.assertEqual((self.asked("running-status"), self.asked("record-list")), (1, 1))

    def test_a_failing_one_is_no_refused_one(self):
        daemon = self.start(self.following())
        self.settled()
        self.simulator.fault("error", code="CB.00060101", call="running-status", times=2)
        self.follow_two(daemon)
        self.assertLessEqual(self.asked("record-list"), 1)
        self.settled()

    def test_a_reload_is_a_reason_to_ask_again_and_a_restart_is_none(self):
        self.refuse("running-status")
        state = self.state()
        for _ in range(2):
            daemon = self.start(self.following(), state=state)
            self.settled(call="record-list")
            daemon.stop()
            self.assertEqual(self.asked("running-status"), 1, "a restart is no reason")
        daemon = self.start(self.following(), state=state)
        self.settled(call="record-list")
        self.simulator.clear_faults()
        daemon.reload()
        self.settled()
        self.follow_two(daemon)

    def test_nothing_tells_of_the_newest(self):
        self.simulator.job(JOB, gone=True)
        self.past(1_000_000, 1_000_001)
        self.refuse("running-status", "record-list")
        daemon = self.start(self.following(jobs=[self.followed("needle")]))
        daemon.wait_log(re.compile(r"needle.*(prob|newest)"))
        self.settled(60, call="build-info")
        self.assertEqual(daemon.events(type="build.finished"), [])
        self.assertIsNone(daemon.process.poll())


class Changes(Following):
    def play(self, daemon, number, word):
        self.begin(number)
        self.started(daemon, number)
        self.end(number, word)
        return self.finished(daemon, number)

    def test_against_the_build_before(self):
        self.past(40)
        daemon = self.start(self.following())
        self.settled()
        for number, word, change, before, words in (
                (41, "FAILURE", "broken", (40, "success"), r"job #41 failed.*\(was passing\)"),
                (42, "UNSTABLE", "still_failing", (41, "failure"), r"job #42 is unstable.*still failing"),
                (43, "ABORTED", None, (42, "unstable"), r"job #43 was aborted"),
                (44, "SUCCESS", "fixed", (42, "unstable"), r"job #44 passed.*was failing"),
                (45, "SUCCESS", "still_passing", (44, "success"), r"job #45 passed"),
                (46, "what?", None, (45, "success"), r"job #46 ended"),
                (47, "UNSTABLE", "broken", (45, "success"), r"job #47 is unstable.*was passing")):
            with self.subTest(number):
                data = self.play(daemon, number, word)
                self.assertEqual((data["change"], data["previous"]), (change, {"number": before[0], "outcome": before[1]}))
                self.assertRegex(data["summary"], words)
                self.assertNotIn("None", data["summary"])
        self.assertTrue(all(event["data"]["change"] is None for event in daemon.events(type="build.started")))

    def test_nothing_before(self):
        self.simulator.job(JOB)
        daemon = self.start(self.following())
        self.settled()
        data = self.play(daemon, 1, "FAILURE")
        self.assertEqual((data["change"], data["previous"]), (None, None))
        data = self.play(daemon, 2, "ABORTED")
        self.assertEqual((data["change"], data["previous"]), (None, {"number": 1, "outcome": "failure"}))

    def test_one_that_is_overtaken(self):
        self.past(40)
        daemon = self.start(self.following())
        self.settled()
        for number in (41, 42, 43):
            self.begin(number)
            self.started(daemon, number)
        self.end(42, "ABORTED")
        self.assertIsNone(self.finished(daemon, 42)["change"])
        self.end(43, "FAILURE")
        self.assertEqual(self.finished(daemon, 43)["change"], "broken")
        self.end(41, "FAILURE")
        data = self.finished(daemon, 41)
        self.assertEqual((data["change"], data["previous"]), (None, {"number": 40, "outcome": "success"}))

    def test_over_a_restart(self):
        self.past(40)
        state = self.state()
        for number, word, change in ((41, "FAILURE", "broken"), (42, "FAILURE", "still_failing"), (43, "SUCCESS", "fixed")):
            daemon = self.start(self.following(), state=state)
            self.settled()
            self.assertEqual(self.play(daemon, number, word)["change"], change)
            daemon.kill()

    def test_rules_choose_by_change(self):
        self.past(40)
        config = self.following(sinks=case.OUT | {"hook": self.to(hook := self.receiver())})
        config["rules"] = [{"events": ["all"], "to": ["out"]}, {"events": ["broken", "fixed"], "to": ["hook"]}]
        daemon = self.start(config)
        self.settled()
        for number, word in ((41, "SUCCESS"), (42, "FAILURE"), (43, "FAILURE"), (44, "SUCCESS")):
            self.play(daemon, number, word)
        daemon.wait_told(hook, 2)
        daemon.stop()
        self.assertEqual([r.event["data"]["build"]["number"] for r in hook.seen()], [42, 44])


if __name__ == "__main__":
    sys.exit(case.main())
