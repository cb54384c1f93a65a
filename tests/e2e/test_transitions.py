"""What becomes an event, and what does not: builds watched by number, from first sight to the end."""

import json
import sys

from support import case, events
from support.case import Case, job_id

WORDS = {
    "success": ("SUCCESS", "succeeded", "OK", "blue"),
    "failure": ("FAILURE", "failed", "FAIL", "error", "RED", "timeout", "TIMEDOUT", "SCHEDULE_FAILURE"),
    "unstable": ("UNSTABLE", "Yellow"),
    "aborted": ("ABORTED", "abort", "CANCELED", "cancelled", "STOPPED", "KILLED"),
    "unknown": ("NOT_BUILT", "哈哈", "unknown", "x" * 100),
}


class Transitions(Case):
    def test_every_word_in_both_shapes(self):
        jobs, expected = [], {}
        for shape in ("object", "array"):
            for outcome, words in WORDS.items():
                for word in words:
                    number = len(jobs) + 1
                    name = f"{shape}-{outcome}-{number}"
                    jobs.append(self.job(name, number))
                    expected[name] = (outcome, word)
                    self.simulator.job(job_id(number), 1, "running", shape=shape)
        config = self.config(jobs)
        config["defaults"]["poll"]["building"] = "250ms"
        daemon = self.start(config)
        daemon.wait_events(len(jobs), type="build.started")
        for number, job in enumerate(jobs, 1):
            self.simulator.job(job["job_id"], 1, "finished", word=expected[job["name"]][1])
        daemon.wait_events(len(jobs), type="build.finished")
        daemon.stop()
        found = self.check_events(daemon.events())
        self.assertEqual(len(found), 2 * len(jobs))
        for event in found:
            name, build = event["data"]["job"]["name"], event["data"]["build"]
            if event["type"] == "build.finished":
                self.assertEqual((build["outcome"], build["result"]), expected[name])

    def test_fields_of_started_and_finished(self):
        self.simulator.job(job_id(7), 1, "running", region="ap-southeast-3")
        daemon = self.start(self.config([self.job("nightly", 7, labels={"team": "firmware", "a": "ü"})]))
        started = daemon.wait_events(type="build.started")[0]
        self.simulator.job(job_id(7), 1, "finished", word="FAILURE", branch="dev", commit="c0ffee", trigger="TIMER", url="https://repo.example.com/c0ffee")
        finished = daemon.wait_events(type="build.finished")[0]
        for event in self.check_events([started, finished]):
            self.assertEqual(event["data"]["job"], {"name": "nightly", "provider": case.PROVIDER, "job_id": job_id(7),
                                                    "labels": {"team": "firmware", "a": "ü"}})
            self.assertEqual((event["data"]["build"]["number"], event["data"]["build"]["region"]), (1, "ap-southeast-3"))
            self.assertEqual((event["data"]["change"], event["data"]["previous"]), (None, None))
        for field in ("started_at", "result", "source"):
            self.assertIsNone(started["data"]["build"][field], field)
        self.assertIsNotNone(finished["data"]["build"]["finished_between"][0])
        self.assertTrue(finished["data"]["build"]["times_exact"])
        self.assertEqual(finished["data"]["build"]["source"], {"branch": "dev", "commit": "c0ffee", "trigger": "TIMER", "url": "https://repo.example.com/c0ffee"})
        self.assertLess(started["data"]["sequence"], finished["data"]["sequence"])
        self.assertIn("nightly #1", finished["data"]["summary"])

    def test_fields_where_there_is_no_record(self):
        self.simulator.fault("error", call="record", code="CB.00060101")
        self.simulator.job(job_id(7), 1, "running")
        daemon = self.start(self.config([self.job("nightly", 7)]))
        daemon.wait_events(type="build.started")
        self.simulator.job(job_id(7), 1, "finished", word="FAILURE")
        build = self.check_events(daemon.wait_events(type="build.finished"))[0]["data"]["build"]
        self.assertEqual((build["source"], build["started_at"], build["duration_seconds"], build["times_exact"]), (None, None, None, False))
        first, last = map(events.seconds, build["finished_between"])
        self.assertAlmostEqual(events.seconds(build["finished_at"]), (first + last) / 2, delta=2 * events.MILLISECOND)

    def test_finished_before_we_came(self):
        self.simulator.job(job_id(1), 42, "finished", word="UNSTABLE")
        daemon = self.start(self.config([self.job("done", build=42)]))
        finished = daemon.wait_events(type="build.finished")[0]
        self.assertIsNone(finished["data"]["build"]["finished_between"][0])
        self.assertIsNone(finished["data"]["build"]["duration_seconds"])
        daemon.stop()
        self.assertEqual(self.kinds(self.check_events(daemon.events())), [("build.finished", "unstable")])

    def test_a_finished_build_is_final_and_no_longer_asked_for(self):
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        self.simulator.job(job_id(2), 1, "running")
        daemon = self.start(self.config([self.job("done", 1), self.job("witness", 2)]))
        daemon.wait_events(job="done")
        self.simulator.job(job_id(1), 1, "running")
        since = self.simulator.next()
        self.simulator.wait_requests(10, since=since, job=job_id(2))
        self.assertEqual(self.simulator.requests(since=since + 1, job=job_id(1)), [])
        self.assertEqual(len(daemon.events(job="done")), 1)

    def test_absent_then_queued_then_running(self):
        self.simulator.job(job_id(1))
        daemon = self.start(self.config([self.job("later", build=3)]))
        self.simulator.wait_requests(3, job=job_id(1), call="build-info")
        self.assertEqual(daemon.events(), [])
        for state, more in (("queued", {}), ("queued", {"word": "InQueue"}), ("queued", {"word": "PENDING"})):
            self.simulator.job(job_id(1), 3, state, **more)
            self.simulator.wait_requests(2, since=self.simulator.next(), job=job_id(1))
        self.assertEqual(daemon.events(), [])
        self.simulator.job(job_id(1), 3, "running", word="FAILURE")  # a stale word while it runs decides nothing
        daemon.wait_events(type="build.started")
        self.simulator.job(job_id(1), 3, "settling")
        self.simulator.wait_requests(3, since=self.simulator.next(), job=job_id(1))
        self.simulator.job(job_id(1), 3, "finished", word="SUCCESS")
        daemon.wait_events(type="build.finished")
        daemon.stop()
        self.assertEqual(self.kinds(self.check_events(daemon.events())), [("build.started", None), ("build.finished", "success")])

    def test_whether_the_job_exists_is_asked_once(self):
        self.simulator.job(job_id(1))
        daemon = self.start(self.config([self.job("later")]))
        self.simulator.wait_requests(5, job=job_id(1), call="build-info")
        self.assertEqual(len(self.simulator.requests(call="running-status")), 1)
        daemon.stop()

    def test_waits_also_where_running_status_is_refused(self):
        self.simulator.job(job_id(1))
        self.simulator.fault("status", call="running-status", status=403,
                             body='{"error_code": "APIGW.0302", "error_msg": "no permission"}')
        daemon = self.start(self.config([self.job("later")]))
        self.simulator.wait_requests(5, job=job_id(1), call="build-info")
        self.simulator.job(job_id(1), 1, "running")
        daemon.wait_events(job="later", type="build.started")
        self.assertEqual(len(self.simulator.requests(call="running-status")), 1)
        self.assertEqual(sum("later" in line and "403" in line for line in daemon.log.split("\n")), 1, daemon.log)

    def test_a_running_build_that_vanishes_for_a_while(self):
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("blinks")]))
        daemon.wait_events(type="build.started")
        for code in ("CB.00031059", "DEVCB.00031006"):
            self.simulator.fault("error", code=code, job=job_id(1), times=2)
        self.simulator.fault("status", status=404, body='{"error_code": "CB.404", "error_msg": "gone"}', job=job_id(1), times=2)
        self.simulator.fault("status", status=200, body='{"result": [], "error": null, "status": "success"}', job=job_id(1), times=2)
        daemon.wait(lambda: not self.simulator.call("GET", "/faults")["faults"], "all faults to be met")
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        daemon.wait_events(type="build.finished")
        daemon.stop()
        self.assertEqual(self.kinds(self.check_events(daemon.events())), [("build.started", None), ("build.finished", "success")])

    def test_the_result_of_our_region_counts(self):
        elsewhere = [{"building": False, "build_result": "FAILURE", "region": "cn-east-3"}]
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS", shape="array", others=elsewhere)
        self.simulator.job(job_id(2), 1, "finished", word="SUCCESS", shape="array", others=elsewhere)
        providers = {"ours": self.provider(), "else": self.provider(region="xx-none-1")}
        daemon = self.start(self.config([self.job("ours", 1, provider="ours"), self.job("first", 2, provider="else")],
                                        providers=providers))
        daemon.wait_events(2)
        self.assertEqual(daemon.events(job="ours")[0]["data"]["build"]["outcome"], "success")
        self.assertEqual(daemon.events(job="first")[0]["data"]["build"]["outcome"], "failure")

    def test_extra_words_and_unknown_fields(self):
        body = {"result": {"building": False, "build_result": "Deploy_Error", "region": "cn-north-4", "percentage": 100, "x": {"y": []}},
                "error": None, "status": "success", "more": True}
        self.simulator.job(job_id(1), 1, "finished", body=body)
        self.simulator.job(job_id(2), 1, "finished", body=body)
        daemon = self.start(self.config([self.job("told", 1, outcomes={"aborted": ["DEPLOY_ERROR"]}), self.job("untold", 2)]))
        daemon.wait_events(2)
        self.assertEqual(daemon.events(job="told")[0]["data"]["build"]["outcome"], "aborted")
        self.assertEqual(daemon.events(job="untold")[0]["data"]["build"]["outcome"], "unknown")
        self.assertEqual(daemon.events(job="told")[0]["data"]["build"]["result"], "Deploy_Error")

    def test_builds_of_one_job_side_by_side(self):
        self.simulator.job(job_id(1), 5, "running")
        self.simulator.job(job_id(1), 6, "finished", word="SUCCESS")
        daemon = self.start(self.config([self.job("five", build=5), self.job("six", build=6)]))
        daemon.wait_events(job="five", type="build.started")
        daemon.wait_events(job="six", type="build.finished")
        self.simulator.job(job_id(1), 5, "finished", word="ABORTED")
        daemon.wait_events(job="five", type="build.finished")
        daemon.stop()
        self.assertEqual(len(self.check_events(daemon.events())), 3)

    def test_ids_are_the_same_in_every_run(self):
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        ids = []
        for name in ("old-name", "new-name"):
            daemon = self.start(self.config([self.job(name)]))
            ids.append(daemon.wait_events()[0]["id"])
            daemon.stop()
        self.assertEqual(ids[0], ids[1])


