"""`history` and `outbox`: what the store knows, beside a running daemon and without one."""

import json
import os
import re
import signal
import sys

from support import case, daemon as daemons, events
from support.case import Case, job_id
from support.terminal import Terminal

DELIVERY = ("number", "sink", "webhook_id", "state", "since", "at", "due", "tries", "answer", "why", "rule", "paused")
LONG = ["1h"]  # one more try, long after the test
NO_SUCH_STORE = re.compile(r"^buildwatchd \w+( \w+)?: no store yet at \S+: the daemon has not run$")


def by_path(received):
    """What the test's receiver answers: /bad 500, /gone 410, else 204."""
    return {"status": {"/bad": 500, "/gone": 410}.get(received.path, 204)}


class Kept(Case):
    """A daemon whose builds end as the test says, with sinks of all fates."""

    def setUp(self):
        super().setUp()
        self.store = self.state()
        self.hook = self.receiver(default=by_path)

    def sinks(self, *names):
        return {name: {"type": "webhook", "url": self.hook.url(f"/{name}"), "retry": LONG} for name in names}

    def running(self, jobs, sinks, **more):
        return self.start(self.config(jobs, sinks, **more), state=self.store)

    def call(self, *arguments, code=0, env=None):
        """-> CompletedProcess of a command on the store, with the configuration written last."""
        done = self.command(*arguments, "--config", str(self.folder / "buildwatch.yaml"), env={"STATE_DIRECTORY": self.store} | (env or {}))
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def objects(self, *arguments):
        return [json.loads(line) for line in self.call(*arguments, "--json").stdout.splitlines()]

    def fates(self, event):
        return {delivery["sink"]: delivery["state"] for delivery in event["deliveries"]}

    def settled(self, daemon, **wanted):
        """Waits until the only event of `job-1` has these fates; -> it as an object."""
        def look():
            found = self.objects("history", "job-1", "--events")
            return found[0] if found and self.fates(found[0]) == wanted else None
        return daemon.wait(look, f"the fates {wanted}")


