"""The stand-in is as the server is: the same headers, the same shapes. And the page with the server itself, its jobs made up."""

import http.client
import json
import os
import subprocess
import unittest

from support import browsing, description
from support.browsing import Case
from support.scene import furnish
from support.standin import FILES, StandIn

SAMPLE = os.environ.get("BUILDWATCH_SAMPLE")  # the program tests/integration/web/sample
OTHERS = {"date", "server", "connection", "content-length", "etag", "x-accel-buffering"}  # what may differ


def ask(port, path, **headers):
    """-> (status, headers, body); of a stream the body is its first line."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.readline() if path.endswith("/stream") else answer.read()
    told = {name.lower(): value for name, value in answer.getheaders()}
    answer.close()
    connection.close()
    return answer.status, told, body


class Shapes(unittest.TestCase):
    """The stand-in tells what config/openapi.yaml describes."""

    def setUp(self):
        self.place = StandIn()
        self.addCleanup(self.place.close)
        furnish(self.place)

    def told(self, path, described, status=200):
        got, _, body = ask(self.place.port, path)
        self.assertEqual(got, status)
        description.check_answer(described, status, json.loads(body))
        return json.loads(body)

    def test_answers(self):
        self.assertEqual(len(self.told("/api/v1/jobs", "/api/v1/jobs")["jobs"]), 25)
        self.told("/api/v1/jobs/console-web", "/api/v1/jobs/{name}")
        builds = self.told("/api/v1/jobs/console-web/builds", "/api/v1/jobs/{name}/builds")["builds"]
        self.assertEqual([build["number"] for build in builds], list(range(31, 0, -1)), "those that run or have finished, the highest number first")
        self.assertEqual(len(self.told("/api/v1/sinks", "/api/v1/sinks")["sinks"]), 2)
        self.told("/api/v1/jobs/none/builds", "/api/v1/jobs/{name}/builds", status=404)
        self.told("/api/v1/jobs?limit=0", "/api/v1/jobs", status=400)

    def test_pages(self):
        names, after = [], ""
        while after is not None:
            page = self.told(f"/api/v1/jobs?limit=10&after={after}", "/api/v1/jobs")
            self.assertLessEqual(len(page["jobs"]), 10)
            names += [job["name"] for job in page["jobs"]]
            after = page["next"]
        self.assertEqual(names, sorted(self.place.jobs))

    def test_events(self):
        self.place.end("console-web", "failure")
        for event in self.place.events:
            description.check_event(event)


@unittest.skipUnless(SAMPLE, "BUILDWATCH_SAMPLE names no program")
class Server(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = subprocess.Popen([SAMPLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end)
        cls.port = int(cls.server.stdout.readline())
        cls.served = f"http://127.0.0.1:{cls.port}"

    @classmethod
    def end(cls):
        cls.server.stdin.close()
        cls.server.wait(60)
        cls.server.stdout.close()

    def test_the_stand_in_answers_alike(self):
        self.place.job("is-running", "s")
        for path in (*FILES, "/api/v1/jobs", "/api/v1/jobs/is-running/builds", "/api/v1/sinks", "/api/v1/events/stream", "/none", "/api/v1/jobs?limit=0"):
            with self.subTest(path=path):
                (status, headers, body), (as_status, as_headers, as_body) = ask(self.port, path), ask(self.place.port, path)
                plain = [{name: value for name, value in one.items() if name not in OTHERS} for one in (headers, as_headers)]
                self.assertEqual((as_status, plain[1]), (status, plain[0]))
                self.assertEqual("etag" in as_headers, "etag" in headers)
                if path in FILES or path.endswith("stream"):
                    self.assertEqual(as_body, body)
                if "etag" in headers:
                    self.assertEqual(ask(self.port, path, **{"If-None-Match": headers["etag"]})[::2], (304, b""))
                    self.assertEqual(ask(self.place.port, path, **{"If-None-Match": as_headers["etag"]})[::2], (304, b""))

    def test_the_page_with_the_server(self):
        page = self.page(url=self.served)
        kinds = ("pending", "queued", "done", "not_found", "unreachable", "running")
        page.wait(lambda: set(self.names(page)) == {f"is-{kind}" for kind in kinds} | {"job-0", "job-1", "job-2"}, "the jobs")
        self.settle(page)
        page.shot("server")
        page.js("location.hash = '#/job/is-running'")
        page.wait(lambda: page.js("document.querySelectorAll('.chart title').length > 5"), "the chart")
        self.assertEqual([row.split()[0] for row in page.texts(".builds tbody tr") if "running" in row], ["#42"])

    def test_the_policy_holds(self):
        page = self.page(url=self.served)
        page.wait_text("#link", "Live")
        page.js("{ const s = document.createElement('script'); s.textContent = 'window.inline = true'; document.head.append(s); }")
        page.js("{ const p = document.createElement('p'); p.id = 'styled'; p.setAttribute('style', 'color: rgb(1, 2, 3)'); document.body.append(p); }")
        elsewhere = page.js(f"fetch({json.dumps(self.place.url)}).then(() => 'reached', () => 'refused')")
        self.assertEqual(elsewhere, "refused")
        self.assertFalse(page.js("'inline' in window"))
        self.assertNotEqual(page.js("getComputedStyle(document.querySelector('#styled')).color"), "rgb(1, 2, 3)")
        self.assertEqual(self.place.asked, [])
        page.wait(lambda: len(page.complaints) >= 3, "a complaint of the browser for each")
        page.complaints.clear()


if __name__ == "__main__":
    browsing.main()
