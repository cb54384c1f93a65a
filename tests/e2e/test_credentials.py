"""Credentials: signed requests are accepted, tokens are shared and renewed, and refusals never come near the five that lock a key."""

import re
import sys

from support import case
from support.case import Case, job_id

AK, SK = "TESTAK00000000000009", "test-secret-key-of-the-e2e-tests/+=~"
USER = {"domain": "acme", "user": "robot", "password": "pass word\"\\ü", "project": "cn-north-4"}


class Keys(Case):
    def aksk(self, security_token=None, **more):
        token = {"security_token": security_token} if security_token else {}
        return self.provider(auth={"type": "aksk", "access_key": AK, "secret_key": SK} | token, iam_project_id="0123456789abcdef", **more)

    def test_signatures_are_accepted(self):
        for listener in ("http", "https"):
            with self.subTest(listener):
                self.simulator.reset()
                self.simulator.auth(mode="aksk", keys={AK: SK})
                self.simulator.job(job_id(1), 2147483647, "running")
                provider = self.aksk() | {key: value for key, value in self.provider(listener).items() if key in ("endpoint", "tls")}
                daemon = self.start(self.config([self.job("signed", build=2147483647)], providers={case.PROVIDER: provider}))
                daemon.wait_events(type="build.started")
                self.simulator.job(job_id(1), 2147483647, "finished", word="SUCCESS")
                daemon.wait_events(type="build.finished")
                daemon.stop()
                self.assertEqual(set(r["auth"] for r in self.simulator.requests()), {"good signature"})
                signed = self.simulator.requests()[0]["signed_headers"]
                self.assertLessEqual({"host", "x-sdk-date", "x-project-id"}, set(signed))

    def test_running_status_is_signed_too(self):
        self.simulator.auth(mode="aksk", keys={AK: SK})
        self.simulator.job(job_id(1))
        self.start(self.config([self.job("signed")], providers={case.PROVIDER: self.aksk()}))
        self.simulator.wait_requests(1, call="running-status", auth="good signature")

    def test_security_token(self):
        self.simulator.auth(mode="aksk", keys={AK: {"secret": SK, "security_token": "made+up/token=="}})
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("signed")], providers={case.PROVIDER: self.aksk(security_token="made+up/token==")}))
        daemon.wait_events(type="build.started")
        self.assertIn("x-security-token", self.simulator.requests()[0]["signed_headers"])

    def test_a_wrong_key_is_tried_once_by_all_jobs_together(self):
        self.simulator.auth(mode="aksk", keys={AK: "another", "GOOD": "good"})
        jobs = [self.job(f"job-{number}", number, provider="wrong") for number in range(1, 21)]
        for number in range(1, 22):
            self.simulator.job(job_id(number), 1, "running")
        providers = {"wrong": self.aksk(), "right": self.provider(auth={"type": "aksk", "access_key": "GOOD", "secret_key": "good"})}
        daemon = self.start(self.config([*jobs, self.job("witness", 21, provider="right")], providers=providers))
        daemon.wait_log(re.compile(r"wrong.*(401|refused|credential)", re.I))
        self.simulator.wait_requests(30, job=job_id(21), since=self.simulator.next())
        daemon.stop()
        self.assertEqual(self.simulator.counts()[f"refused.{AK}"], 1)
        self.assertEqual([event["data"]["job"]["name"] for event in daemon.events()], ["witness"])

    def test_a_key_that_stops_working(self):
        self.simulator.auth(mode="aksk", keys={AK: SK})
        jobs = [self.job(f"job-{number}", number) for number in range(1, 21)]
        for number in range(1, 21):
            self.simulator.job(job_id(number), 1, "running")
        config = self.config(jobs, providers={case.PROVIDER: self.aksk(connections=2)})
        config["defaults"]["unreachable_after"] = "500ms"
        daemon = self.start(config)
        daemon.wait_events(20, type="build.started")
        self.simulator.auth(keys={AK: "changed"})
        daemon.wait_events(type="provider.unreachable")
        daemon.stop()
        # What was under way when the first refusal came (two connections) may be refused as well; nothing after that.
        self.assertLessEqual(self.simulator.counts()[f"refused.{AK}"], 2)
        self.assertEqual(len(daemon.events(type="provider.unreachable")), 1)
        self.assertEqual(daemon.events(type="job.unreachable"), [])

    def test_clock_skew_is_named(self):
        self.simulator.auth(mode="aksk", keys={AK: SK}, clock_offset=3600)
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("skewed")], providers={case.PROVIDER: self.aksk()}))
        daemon.wait_log(re.compile(r"clock", re.I))
        self.assertEqual(self.simulator.counts()[f"refused.{AK}"], 1)

    def test_a_wrong_key_in_check_online_is_tried_once(self):
        self.simulator.auth(mode="aksk", keys={})
        jobs = [self.job(f"job-{number}", number) for number in range(1, 9)]
        done = self.command("check", "--online", config=self.config(jobs, providers={case.PROVIDER: self.aksk()}))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.simulator.counts()[f"refused.{AK}"], 1)
        self.assertIn("401", done.stdout)
        for job in jobs:
            self.assertIn(job["name"], done.stdout)