class History(Kept):
    def test_events_say_what_became_of_them_with_each_sink(self):
        jobs = self.builds(1, "finished", word="FAILURE")
        daemon = self.running(jobs, self.sinks("good", "bad", "gone", "calm", "odd"),
                              rules=[{"events": ["failure"], "to": ["good", "bad", "gone"]}, {"events": ["fixed", "success"], "to": ["calm"]}])
        event = self.settled(daemon, good="delivered", bad="waiting", gone="dead")
        told = self.call("history", "--events", env={"TZ": "UTC-3", "LC_ALL": "C.UTF-8"}).stdout
        daemon.stop()
        self.assertEqual(event, self.objects("history", "--events")[0], "without a daemon it says the same")
        events.check_event({key: value for key, value in event.items() if key not in ("deliveries", "not_asked")})
        self.assertEqual(event["id"], self.hook.seen()[0].event["id"])
        for delivery in event["deliveries"]:
            self.assertEqual(tuple(delivery), DELIVERY)
            self.assertEqual((delivery["webhook_id"], delivery["rule"], delivery["tries"]), (event["id"], "rules[0]", 1))
        good, bad, gone = event["deliveries"]
        self.assertEqual((good["due"], good["answer"], good["why"]), (None, "204 No Content", None))
        self.assertEqual((bad["at"], bad["answer"], bad["paused"]), (None, "500 Internal Server Error", False))
        self.assertGreater(bad["due"], good["at"])
        self.assertIn("410", gone["why"] + gone["answer"])
        self.assertEqual(event["not_asked"], [{"sink": "calm", "why": "rules[1]: wants fixed or success"},
                                              {"sink": "odd", "why": "no rule names it"}])
        local = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+03:00"
        for line, wanted in zip(told.splitlines(), (rf"{local}  ✗ job-1 #1 failed.*  {event['id']}", rf"    good: delivered {local}, at try 1: 204 .*",
                                                    rf"    bad: waiting until {local}, tried once: 500 .*", rf"    gone: dead since {local} .*410.*",
                                                    "    calm: not asked: rules.1.: wants fixed or success", "    odd: not asked: no rule names it"),
                                strict=True):
            self.assertRegex(line, f"^{wanted}$")

    def test_a_sink_that_pauses_is_waited_for(self):
        daemon = self.running(self.builds(1, "finished"), {"off": {"type": "webhook", "url": "http://127.0.0.1:1/", "retry": LONG}})
        daemon.wait(lambda: (found := self.objects("outbox", "list")) and found[0]["paused"], "the sink's pause")
        self.assertRegex(self.call("history", "--events").stdout, r"off: waiting until the sink works again, tried once: connect")

    def test_builds_newest_first(self):
        jobs = self.builds(3, "running")
        daemon = self.running(jobs, self.sinks("good"))
        daemon.wait_told(self.hook, 3, type="build.started")
        for number in (2, 3, 1):
            self.finish(number, word="FAILURE" if number == 3 else "SUCCESS")
            daemon.wait_told(self.hook, job=f"job-{number}", type="build.finished")
        built = self.objects("history")
        self.assertEqual([(b["job"], b["provider"], b["job_id"], b["number"], b["outcome"]) for b in built],
                         [("job-1", "huawei", job_id(1), 1, "success"), ("job-3", "huawei", job_id(3), 1, "failure"),
                          ("job-2", "huawei", job_id(2), 1, "success")])
        for build in built:
            self.assertEqual(build.pop("job"), f"job-{int(build.pop('job_id'), 16)}")
            events.check_build("build.finished", {key: value for key, value in build.items() if key != "provider"})
        lines = self.call("history").stdout.splitlines()
        self.assertEqual([re.search(r"job-\d", line)[0] for line in lines], ["job-1", "job-3", "job-2"])
        self.assertEqual([b["job"] for b in self.objects("history", "--limit", "2")], ["job-1", "job-3"])
        self.assertEqual([b["job"] for b in self.objects("history", "job-3")], ["job-3"])
        self.assertEqual([e["data"]["job"]["name"] for e in self.objects("history", "--events", "--limit", "2")], ["job-3", "job-1"])
        self.assertEqual([e["type"] for e in self.objects("history", "job-2", "--events")], ["build.started", "build.finished"])
        daemon.stop()
        jobs[2]["name"] = "renamed"
        self.command("check", config=self.config(jobs, self.sinks("good")))
        self.assertEqual(len(self.objects("history", "renamed")), 1, "state belongs to provider and job_id")
        self.assertIn('did you mean "renamed"', self.call("history", "renamd", code=2).stderr)

    def test_pages_are_no_limit(self):
        """More events and builds than are read at once."""
        count = 450
        daemon = self.running(self.builds(count, "finished"), {"out": {"type": "stdout", "format": "json"}})
        daemon.wait_events(count)
        self.all_recorded(daemon, self.store)
        self.assertEqual([e["data"]["sequence"] for e in self.objects("history", "--events")], list(range(1, count + 1)))
        self.assertEqual([e["data"]["sequence"] for e in self.objects("history", "--events", "--limit", "201")], list(range(250, count + 1)))
        self.assertEqual(len({b["job"] for b in self.objects("history")}), count)
        self.assertEqual(len(self.objects("history", "--limit", "401")), 401)
        told = self.call("history")
        self.assertEqual((len(told.stdout.splitlines()), told.stderr), (100, "the newest 100; --limit N shows more\n"))

    def test_builds_of_all_jobs_go_by_their_end(self):
        """Not by when they were stored: what had happened before comes in one go, job by job."""
        ended = {1: (50, 30), 2: (40, 20, 10)}
        for job, ages in ended.items():
            self.simulator.job(job_id(job), history=[{"number": number, "started_ago": 60 * age + 5, "lasted": 5, "word": "SUCCESS"}
                                                     for number, age in enumerate(ages, 1)])
        jobs = [{"name": f"job-{job}", "job_id": job_id(job), "build": "latest"} for job in ended]
        daemon = self.running(jobs, self.sinks("good"))
        daemon.wait(lambda: len(self.objects("history")) == 5, "the past builds")
        self.assertEqual([(b["job"], b["number"]) for b in self.objects("history")],
                         [("job-2", 3), ("job-2", 2), ("job-1", 2), ("job-2", 1), ("job-1", 1)])
        self.assertEqual([(b["job"], b["number"]) for b in self.objects("history", "--limit", "1")], [("job-2", 3)])
        self.assertEqual([b["number"] for b in self.objects("history", "job-2", "--limit", "2")], [3, 2])

    def test_in_ascii_where_utf8_is_not_read(self):
        daemon = self.running(self.builds(1, "finished", word="FAILURE"), self.sinks("good"))
        daemon.wait_told(self.hook)
        for arguments in (("history",), ("history", "--events")):
            for locale, sign in (({"LC_ALL": "C"}, "x"), ({"LC_ALL": "C.UTF-8"}, "✗"), ({"LC_ALL": "", "LC_CTYPE": "", "LANG": ""}, "✗")):
                with self.subTest(arguments, locale=locale):
                    self.assertRegex(self.call(*arguments, env=locale).stdout, f"  {sign} job-1 #1 failed")
        for locale, sign in (({"LC_ALL": "C"}, "x"), ({"LANG": ""}, "x"), ({"LANG": "de_DE.UTF-8"}, "✗")):
            with self.subTest(locale, terminal=True):
                file = str(self.folder / "buildwatch.yaml")
                made = Terminal(self.folder, ["history", "--config", file], env={"STATE_DIRECTORY": self.store} | locale, on="stdout")
                self.addCleanup(made.kill)
                self.assertEqual(made.finish(), 0)
                self.assertRegex(made.drawn, f"  {sign} job-1 #1 failed")

    def test_who_stops_reading_ends_it_without_a_word(self):
        daemon = self.running(self.builds(1, "finished"), self.sinks("bad"), store=f"sqlite:{self.store}/state.db")
        daemon.wait_told(self.hook)
        file = str(self.folder / "buildwatch.yaml")
        for arguments in (("history",), ("history", "--json"), ("history", "--events"), ("outbox", "list")):
            with self.subTest(arguments):
                self.assertEqual(daemons.unread(self.folder, [*arguments, "--config", file]), (-signal.SIGPIPE, ""))

    def test_where_there_is_no_store_none_is_made(self):
        self.command("check", config=self.config([self.job("job-1")], self.sinks("good")))
        for arguments in (("history",), ("history", "job-1", "--events"), ("history", "--json"), ("outbox", "list"), ("outbox", "retry"),
                          ("outbox", "drop", "--all")):
            with self.subTest(arguments):
                done = self.call(*arguments)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr.strip(), NO_SUCH_STORE)
                self.assertEqual(os.listdir(self.store), [])
        self.call("outbox", "list", "17", code=1)
        self.call("outbox", "retry", "evt_17", code=1)

    def test_no_secret_is_read(self):
        config = self.config([self.job("job-1")], self.sinks("good"))
        config["sinks"]["good"]["secret"] = "${credential:missing}"
        config["providers"]["huawei"]["auth"] = {"type": "token", "token": "${env:NO_SUCH}"}
        self.assertEqual(self.command("check", config=config).returncode, 78)
        self.call("history")
        self.call("outbox", "list")


