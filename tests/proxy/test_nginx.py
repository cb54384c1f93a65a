#!/usr/bin/env python3
"""The server behind a real nginx with TLS, set up as config/nginx.conf says."""

import http.client
import json
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = sys.argv.pop(1)
NAME = "builds.example.com"
PATIENCE = 60  # seconds; the limit of any wait, not a measure of anything

# What stands around conf.d/*.conf. Debian's has gzip on as well, which weakens ETags.
AROUND = """
daemon off;
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  gzip on;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  include {home}/buildwatch.conf;
}}
"""


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def make_certificate(home):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2",
                    "-keyout", home / "key.pem", "-out", home / "cert.pem", "-subj", f"/CN={NAME}",
                    "-addext", f"subjectAltName=DNS:{NAME}"], check=True, capture_output=True)


def moved(text, changes):
    """The file with other ports and paths. Each change must find its place, or this tests another file."""
    for pattern, to in changes:
        text, count = re.subn(pattern, to, text)
        if count == 0:
            raise AssertionError(f"config/nginx.conf has no {pattern}")
    return text


class Proxy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="buildwatch-nginx-"))
        cls.home.chmod(0o755)  # nginx's worker is another user where this one is root
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        cls.sample = subprocess.Popen([SAMPLE, NAME], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end_sample)
        cls.behind = int(cls.sample.stdout.readline())
        cls.start_nginx()

    @classmethod
    def end_sample(cls):
        cls.sample.stdin.close()
        cls.sample.wait(PATIENCE)
        cls.sample.stdout.close()

    @classmethod
    def start_nginx(cls):
        cls.port, cls.plain = free_ports(2)
        make_certificate(cls.home)
        (cls.home / "buildwatch.conf").write_text(moved((ROOT / "config/nginx.conf").read_text(), [
            (r"(?m)^ *listen \[::\]:\d+.*\n", ""), (r"listen 443 ", f"listen 127.0.0.1:{cls.port} "),
            (r"listen 80;", f"listen 127.0.0.1:{cls.plain};"), (r"server 127\.0\.0\.1:9847;", f"server 127.0.0.1:{cls.behind};"),
            (r"ssl_certificate \S+;", f"ssl_certificate {cls.home}/cert.pem;"),
            (r"ssl_certificate_key \S+;", f"ssl_certificate_key {cls.home}/key.pem;")]))
        (cls.home / "nginx.conf").write_text(AROUND.format(home=cls.home))
        cls.nginx = subprocess.Popen(["nginx", "-p", cls.home, "-e", cls.home / "error.log", "-c", cls.home / "nginx.conf"])
        cls.addClassCleanup(cls.end_nginx)
        deadline = time.monotonic() + PATIENCE
        while cls.nginx.poll() is None and time.monotonic() < deadline:
            try:
                return socket.create_connection(("127.0.0.1", cls.port), timeout=PATIENCE).close()
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise AssertionError(f"nginx did not start: {(cls.home / 'error.log').read_text()}")

    @classmethod
    def end_nginx(cls):
        cls.nginx.terminate()
        cls.nginx.wait(PATIENCE)

    def connect(self):
        """A connection to nginx whose certificate is verified."""
        made = http.client.HTTPSConnection(NAME, self.port, timeout=PATIENCE)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        made.sock = ssl.create_default_context(cafile=self.home / "cert.pem").wrap_socket(plain, server_hostname=NAME)
        self.addCleanup(made.close)
        return made

    def ask(self, path, connection=None, **headers):
        connection = connection or self.connect()
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer, answer.read()

    def test_the_page_loads_with_its_policy(self):
        answer, page = self.ask("/")
        self.assertEqual((answer.status, answer.getheader("Content-Type")), (200, "text/html; charset=utf-8"))
        self.assertIn("default-src 'none'", answer.getheader("Content-Security-Policy"))
        self.assertEqual(answer.getheader("X-Content-Type-Options"), "nosniff")
        for name in re.findall(r'(?:src|href)="(/[^"]+)"', page.decode()):
            self.assertEqual(self.ask(name)[0].status, 200, name)

    def test_the_api_answers(self):
        answer, body = self.ask("/api/v1/jobs?limit=3")
        self.assertEqual((answer.status, len(json.loads(body)["jobs"])), (200, 3))
        self.assertEqual(self.ask("/api/v1/jobs/none")[0].status, 404)
        self.assertTrue(self.ask("/metrics")[1].startswith(b"# HELP "))

    def test_what_has_not_changed_is_not_sent_again(self):
        for encoding in ("identity", "gzip"):
            answer, _ = self.ask("/", Accept_Encoding=encoding)
            again, body = self.ask("/", Accept_Encoding=encoding, If_None_Match=answer.getheader("ETag"))
            self.assertEqual((again.status, body), (304, b""), encoding)

    def test_names_that_are_not_among_hosts_are_refused(self):
        self.assertEqual(self.ask("/api/v1/jobs", Host=NAME.upper())[0].status, 200)
        answer, body = self.ask("/api/v1/jobs", Host="evil.example")
        self.assertEqual((answer.status, json.loads(body)["error"]["code"]), (421, "host_not_allowed"))

    def test_links_of_the_feed_lead_back_through_the_proxy(self):
        for headers in ({}, {"X_Forwarded_Proto": "http"}, {"X_Forwarded_Host": "evil.example"}):
            for host in (NAME, f"{NAME}:{self.port}"):
                _, feed = self.ask("/cc.xml", Host=host, **headers)
                links = [project.get("webUrl") for project in xml.fromstring(feed)]
                self.assertIn(f"https://{host}/#/job/is-running", links)
                self.assertEqual([link for link in links if not link.startswith(f"https://{host}/#/job/")], [])

    def test_plain_http_leads_to_tls(self):
        plain = http.client.HTTPConnection("127.0.0.1", self.plain, timeout=PATIENCE)
        self.addCleanup(plain.close)
        answer, _ = self.ask("/cc.xml", plain, Host=NAME)
        self.assertEqual((answer.status, answer.getheader("Location")), (301, f"https://{NAME}/cc.xml"))

    def accepted(self):
        return int(re.search(rb"(?m)^buildwatch_http_accepted_total (\d+)$", self.ask("/metrics")[1])[1])

    def test_connections_to_the_server_are_kept(self):
        before = self.accepted()
        for _ in range(20):
            self.ask("/healthz")
        self.assertLess(self.accepted() - before, 10)

    # Held back, an event would come with the next few dozen, or never.
    def test_events_come_at_once(self):
        connection = self.connect()
        connection.request("GET", "/api/v1/events/stream", headers={"Accept": "text/event-stream"})
        stream = connection.getresponse()
        self.assertEqual((stream.status, stream.getheader("Content-Type")), (200, "text/event-stream"))
        while not stream.readline().startswith(b"retry: "):
            pass
        last = None
        for _ in range(3):
            self.sample.stdin.write("1\n")
            self.sample.stdin.flush()
            while not (line := stream.readline()).startswith(b"id: "):
                self.assertNotEqual(line, b"", "the stream has ended")
            number = int(line[4:])
            self.assertEqual(number, (last or number - 1) + 1)
            last = number

    def test_a_stream_is_resumed(self):
        connection = self.connect()
        connection.request("GET", "/api/v1/events/stream", headers={"Last-Event-ID": "15"})
        stream = connection.getresponse()
        numbers = []
        while len(numbers) < 5:
            line = stream.readline()
            self.assertNotEqual(line, b"", "the stream has ended")
            if line.startswith(b"id: "):
                numbers.append(int(line[4:]))
        self.assertEqual(numbers, [16, 17, 18, 19, 20])


if __name__ == "__main__":
    unittest.main(verbosity=2)
