"""The HTTP API of the running daemon: what is watched, what was told, who is owed what, and who may ask."""

import contextlib
import json
import signal
import socket
import sqlite3
import time
import urllib.parse
import xml.etree.ElementTree as xml

from support import case, description
from support.api import ANYWHERE, Api, address_of, basic
from support.case import PROVIDER, job_id
from support.daemon import NOT_RELOADED
from support.events import seconds
from support.following import JOB, Following

TOKEN = "a-token-that-nobody-guesses"


class Http(Following):
    def served(self, config=None, http=None, **more):
        """A daemon with an HTTP API; -> it, and the API."""
        config = config or self.following(**more)
        daemon = self.start(config | {"http": ANYWHERE | (http or {})})
        return daemon, Api(daemon, (http or {}).get("token"))


class Jobs(Http):
    def test_a_build_that_runs_has_progress_and_time_left_from_the_builds_before(self):
        self.past(*range(1, 11), lasted=600)
        self.begin(11)
        daemon, api = self.served()
        job = api.wait_job("job", lambda job: job["state"] == "running" and job["progress"] is not None, "progress")
        self.assertEqual((job["name"], job["provider"], job["job_id"], job["labels"]), ("job", PROVIDER, JOB, {}))
        self.assertEqual((job["build"]["number"], job["build"]["building"], job["build"]["outcome"]), (11, True, None))
        self.assertLess(job["progress"], 0.5)
        low, high = job["eta_between"]
        self.assertLessEqual(low, job["eta"])
        self.assertLessEqual(job["eta"], high)
        self.assertIsNone(job["last_error"])
        self.assertTrue(job["last_poll_at"].endswith("Z") and job["next_poll_at"].endswith("Z"))
        self.end(11, word="FAIL")
        self.finished(daemon, 11)
        job = api.wait_job("job", lambda job: job["state"] == "idle", "an idle job")
        self.assertEqual((job["build"]["number"], job["build"]["outcome"], job["progress"], job["eta"]), (11, "failure", None, None))

    def test_too_few_builds_before_give_no_progress(self):
        self.past(1, 2)
        self.begin(3)
        _, api = self.served()
        job = api.wait_job("job", lambda job: job["state"] == "running", "a running job")
        self.assertEqual((job["progress"], job["eta"], job["eta_between"]), (None, None, None))

    def test_what_is_wrong_with_a_job(self):
        self.past(1)
        self.simulator.fault("status", call="build-info", status=500, job=job_id(2))
        jobs = [self.followed("fine"), self.job("broken", 2, unreachable_after="50ms"), self.job("unknown", 9), self.job("later", 3)]
        self.simulator.job(job_id(2), 1, "running")
        self.simulator.job(job_id(3), 1, "queued")
        _, api = self.served(jobs=jobs)
        broken = api.wait_job("broken", lambda job: job["state"] == "unreachable", "an unreachable job")
        self.assertIn("500", broken["last_error"])
        unknown = api.wait_job("unknown", lambda job: job["state"] == "not_found", "a job that is not found")
        self.assertIn("not_found", unknown["last_error"])
        self.assertEqual(api.wait_job("later", lambda job: job["state"] == "queued")["build"]["number"], 1)
        self.assertEqual(api.wait_job("fine", lambda job: job["state"] == "idle")["build"]["outcome"], "success")

    def shown(self, api, name="job"):
        """What the API, the feed and the badge say of the job: (state, activity, status, badge)."""
        feed = xml.fromstring(api.get("/cc.xml").body)
        project = next(one for one in feed if one.get("name") == name)
        badge = xml.fromstring(api.get(f"/badge/{name}.svg").body).get("aria-label")
        return (api.job(name)["state"], project.get("activity"), project.get("lastBuildStatus"), badge.removeprefix(f"{name}: "))

    def test_a_job_whose_provider_is_out_of_reach_is_shown_so_everywhere(self):
        self.past(1, 2)
        config = self.following(unreachable_after="300ms") | {"http": ANYWHERE}
        state = self.state()
        daemon = self.start(config, state=state)
        api = Api(daemon)
        api.wait_job("job", lambda job: job["build"], "its newest build")
        self.begin(3)
        self.started(daemon, 3)
        self.assertEqual(self.shown(api), ("running", "Building", "Success", "passing"))
        self.simulator.fault("status", status=503)
        daemon.wait_events(type="provider.unreachable")
        lost = ("unreachable", "Sleeping", "Exception", "unreachable")
        self.assertEqual(self.shown(api), lost)
        job = api.job("job")
        self.assertEqual((job["build"]["number"], job["build"]["building"], job["progress"], job["eta"], job["eta_between"]), (3, True, None, None, None))
        self.assertTrue(job["last_error"])
        metrics = api.get("/metrics").text
        self.assertIn('buildwatch_jobs{state="unreachable"} 1', metrics)
        self.assertIn('buildwatch_jobs{state="running"} 0', metrics)
        daemon.stop()
        daemon = self.start(config, state=state)
        api = Api(daemon)
        api.wait_job("job", lambda job: job["build"], "its newest build")
        self.assertEqual(self.shown(api), lost, "the outage began before the restart and goes on")
        self.simulator.clear_faults()
        daemon.wait_events(type="provider.recovered")
        api.wait_job("job", lambda job: job["state"] == "running", "a running job")

    def test_of_builds_side_by_side_the_one_that_runs_is_told(self):
        self.past(*range(1, 11), lasted=600)
        daemon, api = self.served()
        self.settled()
        self.begin(11)
        self.started(daemon, 11)
        self.begin(12)
        self.started(daemon, 12)
        self.end(12, word="FAIL")
        self.finished(daemon, 12)
        job = api.wait_job("job", lambda job: job["progress"] is not None, "progress of build 11")
        self.assertEqual((job["state"], job["build"]["number"], job["build"]["outcome"], job["last_outcome"]), ("running", 12, "failure", "failure"))
        self.assertEqual([(build["number"], build["building"], build["region"]) for build in job["running"]], [(11, True, "cn-north-4")])
        self.assertTrue(job["eta"] and job["eta_between"])
        builds = api.get("/api/v1/jobs/job/builds?limit=3").json["builds"]
        self.assertEqual([(build["number"], build["building"]) for build in builds], [(12, False), (11, True), (10, False)])
        self.end(11)
        self.finished(daemon, 11)
        job = api.wait_job("job", lambda job: job["state"] == "idle", "an idle job")
        self.assertEqual((job["running"], job["progress"], job["build"]["number"]), ([], None, 12))

    def test_a_job_that_was_never_answered_is_pending(self):
        self.simulator.fault("status", status=500)
        daemon, api = self.served(unreachable_after="1h")
        job = api.wait_job("job", lambda job: job["last_error"], "an error")
        self.assertEqual(job["state"], "pending")
        self.assertIn('buildwatch_jobs{state="pending"} 1', api.get("/metrics").text)

    def test_an_answer_stays_the_same_while_nothing_happens(self):
        self.past(1)
        daemon, api = self.served(poll={"idle": "5m", "building": "5m"})
        # All that is asked at first sight has been answered, and stored.
        api.wait_job("job", lambda job: job["build"] and seconds(job["next_poll_at"]) > time.time() + 60, "an idle job")
        self.assertEqual(len({api.get("/api/v1/jobs/job").headers["ETag"] for _ in range(100)}), 1)

    def test_one_build_that_has_ended_is_done(self):
        self.simulator.job(JOB, 1, "finished", word="SUCCESS")
        daemon, api = self.served(jobs=[self.job("one")])
        self.finished(daemon, 1, job="one")
        job = api.wait_job("one", lambda job: job["state"] == "done", "a job that is done")
        self.assertEqual((job["build"]["number"], job["next_poll_at"]), (1, None))

    def test_pages_go_through_all_jobs_in_order_of_name(self):
        jobs = [self.followed(f"job-{number:02}", number) for number in (3, 1, 5, 2, 4)]
        _, api = self.served(jobs=jobs)
        names, after = [], ""
        while after is not None:
            page = api.get(f"/api/v1/jobs?limit=2&after={after}").json
            self.assertLessEqual(len(page["jobs"]), 2)
            names += [job["name"] for job in page["jobs"]]
            after = page["next"]
        self.assertEqual(names, [f"job-{number:02}" for number in range(1, 6)])

    def test_after_a_restart_the_newest_builds_are_known_at_once(self):
        self.past(1, 2, word="FAIL")
        state, config = self.state(), self.following() | {"http": ANYWHERE}
        first = self.start(config, state=state)
        Api(first).wait_job("job", lambda job: job["build"], "its newest build")
        first.stop()
        self.simulator.fault("hang")
        api = Api(self.start(config, state=state))
        job = api.wait_job("job", lambda job: job["build"], "its newest build")
        self.assertEqual((job["state"], job["build"]["number"], job["build"]["outcome"]), ("pending", 2, "failure"))


