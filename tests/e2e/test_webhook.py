"""Webhooks: signed, tried again under the same id, held back and released in order."""

import base64
import os
import re
import sys
import time

from support import case, events
from support.case import Case, job_id


def new_secret(size=32):
    return "whsec_" + base64.b64encode(os.urandom(size)).decode()


class Webhooks(Case):
    def hook(self, url, **more):
        return {"type": "webhook", "url": url, "retry": ["100ms", "200ms", "400ms", "800ms", "1s", "1s", "1s", "1s"], **more}

    def finished(self, count=1):
        """`count` jobs whose build has finished."""
        for number in range(1, count + 1):
            self.simulator.job(job_id(number), 1, "finished", word="SUCCESS")
        return [self.job(f"job-{number}", number) for number in range(1, count + 1)]

    def told(self, hook, count=1, daemon=None, **wanted):
        return daemon.wait(lambda: len(seen := hook.seen(**wanted)) >= count and seen, f"{count} webhooks, not {len(hook.seen())}")

    def test_what_is_sent(self):
        hook, secret = self.receiver(), new_secret()
        sinks = {"hook": self.hook(hook.url("/a/b?c=d%20e"), secret=secret, headers={"Authorization": "Bearer abc", "X-More": "more"})}
        before = int(time.time())
        daemon = self.start(self.config(self.finished(), sinks))
        got = self.told(hook, daemon=daemon)[0]
        self.assertEqual((got.method, got.path, got.headers["content-type"].split(";")[0]), ("POST", "/a/b?c=d%20e", "application/json"))
        self.assertRegex(got.headers["user-agent"], r"^buildwatchd/\d+\.\d+\.\d+$")
        self.assertEqual((got.headers["authorization"], got.headers["x-more"]), ("Bearer abc", "more"))
        self.assertEqual(got.headers["webhook-id"], got.event["id"])
        self.assertTrue(before <= int(got.headers["webhook-timestamp"]) <= time.time() + 1)
        self.assertTrue(got.signed_by(secret))
        self.assertEqual(got.headers["host"], f"127.0.0.1:{hook.port}")
        events.check_event(got.event)

    def test_secrets_of_all_lengths_and_none(self):
        hook, secrets = self.receiver(), [new_secret(24), new_secret(25), new_secret(64)]
        sinks = {"many": self.hook(hook.url("/many"), secret=secrets), "none": self.hook(hook.url("/none"))}
        daemon = self.start(self.config(self.finished(), sinks))
        many = self.told(hook, daemon=daemon, path="/many")[0]
        none = self.told(hook, daemon=daemon, path="/none")[0]
        self.assertEqual(len(many.headers["webhook-signature"].split(" ")), 3)
        self.assertTrue(all(many.signed_by(secret) for secret in secrets))
        self.assertFalse(many.signed_by(new_secret()))
        self.assertNotIn("webhook-signature", none.headers)

    def test_tried_again_under_the_same_id(self):
        hook, secret = self.receiver(), new_secret()
        hook.answers = [{"status": 500}, {"status": 404}, {"status": 302, "headers": {"Location": hook.url("/else")}}, {"close": True},
                        {"reset": True}, {"status": 200, "body": "fine"}]
        daemon = self.start(self.config(self.finished(), {"hook": self.hook(hook.url(), secret=secret)}))
        got = self.told(hook, 6, daemon)
        daemon.stop()
        self.assertEqual(len(hook.seen()), 6)
        self.assertEqual({r.headers["webhook-id"] for r in got}, {got[0].event["id"]})
        self.assertEqual({r.body for r in got}, {got[0].body})
        self.assertEqual({r.path for r in got}, {"/hook"})
        self.assertTrue(all(r.signed_by(secret) for r in got), "each try has a signature of its own time")

    def test_every_2xx_is_delivered(self):
        for status in (200, 201, 202, 204, 299):
            hook = self.receiver(default={"status": status})
            daemon = self.start(self.config(self.finished(), {"hook": self.hook(hook.url())} | case.OUT))
            self.told(hook, daemon=daemon)
            daemon.wait_events()
            daemon.stop()
            self.assertEqual(len(hook.seen()), 1)
            self.assertNotRegex(daemon.log, r"(?i)unsent")

    def test_dead_when_the_schedule_is_used_up(self):
        hook = self.receiver(default={"status": 400})
        daemon = self.start(self.config(self.finished(), {"hook": self.hook(hook.url(), retry=["50ms", "50ms"])}))
        line = daemon.wait_log(re.compile(r"\bhook\b.*(dead|lost|gave up|giving up|given up)", re.I))
        self.assertIn("400", line)
        self.assertEqual(len(hook.seen()), 3)

    def test_410_disables_the_sink(self):
        hook = self.receiver(default={"status": 410})
        jobs = self.finished(3)
        self.simulator.job(job_id(4), 1, "running")
        sinks = {"hook": self.hook(hook.url(), concurrency=1)} | case.OUT
        daemon = self.start(self.config([*jobs, self.job("last", 4)], sinks))
        daemon.wait_log(re.compile(r"\bhook\b.*410|410.*\bhook\b", re.I))
        daemon.wait_events(4)
        self.simulator.job(job_id(4), 1, "finished", word="SUCCESS")
        daemon.wait_events(5)
        daemon.stop()
        self.assertEqual(len(hook.seen()), 1)

    def test_retry_after_is_honoured(self):
        hook = self.receiver()
        hook.answers = [{"status": 500, "headers": {"Retry-After": "2"}}]
        daemon = self.start(self.config(self.finished(), {"hook": self.hook(hook.url())}))
        first, second = self.told(hook, 2, daemon)
        self.assertGreaterEqual(second.time - first.time, 1.9)

    def test_paused_as_a_whole_then_released_in_order(self):
        for trouble in ({"status": 503}, {"status": 429}, {"status": 502}, {"status": 504}):
            with self.subTest(trouble):
                hook = self.receiver(default=trouble)
                sinks = {"hook": self.hook(hook.url(), retry=["500ms"] * 60, concurrency=1)} | case.OUT
                daemon = self.start(self.config(self.finished(6), sinks))
                order = [event["id"] for event in daemon.wait_events(6)]
                self.told(hook, 3, daemon)
                ids = [r.headers["webhook-id"] for r in hook.seen()]
                self.assertEqual(set(ids[1:]), {ids[0]}, "only the oldest is tried while the sink is paused")
                with hook.lock:
                    hook.default = {"status": 204}
                    hook.received.clear()
                self.told(hook, 6, daemon)
                daemon.stop()
                self.assertEqual([r.headers["webhook-id"] for r in hook.seen()], order)

    def test_nobody_listens_at_first(self):
        hook = self.receiver()
        port = hook.port
        hook.close()
        daemon = self.start(self.config(self.finished(5), {"hook": self.hook(f"http://127.0.0.1:{port}/hook", retry=["300ms"] * 100)} | case.OUT))
        daemon.wait_events(5)
        daemon.wait_log(re.compile(r"\bhook\b.*(refused|connect)", re.I))
        late = self.receiver(port=port)
        self.told(late, 5, daemon)
        daemon.stop()
        self.assertEqual(len({r.headers["webhook-id"] for r in late.seen()}), 5)

    def test_timeout(self):
        hook = self.receiver()
        hook.answers = [{"hang": True}]
        daemon = self.start(self.config(self.finished(), {"hook": self.hook(hook.url(), timeout="300ms")}))
        daemon.wait_log(re.compile(r"\bhook\b.*(time|300)", re.I))
        self.told(hook, 2, daemon)

    def test_a_slow_sink_delays_no_other(self):
        slow, quick = self.receiver(default={"hang": True}), self.receiver()
        sinks = {"slow": self.hook(slow.url(), timeout="10m"), "quick": self.hook(quick.url())}
        daemon = self.start(self.config(self.finished(10), sinks))
        self.told(quick, 10, daemon)
        self.assertLessEqual(slow.most_under_way, 4)

    def test_concurrency(self):
        hook = self.receiver(default={"status": 204, "delay": 0.05})
        daemon = self.start(self.config(self.finished(30), {"hook": self.hook(hook.url(), concurrency=2)}))
        self.told(hook, 30, daemon)
        self.assertLessEqual(hook.most_under_way, 2)

    def test_events_of_a_job_stay_in_order(self):
        hook = self.receiver(default={"status": 204, "delay": 0.02})
        for number in range(1, 11):
            self.simulator.job(job_id(number), 1, "running")
        daemon = self.start(self.config([self.job(f"job-{n}", n) for n in range(1, 11)], {"hook": self.hook(hook.url(), concurrency=8)}))
        daemon.wait(lambda: len(self.simulator.requests()) > 10, "polls")
        for number in range(1, 11):
            self.simulator.job(job_id(number), 1, "finished", word="SUCCESS")
        self.told(hook, 10, daemon, type="build.finished")
        for number in range(1, 11):
            kinds = [r.event["type"] for r in hook.seen(job=f"job-{number}")]
            self.assertIn(kinds, (["build.started", "build.finished"], ["build.finished"]))

    def test_huge_and_odd_answers(self):
        hook = self.receiver()
        hook.answers = [{"status": 200, "body": "x" * 3_000_000}, {"status": 500, "body": "\x00\x1b[31m" * 1000}]
        daemon = self.start(self.config(self.finished(2), {"hook": self.hook(hook.url(), concurrency=1)}))
        daemon.wait(lambda: {r.event["data"]["job"]["name"] for r in hook.seen()} == {"job-1", "job-2"}, "both jobs")
        daemon.stop()
        self.assertNotIn("\x1b", daemon.log)


if __name__ == "__main__":
    sys.exit(case.main())