class Outbox(Kept):
    def owing(self, count=2):
        """A daemon to which `count` deliveries of sink `bad` wait, an hour each; -> it, and they by job."""
        daemon = self.running(self.builds(count, "finished"), self.sinks("good", "bad"))
        daemon.wait_told(self.hook, count, path="/bad")
        found = daemon.wait(lambda: len(rows := self.tried()) == count and rows, "the tries to be recorded")
        return daemon, {row["summary"].split()[0]: row for row in found}

    def tried(self):
        return [row for row in self.objects("outbox", "list") if row["tries"] > 0]

    def test_list(self):
        daemon, owed = self.owing()
        row = owed["job-1"]
        self.assertEqual(tuple(row), ("number", "event_id", *DELIVERY[1:], "summary"))
        self.assertEqual((row["sink"], row["state"], row["tries"], row["answer"]), ("bad", "waiting", 1, "500 Internal Server Error"))
        self.assertRegex(row["summary"], "^job-1 #1 passed")
        lines = self.call("outbox", "list").stdout.splitlines()
        self.assertEqual([int(line.split()[0]) for line in lines], sorted(r["number"] for r in owed.values()))
        daemon.stop()
        self.assertEqual(self.objects("outbox", "list", str(row["number"])), [row])
        self.assertEqual(self.objects("outbox", "list", row["event_id"]), [row])
        self.assertIn("'4711'", self.call("outbox", "list", "4711", code=1).stderr)

    def test_retry_beside_a_running_daemon(self):
        daemon, owed = self.owing()
        self.hook.answer_with({"status": 204})
        changed = self.objects("outbox", "retry", str(owed["job-2"]["number"]))
        self.assertEqual([(r["number"], r["state"], r["tries"]) for r in changed], [(owed["job-2"]["number"], "waiting", 0)])
        daemon.wait_told(self.hook, 2, path="/bad", job="job-2")
        daemon.wait(lambda: [r["number"] for r in self.objects("outbox", "list")] == [owed["job-1"]["number"]], "the delivery to be recorded")
        self.assertEqual(len(self.hook.seen(path="/bad", job="job-1")), 1, "the other one was left alone")
        self.call("outbox", "retry")
        daemon.wait_told(self.hook, 2, path="/bad", job="job-1")
        self.all_recorded(daemon, self.store)
        self.assertEqual(len(set(self.hook.ids(path="/bad"))), 2, "the ids stay")
        self.assertEqual(self.call("outbox", "retry").stdout, "", "nothing is left")

    def test_retry_without_a_daemon(self):
        daemon, owed = self.owing(1)
        daemon.stop()
        self.hook.answer_with({"status": 204})
        self.assertEqual(len(self.objects("outbox", "retry", owed["job-1"]["event_id"])), 1)
        daemon = self.running(self.builds(1, "finished"), self.sinks("good", "bad"))
        daemon.wait_told(self.hook, 2, path="/bad")
        self.all_recorded(daemon, self.store)

    def test_retry_of_the_dead(self):
        daemon = self.running(self.builds(1, "finished"), self.sinks("bad") | {"once": {"type": "webhook", "url": self.hook.url("/bad"), "retry": []}})
        self.settled(daemon, bad="waiting", once="dead")
        self.hook.answer_with({"status": 204})
        event = self.objects("history", "--events")[0]
        self.assertEqual(len(self.objects("outbox", "retry", event["id"])), 2, "all of that event's")
        self.settled(daemon, bad="delivered", once="delivered")

    def test_drop(self):
        daemon, owed = self.owing(3)
        self.assertIn("--all", self.call("outbox", "drop", code=2).stderr)
        self.call("outbox", "drop", "--all", "1", code=2)
        self.assertEqual(len(self.objects("outbox", "list")), 3, "wrong usage changes nothing")
        told = self.call("outbox", "drop", "4711", str(owed["job-1"]["number"]), "evt_none", code=1)
        self.assertEqual([int(line.split()[0]) for line in told.stdout.splitlines()], [owed["job-1"]["number"]], "the others are done")
        self.assertRegex(told.stderr, "'4711'\n.*'evt_none'")
        self.assertEqual(self.fates(self.objects("history", "job-1", "--events")[0]), {"good": "delivered", "bad": "dropped"})
        self.assertEqual(len(self.objects("outbox", "drop", "--all")), 2)
        self.assertEqual(self.objects("outbox", "list"), [])
        self.hook.answer_with({"status": 204})
        self.assertEqual(self.objects("outbox", "retry"), [], "what was dropped is not sent again")
        self.assertIn("dropped", self.call("history", "--events").stdout)
        daemon.stop()

    def test_usage(self):
        self.command("check", config=self.config([self.job("job-1")], self.sinks("good")))
        for arguments in (("outbox",), ("outbox", "fly"), ("outbox", "retry", "--all", "1"), ("outbox", "list", "--all"), ("history", "--limit", "0"),
                          ("history", "--limit", "many"), ("history", "a", "b")):
            with self.subTest(arguments):
                self.assertTrue(self.call(*arguments, code=2).stderr)


if __name__ == "__main__":
    sys.exit(case.main())
