"""/metrics of the running daemon, as promtool, the alerts and the dashboard for Grafana want it."""

import json
import pathlib
import re
import shutil
import subprocess
import unittest

import yaml

from support import case
from support.api import ANYWHERE, Api
from support.case import job_id
from support.following import Following

CONFIG = pathlib.Path(__file__).resolve().parents[2] / "config"


def names_in_use():
    """Metrics that the alerts and the dashboard ask for."""
    groups = yaml.safe_load((CONFIG / "prometheus-rules.yaml").read_text())["groups"]
    panels = json.loads((CONFIG / "grafana-dashboard.json").read_text())["panels"]
    asked = [rule["expr"] for group in groups for rule in group["rules"]] + [t["expr"] for p in panels for t in p.get("targets", [])]
    return set(re.findall(r"\b(?:buildwatch|process)_[a-z_]+", " ".join(asked)))


def names_of(text):
    return {re.match(r"\w+", line)[0] for line in text.splitlines() if not line.startswith("#")}


@unittest.skipUnless(shutil.which("promtool"), "promtool is missing")
class Metrics(Following):
    def promtool(self, text):
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_promtool_finds_nothing_wrong_and_nothing_is_asked_for_in_vain(self):
        self.past(1)
        daemon = self.start(self.following() | {"http": ANYWHERE})
        api = Api(daemon)
        self.settled()
        self.built(daemon, 2, word="FAIL")
        text = api.get("/metrics").text
        self.promtool(text)
        self.assertEqual(names_in_use() - names_of(text), set())
        # BuildwatchPollsLate asks whether the lag is over 5 s: there must be ends of buckets on both sides.
        ends = [float(end) for end in re.findall(r'buildwatch_schedule_lag_seconds_bucket\{le="([\d.e+-]+)"\}', text)]
        self.assertLess(min(ends), 5)
        self.assertGreater(max(ends), 5)

    def test_before_anything_has_been_heard(self):
        self.simulator.fault("status", status=500)
        text = Api(self.start(self.following() | {"http": ANYWHERE})).get("/metrics").text
        self.promtool(text)
        self.assertNotIn("buildwatch_job_last_success_poll_timestamp_seconds", names_of(text))

    # It is asked no more: the time of its last poll would look ever worse, and BuildwatchJobNotPolled fire for ever.
    def test_a_job_that_is_done_is_not_overdue_for_a_poll(self):
        self.past(1)
        self.simulator.job(job_id(2), 1, "finished", word="SUCCESS")
        daemon = self.start(self.following(jobs=[self.followed(), self.job("one", 2)]) | {"http": ANYWHERE})
        api = Api(daemon)
        api.wait_job("one", lambda job: job["state"] == "done", "a job that is done")
        self.settled()
        polled = re.findall(r'buildwatch_job_last_success_poll_timestamp_seconds\{job="(\w+)"\}', api.get("/metrics").text)
        self.assertEqual(polled, ["job"])


if __name__ == "__main__":
    case.main()