class Tokens(Case):
    def test_a_token_from_a_file_is_read_again_when_refused(self):
        file = self.file("token", "first-token\n")
        self.simulator.auth(mode="token", tokens=["first-token"])
        self.simulator.job(job_id(1), 1, "running")
        provider = self.provider(auth={"type": "token", "token": "${file:" + file + "}"})
        daemon = self.start(self.config([self.job("job")], providers={case.PROVIDER: provider}))
        daemon.wait_events(type="build.started")
        self.assertEqual(self.simulator.requests()[0]["headers"]["x-auth-token"], "first-token")
        self.file("token", "second-token\n")
        self.simulator.call("POST", "/tokens/revoke")
        self.simulator.auth(tokens=["second-token"])
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        daemon.wait_events(type="build.finished")
        daemon.stop()
        self.assertLessEqual(len(self.simulator.requests(status="401")), 1)

    def test_a_token_that_stays_wrong_pauses_the_provider(self):
        self.simulator.auth(mode="token", tokens=["right"])
        jobs = [self.job(f"job-{number}", number) for number in range(1, 11)]
        for number in range(1, 11):
            self.simulator.job(job_id(number), 1, "running")
        config = self.config(jobs, providers={case.PROVIDER: self.provider(auth={"type": "token", "token": "wrong"})})
        config["defaults"]["unreachable_after"] = "1s"
        daemon = self.start(config)
        daemon.wait_events(type="provider.unreachable")
        daemon.stop()
        self.assertLessEqual(len(self.simulator.requests()), 2)
        self.assertRegex(daemon.log, r"401")

    def test_a_token_that_comes_late_ends_the_pause(self):
        file = self.file("token", "old-token\n")
        self.simulator.auth(mode="token", tokens=["new-token"])
        for number in (1, 2):
            self.simulator.job(job_id(number), 1, "running")
        provider = self.provider(auth={"type": "token", "token": "${file:" + file + "}"})
        daemon = self.start(self.config([self.job("one", 1), self.job("two", 2)], providers={case.PROVIDER: provider}))
        daemon.wait_log(re.compile(r"credentials were refused"))
        self.file("token", "new-token\n")
        daemon.wait_events(2, type="build.started")
        daemon.stop()
        self.assertEqual(len(self.simulator.requests(status="401")), 1)

    def test_an_expired_token_answer_is_a_refusal(self):
        self.simulator.job(job_id(1), 1, "running")
        self.simulator.fault("expired_token")
        config = self.config([self.job("job"), self.job("two", 2)],
                             providers={case.PROVIDER: self.provider(auth={"type": "token", "token": "t"})})
        config["defaults"]["unreachable_after"] = "300ms"
        daemon = self.start(config)
        event = daemon.wait_events(type="provider.unreachable")[0]
        self.assertIn("401", event["data"]["reason"])


