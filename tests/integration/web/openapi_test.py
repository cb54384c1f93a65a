#!/usr/bin/env python3
"""Holds every answer of the HTTP server to config/openapi.yaml, and cc.xml and the badge to what reads them."""

import http.client
import json
import pathlib
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree as xml

import jsonschema

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "e2e"))

from support import description
from support.description import API

SAMPLE = sys.argv.pop(1)


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen([SAMPLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.port = int(cls.server.stdout.readline())

    @classmethod
    def tearDownClass(cls):
        cls.server.stdin.close()
        cls.server.wait(10)
        cls.server.stdout.close()

    def ask(self, path, method="GET", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body

    def conforms(self, path, answer, body):
        """The answer's status, type, headers and body are as the description of its path says."""
        description.check_whole(path, answer.status, answer.headers, body)

    def test_the_description_itself(self):
        self.assertTrue(API["openapi"].startswith("3.1."))
        for schema in API["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(schema)

    def test_every_path_answers_as_described(self):
        asked = 0
        for path in API["paths"]:
            if path.endswith("/stream"):
                continue
            names = ["is-running", "is-pending", "is-unreachable", "no-such-job"] if "{name}" in path else [None]
            for name in names:
                answer, body = self.ask(path.replace("{name}", name or ""))
                with self.subTest(path=path, name=name):
                    self.assertEqual(answer.status, 404 if name == "no-such-job" else 200)
                    self.conforms(path, answer, body)
                    asked += 1
                    if tag := answer.getheader("ETag"):
                        again, nothing = self.ask(path.replace("{name}", name or ""), headers={"If-None-Match": tag})
                        self.assertEqual((again.status, nothing), (304, b""))
                        self.conforms(path, again, nothing)
        self.assertGreater(asked, 18)

    def test_errors_are_as_described(self):
        for path, operation, status in [("/api/v1/jobs?limit=0", "/api/v1/jobs", 400), ("/api/v1/events?after=x", "/api/v1/events", 400)]:
            answer, body = self.ask(path)
            self.assertEqual(answer.status, status)
            self.conforms(operation, answer, body)
        answer, body = self.ask("/api/v1/sinks", method="DELETE")
        self.assertEqual((answer.status, answer.getheader("Allow")), (405, "GET, HEAD"))
        self.conforms("/api/v1/sinks", answer, body)
        answer, body = self.ask("/healthz", headers={"Host": "evil.example"})
        self.assertEqual(answer.status, 421)
        self.conforms("/healthz", answer, body)

    def test_the_schemas_see_what_is_missing(self):
        answer, body = self.ask("/api/v1/jobs")
        broken = json.loads(body)
        del broken["jobs"][0]["progress"]
        with self.assertRaises(jsonschema.ValidationError):
            self.conforms("/api/v1/jobs", answer, json.dumps(broken))

    def test_streamed_events_are_events(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/api/v1/events/stream", headers={"Last-Event-ID": "5"})
        answer = connection.getresponse()
        self.conforms("/api/v1/events/stream", answer, b"")
        found = []
        while len(found) < 15:
            line = answer.readline().decode()
            if line.startswith("data: "):
                event = json.loads(line[6:])
                description.check_event(event)
                found.append(event["data"]["sequence"])
        self.assertEqual(found, list(range(6, 21)))
        connection.close()

    # https://cctray.org/v1/: the attributes, what they may be, and which of them are required (all but lastBuildLabel).
    # Times with a fraction are read by CCMenu from version 20 on only, addresses without a host by no tray.
    def test_the_feed_has_cctrays_attributes(self):
        _, body = self.ask("/cc.xml")
        feed = xml.fromstring(body)
        self.assertEqual(feed.tag, "Projects")
        self.assertEqual(len(feed), 9)
        for project in feed:
            self.assertEqual(set(project.keys()),
                             {"name", "activity", "lastBuildStatus", "lastBuildLabel", "lastBuildTime", "webUrl"})
            self.assertIn(project.get("activity"), {"Sleeping", "Building", "CheckingModifications"})
            self.assertIn(project.get("lastBuildStatus"), {"Success", "Failure", "Exception", "Unknown"})
            self.assertRegex(project.get("lastBuildTime"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertTrue(project.get("webUrl").startswith(f"http://127.0.0.1:{self.port}/"))
        names = [project.get("name") for project in feed]
        self.assertEqual(len(names), len(set(names)))
        said = {project.get("name"): (project.get("activity"), project.get("lastBuildStatus")) for project in feed}
        self.assertEqual(said["is-running"], ("Building", "Success"))
        self.assertEqual(said["is-done"], ("Sleeping", "Failure"))
        self.assertEqual(said["is-unreachable"], ("Sleeping", "Exception"))
        self.assertEqual(said["is-pending"], ("Sleeping", "Unknown"))

    def test_the_badge_is_an_image(self):
        _, body = self.ask("/badge/is-running.svg")
        self.assertEqual(xml.fromstring(body).tag, "{http://www.w3.org/2000/svg}svg")

    def test_the_page_asks_nobody_else(self):
        answer, page = self.ask("/")
        policy = answer.getheader("Content-Security-Policy")
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        files = re.findall(r"""(?:src|href)="([^"]+)""", page.decode())
        for name in files:
            if not name.startswith(("data:", "#")):
                self.assertNotIn(":", name)
                self.assertEqual(self.ask("/" + name.lstrip("/"))[0].status, 200, name)
        self.assertNotRegex(page.decode(), r"<(script|style)>|\son\w+=|\sstyle=")


if __name__ == "__main__":
    unittest.main()