class Bodies(Case):
    def test_all_sinks_get_the_same_object(self):
        hook = self.receiver()
        kept = self.folder / "stdin.json"
        sinks = case.OUT | {"hook": {"type": "webhook", "url": hook.url()},
                            "script": {"type": "exec", "command": ["/bin/sh", "-c", f"cat >> {kept}"]}}
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("job", labels={"k": "v \" \\ 哈"})], sinks))
        daemon.wait_events(type="build.started")
        self.simulator.job(job_id(1), 1, "finished", word="weird \u2028 \" \\ word")
        daemon.wait_events(type="build.finished")
        daemon.wait(lambda: len(hook.seen()) == 2 and kept.exists() and kept.read_text().count("\n") == 2, "both other sinks")
        daemon.stop()
        lines = daemon.output.split("\n")
        self.assertEqual(sorted(lines), sorted(r.body.decode() for r in hook.seen()))
        self.assertEqual(sorted(lines), sorted(kept.read_text(encoding="utf-8").splitlines() if "\u2028" not in kept.read_text()
                                               else kept.read_text(encoding="utf-8").strip("\n").split("\n")))
        for line in lines:
            events.check_event(json.loads(line))

    def test_text_for_people(self):
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        daemon = self.start(self.config([self.job("nightly")], {"console": {"type": "stdout"}}))
        line = daemon.wait(lambda: daemon.output, "a line")
        self.assertRegex(line, r"nightly #1 failed")
        self.assertRegex(line, r"\d\d:\d\d:\d\d")
        self.assertNotIn("\x1b", line)

    def test_log_sink(self):
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        daemon = self.start(self.config([self.job("nightly")], {"journal": {"type": "log"}}))
        daemon.wait(lambda: "nightly #1 failed" in daemon.log, "the event in the log")
        self.assertEqual(daemon.output, "")

    def test_log_as_json(self):
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        daemon = self.start(self.config([self.job("nightly")], {"journal": {"type": "log"}}, log={"format": "json", "level": "debug"}))
        daemon.wait(lambda: "nightly #1 failed" in daemon.log, "the event in the log")
        daemon.stop()
        lines = [line for line in daemon.log.split("\n") if "warning: " not in line]
        self.assertTrue(all(isinstance(json.loads(line), dict) for line in lines))


if __name__ == "__main__":
    sys.exit(case.main())
