"""The daemon behind a real nginx with TLS, set up as config/nginx.conf says."""

import json
import pathlib
import re
import tempfile
import urllib.parse
import xml.etree.ElementTree as xml

from support import case
from support.api import address_of
from support.following import Following
from support.nginx import NAME, Nginx, Through

TOKEN = "a-token-that-nobody-guesses"


class Behind(Following):
    def setUp(self):
        super().setUp()
        self.past(1)
        http = {"listen": "127.0.0.1:0", "token": TOKEN, "hosts": [NAME]}
        self.daemon = self.start(self.following() | {"http": http})
        self.settled()
        behind = urllib.parse.urlsplit(address_of(self.daemon)).port
        self.nginx = Nginx(pathlib.Path(tempfile.mkdtemp(prefix="buildwatch-nginx-")), behind)
        self.addCleanup(self.nginx.discard)
        self.api = Through(self.nginx, TOKEN)

    def test_the_page_loads_with_its_policy(self):
        page = self.api.get("/")
        self.assertEqual((page.status, page.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])
        self.assertEqual(page.headers["X-Content-Type-Options"], "nosniff")
        files = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
        self.assertIn("/app.js", files)
        for name in files:
            self.assertEqual(self.api.get(name).status, 200, name)

    def test_the_api_answers(self):
        self.assertEqual(self.api.job("job")["build"]["number"], 1)
        self.assertEqual(self.api.get("/api/v1/jobs/none").status, 404)
        self.assertTrue(self.api.get("/metrics").text.startswith("# HELP "))

    def test_the_token_is_asked_for(self):
        answer = Through(self.nginx).get("/")
        self.assertEqual(answer.status, 401)
        self.assertIn("Basic", answer.headers["WWW-Authenticate"])
        self.assertEqual(Through(self.nginx).get("/healthz").status, 200)

    def test_what_has_not_changed_is_not_sent_again(self):
        for encoding in ("identity", "gzip"):
            first = self.api.get("/", {"Accept-Encoding": encoding})
            again = self.api.get("/", {"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]})
            self.assertEqual((again.status, again.body), (304, b""), encoding)

    def test_names_that_are_not_among_hosts_are_refused(self):
        self.assertEqual(Through(self.nginx, TOKEN, NAME.upper()).get("/api/v1/jobs").status, 200)
        refused = Through(self.nginx, TOKEN, "evil.example").get("/api/v1/jobs")
        self.assertEqual((refused.status, refused.json["error"]["code"]), (421, "host_not_allowed"))

    def test_links_of_the_feed_lead_back_through_nginx(self):
        for host in (NAME, f"{NAME}:{self.nginx.port}"):
            for lie in ({}, {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Host": "evil.example"}):
                feed = xml.fromstring(Through(self.nginx, TOKEN, host).get("/cc.xml", lie).body)
                self.assertEqual([project.get("webUrl") for project in feed], [f"https://{host}/#/job/job"])

    def test_plain_http_leads_to_tls(self):
        answer = self.api.get_plain("/cc.xml")
        self.assertEqual((answer.status, answer.headers["Location"]), (301, f"https://{NAME}/cc.xml"))

    def accepted(self):
        return int(re.search(r"(?m)^buildwatch_http_accepted_total (\d+)$", self.api.get("/metrics").text)[1])

    def test_connections_to_the_daemon_are_kept(self):
        before = self.accepted()
        for _ in range(20):
            self.api.get("/healthz")
        self.assertLess(self.accepted() - before, 10)

    # Held back, an event would come with the next few dozen, or never.
    def test_events_come_as_they_happen(self):
        stream = self.api.stream()
        self.addCleanup(stream.close)
        for number in (2, 3):
            self.begin(number)
            self.assertEqual(self.kind(stream.next()), ("build.started", number))
            self.end(number)
            self.assertEqual(self.kind(stream.next()), ("build.finished", number))

    def test_a_stream_is_resumed(self):
        for number in (2, 3):
            self.begin(number)
            self.started(self.daemon, number)
            self.end(number)
            self.finished(self.daemon, number)
        stream = self.api.stream(last=2)
        self.addCleanup(stream.close)
        self.assertEqual([self.kind(stream.next()) for _ in range(2)], [("build.started", 3), ("build.finished", 3)])

    def kind(self, told):
        self.assertIsNotNone(told, "the stream has ended")
        event = json.loads(told["data"])
        return event["type"], event["data"]["build"]["number"]


if __name__ == "__main__":
    case.main()