class Iam(Case):
    def config_of(self, jobs, password=USER["password"], listener="http", **more):
        auth = {"type": "iam", "domain": USER["domain"], "user": USER["user"], "password": password, "project": USER["project"],
                "endpoint": self.simulator.url(listener)}
        return self.config(jobs, providers={case.PROVIDER: self.provider(listener, auth=auth, connections=20, **more)})

    def twenty(self):
        for number in range(1, 21):
            self.simulator.job(job_id(number), 1, "running")
        return [self.job(f"job-{number}", number) for number in range(1, 21)]

    def test_one_token_for_all(self):
        self.simulator.auth(mode="iam", users=[USER])
        daemon = self.start(self.config_of(self.twenty()))
        daemon.wait_events(20, type="build.started")
        daemon.stop()
        self.assertEqual(self.simulator.counts()["iam.issued"], 1)
        self.assertEqual(self.simulator.counts().get("refused", 0), 0)
        self.assertEqual(len({r["headers"]["x-auth-token"] for r in self.simulator.requests(call="build-info")}), 1)

    def test_concurrent_401s_renew_once(self):
        self.simulator.auth(mode="iam", users=[USER])
        daemon = self.start(self.config_of(self.twenty()))
        daemon.wait_events(20, type="build.started")
        self.simulator.fault("delay", seconds=0.2, call="build-info")  # so that many are under way when the token dies
        self.simulator.wait_requests(20, since=self.simulator.next(), call="build-info")
        self.simulator.call("POST", "/tokens/revoke")
        for number in range(1, 21):
            self.simulator.job(job_id(number), 1, "finished", word="SUCCESS")
        daemon.wait_events(20, type="build.finished")
        daemon.stop()
        self.assertEqual(self.simulator.counts()["iam.issued"], 2)

    def test_renewed_before_it_expires(self):
        self.simulator.auth(mode="iam", users=[USER], token_lifetime=3)
        daemon = self.start(self.config_of(self.twenty()[:3]))
        daemon.wait_events(3, type="build.started")
        daemon.wait(lambda: self.simulator.counts().get("iam.issued", 0) >= 3, "two renewals")
        daemon.stop()
        self.assertEqual(self.kinds(daemon.events()), [("build.started", None)] * 3)
        self.assertEqual(self.simulator.counts().get("refused", 0), 0, "a request went out with an expired token")

    def test_a_wrong_password_is_tried_once(self):
        self.simulator.auth(mode="iam", users=[USER])
        config = self.config_of(self.twenty(), password="wrong")
        config["defaults"]["unreachable_after"] = "500ms"
        daemon = self.start(config)
        event = daemon.wait_events(type="provider.unreachable")[0]
        daemon.stop()
        self.assertEqual(self.simulator.counts()["iam.refused"], 1)
        self.assertRegex(event["data"]["reason"], r"401|password|refused")
        self.assertEqual(self.simulator.requests(call="build-info"), [])

    def test_iam_away_for_a_while(self):
        self.simulator.auth(mode="iam", users=[USER])
        number = self.simulator.fault("error", code="CB.00060101", call="iam-token")
        daemon = self.start(self.config_of(self.twenty()[:2]))
        daemon.wait_log(re.compile(r"(job-1|job-2|huawei).*(IAM|token|500)", re.I))
        self.simulator.clear_faults(number)
        daemon.wait_events(2, type="build.started")

    def test_over_tls(self):
        self.simulator.auth(mode="iam", users=[USER])
        daemon = self.start(self.config_of(self.twenty()[:1], listener="https"))
        daemon.wait_events(type="build.started")


class Ecs(Case):
    def config_of(self, jobs):
        return self.config(jobs, providers={case.PROVIDER: self.provider(auth={"type": "ecs", "endpoint": self.simulator.url()})})

    def test_temporary_keys(self):
        for token in ("required", "404", "405", "503"):
            with self.subTest(token):
                self.simulator.reset()
                self.simulator.auth(mode="aksk", metadata={"token": token})
                self.simulator.job(job_id(1), 1, "running")
                self.simulator.job(job_id(2), 1, "running")
                daemon = self.start(self.config_of([self.job("one", 1), self.job("two", 2)]))
                daemon.wait_events(2, type="build.started")
                daemon.stop()
                self.assertEqual(self.simulator.counts()["metadata.keys"], 1)
                self.assertEqual(self.simulator.counts().get("refused", 0), 0)

    def test_no_agency(self):
        self.simulator.auth(mode="aksk", metadata={"agency": False})
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config_of([self.job("one")]))
        daemon.wait_log(re.compile(r"agency", re.I))

    def test_keys_are_renewed_in_time(self):
        self.simulator.auth(mode="aksk", metadata={"lifetime": 3})
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config_of([self.job("one")]))
        daemon.wait_events(type="build.started")
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        daemon.wait_events(type="build.finished")


if __name__ == "__main__":
    sys.exit(case.main())