class Records(Http):
    def test_builds_newest_first_and_events_in_order(self):
        self.past(1, 2, 3)
        daemon, api = self.served()
        self.settled()
        for number in (4, 5):
            self.built(daemon, number, word="FAIL")
        builds = api.get("/api/v1/jobs/job/builds").json["builds"]
        self.assertEqual([build["number"] for build in builds], [5, 4, 3, 2, 1])
        self.assertEqual(len(api.get("/api/v1/jobs/job/builds?limit=2").json["builds"]), 2)
        told = [event for event in daemon.events()]
        self.assertEqual(api.get("/api/v1/events").json["events"], told)
        after = told[0]["data"]["sequence"]
        self.assertEqual(api.get(f"/api/v1/events?after={after}&limit=2").json["events"], told[1:3])

    def test_sinks_tell_what_is_owed_and_what_is_dead(self):
        receiver = self.receiver()
        receiver.answer_with({"status": 500})
        sinks = case.OUT | {"hook": self.to(receiver, retry=["1h"]), "lost": self.to(receiver, "/lost", retry=[])}
        self.past(1)
        daemon, api = self.served(sinks=sinks)
        self.settled()
        self.begin(2)
        self.started(daemon, 2)

        def as_wanted(answer):
            found = {sink["name"]: sink for sink in answer["sinks"]}
            return (found["out"]["delivered"], found["hook"]["pending"], found["lost"]["dead"]) == (1, 1, 1) and found["hook"]["last_error"]

        found = {sink["name"]: sink for sink in api.wait("/api/v1/sinks", as_wanted, "what is owed")["sinks"]}
        self.assertEqual([found[name]["type"] for name in ("out", "hook", "lost")], ["stdout", "webhook", "webhook"])
        self.assertIn("500", found["hook"]["last_error"])
        self.assertIsNone(found["out"]["last_error"])
        self.assertEqual((found["lost"]["pending"], found["hook"]["dead"]), (0, 0))
        metrics = api.get("/metrics").text
        for line in ('buildwatch_outbox_pending{sink="hook"} 1', 'buildwatch_outbox_dead{sink="lost"} 1',
                     'buildwatch_notifications_total{sink="out",result="delivered"} 1',
                     'buildwatch_notifications_total{sink="lost",result="dead"} 1'):
            self.assertIn(line, metrics.splitlines())

    def test_a_sink_that_pauses_says_until_when(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
            self.past(1)
            daemon, api = self.served(sinks=case.OUT | {"hook": {"type": "webhook", "url": url, "retry": ["1h"]}})
            self.settled()
            self.begin(2)
            self.started(daemon, 2)
            found = api.wait("/api/v1/sinks", lambda answer: answer["sinks"][1]["paused_until"], "a pause")["sinks"][1]
        self.assertEqual(found["pending"], 1)
        self.assertIn("refused", found["last_error"])


class Health(Http):
    def test_ready_once_every_provider_has_answered_or_failed(self):
        self.simulator.fault("hang")
        _, api = self.served(self.following() | {"providers": {PROVIDER: self.provider(timeout="5m")}})
        self.assertEqual(api.get("/healthz").status, 200)
        waiting = api.get("/readyz")
        self.assertEqual(waiting.status, 503)
        self.assertIn(PROVIDER, waiting.text)
        self.simulator.reset()
        # An outage of the provider is none of ours.
        self.simulator.fault("status", status=500)
        _, api = self.served()
        api.wait("/readyz", lambda answer: True, "readiness")
        self.assertEqual(api.get("/healthz").status, 200)

    def test_a_store_that_is_held_is_told_to_everybody_without_its_place(self):
        state = self.state()
        api = Api(self.start(self.following() | {"http": ANYWHERE}, state=state))
        with contextlib.closing(sqlite3.connect(f"{state}/state.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            end = time.monotonic() + 60
            while not (sick := api.get("/healthz")).text.count("its file"):
                self.assertLess(time.monotonic(), end, sick.text)
                self.assertNotIn(state, sick.text)
                time.sleep(0.1)
            self.assertEqual(sick.status, 503)
            self.assertIn("cannot commit", sick.text)
            self.assertNotIn(state, sick.text)
        api.wait("/healthz", lambda answer: True, "health")

    def test_metrics_of_the_contract(self):
        self.past(1)
        daemon, api = self.served()
        self.settled()
        self.built(daemon, 2, word="FAIL")
        text = api.get("/metrics").text
        for start in ("buildwatch_build_info{version=", 'buildwatch_jobs{state="idle"} 1', f'buildwatch_polls_total{{provider="{PROVIDER}",result="answered"}} ',
                      "buildwatch_poll_duration_seconds_bucket{le=", "buildwatch_schedule_lag_seconds_count ", f'buildwatch_provider_up{{provider="{PROVIDER}"}} 1',
                      'buildwatch_job_last_success_poll_timestamp_seconds{job="job"} ', 'buildwatch_builds_finished_total{job="job",outcome="failure"} 1',
                      'buildwatch_build_running{job="job"} 0', 'buildwatch_notifications_total{sink="out",result="delivered"} ',
                      'buildwatch_outbox_pending{sink="out"} ', 'buildwatch_outbox_dead{sink="out"} 0', "buildwatch_config_last_reload_successful 1",
                      "buildwatch_config_last_reload_success_timestamp_seconds ", "process_cpu_seconds_total ", "process_resident_memory_bytes ",
                      "process_start_time_seconds "):
            self.assertTrue(any(line.startswith(start) for line in text.splitlines()), start)
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        self.assertGreater(float(values["process_resident_memory_bytes"]), 1e6)
        self.assertGreater(float(values["process_virtual_memory_max_bytes"]), float(values["process_virtual_memory_bytes"]))
        self.assertIn(int(values["process_threads"]), range(1, 100))
        self.assertLess(abs(float(values["process_start_time_seconds"]) - time.time()), 600)
        self.assertGreater(float(values["buildwatch_poll_duration_seconds_count"]), 3)


class Described(Http):
    """By config/openapi.yaml."""

    def test_every_answer_of_a_daemon_that_has_seen_something(self):
        self.past(*range(1, 6))
        self.simulator.job(job_id(2), 1, "queued")
        daemon, api = self.served(jobs=[self.followed("job"), self.job("queued", 2), self.job("nobody", 3), self.job("broken", 4)])
        self.simulator.fault("status", status=500, job=job_id(4))
        self.settled()
        self.begin(6)
        self.started(daemon, 6, job="job")
        api.wait_job("job", lambda job: job["progress"], "progress")
        api.wait_job("nobody", lambda job: job["state"] == "not_found", "a job that is not found")
        for path in description.API["paths"]:
            if path.endswith("/stream"):
                continue
            for name in ("job", "queued", "nobody", "broken", "no-such-job") if "{name}" in path else ("",):
                answer = api.get(path.replace("{name}", name))
                with self.subTest(path=path, name=name):
                    self.assertEqual(answer.status, 404 if name == "no-such-job" else 200)
                    description.check_whole(path, answer.status, answer.headers, answer.body)
        stream = api.stream(last=0)
        self.addCleanup(stream.close)
        description.check_event(json.loads(stream.next()["data"]))


class Safety(Http):
    def test_with_a_token_everything_but_health_asks_for_it(self):
        _, api = self.served(http={"token": TOKEN})
        for path in ("/", "/api/v1/jobs", "/metrics", "/cc.xml", "/badge/job.svg", "/api/v1/events/stream", "/nothing"):
            refused = Api.get(Plain(api), path)
            self.assertEqual(refused.status, 401, path)
            self.assertIn("Basic", refused.headers["WWW-Authenticate"])
            self.assertEqual(Api.get(Plain(api), path, {"Authorization": "Bearer wrong"}).status, 401, path)
        self.assertEqual([Api.get(Plain(api), path).status for path in ("/healthz",)], [200])
        self.assertEqual(api.get("/api/v1/jobs").status, 200)
        self.assertEqual(Api.get(Plain(api), "/cc.xml", basic(TOKEN)).status, 200)

    def test_the_token_is_told_to_nobody(self):
        daemon, api = self.served(http={"token": TOKEN})
        for path in ("/api/v1/jobs", "/metrics", "/", "/nothing"):
            self.assertNotIn(TOKEN, api.get(path).text)
        daemon.stop()
        self.assertNotIn(TOKEN, daemon.log + daemon.output)

    def test_other_names_of_this_machine_are_refused(self):
        _, api = self.served(http={"hosts": ["builds.example.com"]})
        port = urllib.parse.urlsplit(api.url).port
        for host, status in (("localhost", 200), (f"127.0.0.1:{port}", 200), ("builds.example.com", 200), ("evil.example.org", 421), ("127.0.0.1.evil.example.org", 421)):
            self.assertEqual(api.get("/api/v1/jobs", {"Host": host}).status, status, host)


class Plain(Api):
    """The same without the token."""

    def __init__(self, other):
        self.url, self.token, self.host = other.url, None, None


class Reload(Http):
    def reachable(self, url):
        place = urllib.parse.urlsplit(url)
        try:
            socket.create_connection((place.hostname, place.port), 5).close()
        except OSError:
            return False
        return True

    def test_it_comes_moves_and_goes(self):
        config = self.following()
        daemon = self.start(config)
        self.settled()
        daemon.reload(config | {"http": ANYWHERE})
        first = Api(daemon)
        self.assertEqual(first.job("job")["name"], "job")
        port = urllib.parse.urlsplit(first.url).port
        stream = first.stream()
        # The same port on all addresses: both cannot listen side by side in the ordinary way.
        daemon.reload(config | {"http": {"listen": f"0.0.0.0:{port}", "token": TOKEN}})
        self.assertIsNone(stream.next(), "its server has gone")
        self.assertEqual(address_of(daemon), f"http://0.0.0.0:{port}")
        self.assertEqual(Plain(first).get("/api/v1/jobs").status, 401)
        daemon.reload(config)
        daemon.wait(lambda: not self.reachable(first.url), "nobody to listen")
        self.past(1)
        self.begin(2)
        self.started(daemon, 2)

    def test_one_that_cannot_be_bound_changes_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            listen = f"127.0.0.1:{taken.getsockname()[1]}"
            config = self.following()
            daemon, api = self.served(config)
            told = daemon.reload(config | {"http": {"listen": listen}, "jobs": [self.followed("other")]}, told=NOT_RELOADED)
            self.assertIn(listen, told)
            self.assertIn("in use", told)
            self.assertEqual([job["name"] for job in api.get("/api/v1/jobs").json["jobs"]], ["job"])
            self.assertIn("buildwatch_config_last_reload_successful 0", api.get("/metrics").text)
            daemon.reload(config | {"http": ANYWHERE})
            self.assertIn("buildwatch_config_last_reload_successful 1", api.get("/metrics").text)
            refused = self.start(config | {"http": {"listen": listen}})
            self.assertEqual(refused.ended(), 1)
            self.assertIn(listen, refused.log)

    def test_other_jobs_and_another_token(self):
        self.past(1)
        self.simulator.job(job_id(2), history=[{"number": 7, "started_ago": 100, "lasted": 60, "word": "FAIL"}])
        config = self.following()
        daemon, api = self.served(config)
        api.wait_job("job", lambda job: job["build"])
        stream = api.stream()
        daemon.reload(self.following(jobs=[self.followed("job"), self.followed("another", 2)]) | {"http": ANYWHERE | {"token": TOKEN}})
        self.assertIsNone(stream.next(), "it had no token")
        self.assertEqual(api.get("/api/v1/jobs").status, 401)
        api.token = TOKEN
        self.assertEqual([job["name"] for job in api.get("/api/v1/jobs").json["jobs"]], ["another", "job"])
        self.assertEqual(api.job("job")["build"]["number"], 1)
        api.wait_job("another", lambda job: job["build"] and job["build"]["number"] == 7, "its newest build")


class Streaming(Http):
    def test_events_come_as_they_happen(self):
        self.past(1)
        daemon, api = self.served()
        self.settled()
        stream = api.stream()
        self.begin(2)
        self.started(daemon, 2)
        first = stream.next()
        self.assertEqual(json.loads(first["data"]), daemon.events()[0])
        self.assertEqual(int(first["id"]), daemon.events()[0]["data"]["sequence"])

    def test_a_stop_ends_the_streams(self):
        daemon, api = self.served()
        stream = api.stream()
        daemon.stop(signal.SIGTERM)
        self.assertIsNone(stream.next())


if __name__ == "__main__":
    case.main()
