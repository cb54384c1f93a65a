"""Rules: which events reach which sinks."""

import sys

from support import case
from support.case import Case, job_id

JOBS = {"firmware-a": {"team": "firmware", "tier": "1"}, "firmware-b": {"team": "firmware"}, "web-a": {"team": "web", "tier": "1"}}
ENDS = {"firmware-a": "SUCCESS", "firmware-b": "FAILURE", "web-a": "ABORTED"}


class Rules(Case):
    def told(self, rules, expected, sinks=("a", "b")):
        """Three jobs start and end; -> which sink got what, as {sink: {(job, type or outcome)}}."""
        for number, name in enumerate(JOBS, 1):
            self.simulator.job(job_id(number), 1, "running")
        hook = self.receiver()
        made = {name: {"type": "webhook", "url": hook.url(f"/{name}")} for name in sinks} | {"out": {"type": "stdout", "format": "json"}}
        config = self.config([self.job(name, n, labels=labels) for n, (name, labels) in enumerate(JOBS.items(), 1)], made)
        if rules is not None:
            config["rules"] = [*rules, {"events": ["all"], "to": ["out"]}]
        daemon = self.start(config)
        daemon.wait_events(3, type="build.started")
        for number, name in enumerate(JOBS, 1):
            self.simulator.job(job_id(number), 1, "finished", word=ENDS[name])
        daemon.wait_events(3, type="build.finished")
        total = sum(len(wanted) for wanted in expected.values())
        daemon.wait(lambda: len(hook.seen()) >= total, f"{total} webhooks")
        daemon.stop()
        got = {name: [] for name in sinks}
        for received in hook.seen():
            build = received.event["data"]["build"]
            got[received.path[1:]].append((received.event["data"]["job"]["name"], build["outcome"] or "started"))
        self.assertEqual({name: sorted(list_) for name, list_ in got.items()}, {name: sorted(list_) for name, list_ in expected.items()})

    def test_no_rules_everything_everywhere(self):
        every = [(name, what) for name, outcome in zip(JOBS, ("success", "failure", "aborted")) for what in ("started", outcome)]
        self.told(None, {"a": every, "b": every})

    def test_default_events_are_not_the_starts(self):
        self.told([{"to": ["a"]}], {"a": [("firmware-a", "success"), ("firmware-b", "failure"), ("web-a", "aborted")], "b": []})

    def test_selectors(self):
        self.told([{"events": ["failure", "aborted"], "to": ["a"]}, {"events": ["started", "success"], "to": ["b"]}],
                  {"a": [("firmware-b", "failure"), ("web-a", "aborted")],
                   "b": [("firmware-a", "started"), ("firmware-b", "started"), ("web-a", "started"), ("firmware-a", "success")]})

    def test_globs_and_labels(self):
        self.told([{"jobs": ["firmware-*", "nothing-?"], "to": ["a"]}, {"labels": {"tier": "1"}, "jobs": ["*-[!b]"], "to": ["b"]}],
                  {"a": [("firmware-a", "success"), ("firmware-b", "failure")], "b": [("firmware-a", "success"), ("web-a", "aborted")]})

    def test_all_labels_must_match(self):
        self.told([{"labels": {"tier": "1", "team": "web"}, "to": ["a"]}, {"labels": {"team": "none"}, "to": ["b"]}],
                  {"a": [("web-a", "aborted")], "b": []})

    def test_each_sink_once_however_many_rules_match(self):
        self.told([{"events": ["finished", "all"], "to": ["a", "a"]}, {"events": ["success"], "to": ["a", "b"]}, {"to": ["a"]}],
                  {"a": [(n, w) for n, o in zip(JOBS, ("success", "failure", "aborted")) for w in ("started", o)], "b": [("firmware-a", "success")]})

    def test_no_rule_at_all(self):
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        self.simulator.job(job_id(2), 1, "running")
        daemon = self.start(self.config([self.job("one"), self.job("two", 2)], rules=[]))
        self.simulator.wait_requests(10, job=job_id(2))
        daemon.stop()
        self.assertEqual(daemon.output, "")

    def test_provider_events_match_by_the_jobs_of_the_provider(self):
        hook = self.receiver()
        sinks = {name: {"type": "webhook", "url": hook.url(f"/{name}")} for name in ("both", "mixed", "other")}
        config = self.config([self.job("x-1", 1, labels={"k": "1"}), self.job("y-2", 2, labels={"k": "2"})], sinks | {"out": {"type": "stdout", "format": "json"}},
                             {"gone": self.provider(endpoint="http://127.0.0.1:1")},
                             rules=[{"jobs": ["x-*"], "labels": {"k": "1"}, "to": ["both"]}, {"jobs": ["x-*"], "labels": {"k": "2"}, "to": ["mixed"]},
                                    {"jobs": ["z-*"], "to": ["other"]}, {"to": ["out"]}])
        config["defaults"]["unreachable_after"] = "400ms"
        daemon = self.start(config)
        daemon.wait_events(type="provider.unreachable")
        daemon.wait(lambda: hook.seen(path="/both"), "the sink whose rule matches")
        daemon.stop()
        self.assertEqual({r.path for r in hook.seen()}, {"/both"})


if __name__ == "__main__":
    sys.exit(case.main())
