"""TLS is verified, always; proxies are used when told and left alone when not."""

import re
import sys

from support import case
from support.case import Case, job_id

API = "api.codearts.test"


class Tls(Case):
    def refused(self, provider, pattern):
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("wary")], providers={case.PROVIDER: provider}))
        line = daemon.wait_log(re.compile(r"\bwary\b.*(certificate|TLS|handshake|verif)", re.I))
        self.assertRegex(line, pattern)
        daemon.stop()
        self.assertEqual(self.simulator.requests(), [])
        self.assertEqual(daemon.events(), [])

    def test_another_host(self):
        self.refused(self.provider("https_other"), r"(?i)host ?name|127\.0\.0\.1.*match|mismatch|not for")

    def test_expired(self):
        self.refused(self.provider("https_expired"), r"(?i)expired")

    def test_unknown_ca(self):
        stranger = str(self.simulator.certificates / "stranger.pem")
        for tls in ({"ca_file": stranger}, {}):
            self.refused(self.provider("https", tls=tls), r"(?i)issuer|self.signed|unknown|not trusted|unable to get")

    def test_no_tls_there(self):
        self.refused(self.provider("https", endpoint=self.simulator.url("http").replace("http:", "https:")), r"(?i)TLS|handshake|wrong version")

    def test_name_of_the_host(self):
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("good")], providers={
            case.PROVIDER: self.provider("https", endpoint=self.simulator.url("https", "localhost"))}))
        daemon.wait_events(type="build.started")

    def test_client_certificate(self):
        self.simulator.job(job_id(1), 1, "running")
        folder = self.simulator.certificates
        tls = {"ca_file": self.simulator.ca_file, "cert_file": str(folder / "client.pem"), "key_file": str(folder / "client.key")}
        daemon = self.start(self.config([self.job("known")], providers={case.PROVIDER: self.provider("https_client", tls=tls)}))
        daemon.wait_events(type="build.started")

    def test_client_certificate_missing(self):
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("unknown")], providers={case.PROVIDER: self.provider("https_client")}))
        daemon.wait_log(re.compile(r"\bunknown\b.*(certificate|TLS|handshake|alert)", re.I))
        self.assertEqual(self.simulator.requests(), [])

    def test_files_that_are_no_certificates(self):
        rubbish = self.file("rubbish.pem", "no certificate\n")
        folder = self.simulator.certificates
        for tls in ({"ca_file": rubbish}, {"ca_file": str(self.folder / "none.pem")},
                    {"cert_file": str(folder / "client.pem"), "key_file": str(folder / "good.key")}, {"cert_file": str(folder / "client.pem")}):
            with self.subTest(tls):
                config = self.config([self.job("job")], providers={case.PROVIDER: self.provider("https", tls=tls)})
                for command in ("run", "check"):
                    done = self.command(command, config=config)
                    self.assertEqual(done.returncode, 78, done.stderr)
                    self.assertRegex(done.stderr, r"buildwatch\.yaml:\d+:\d+: providers\.huawei\.tls\.(ca|key)_file: ")

    def test_relative_paths_start_at_the_file(self):
        self.simulator.job(job_id(1), 1, "running")
        self.file("ca.pem", (self.simulator.certificates / "ca.pem").read_text())
        daemon = self.start(self.config([self.job("good")], providers={case.PROVIDER: self.provider("https", tls={"ca_file": "ca.pem"})}))
        daemon.wait_events(type="build.started")

    def test_webhook_over_tls(self):
        self.simulator.job(job_id(1), 1, "finished")
        good, expired, other = (self.receiver(name) for name in ("good", "expired", "other"))
        tls = {"ca_file": self.simulator.ca_file}
        sinks = {"good": {"type": "webhook", "url": good.url(), "tls": tls}, "old": {"type": "webhook", "url": expired.url(), "tls": tls},
                 "other": {"type": "webhook", "url": other.url(), "tls": tls}, "unknown-ca": {"type": "webhook", "url": good.url("/x")}}
        daemon = self.start(self.config([self.job("job")], sinks))
        daemon.wait(lambda: good.seen(), "the good one to be told")
        for name, words in (("old", "expired"), ("other", "(?i)certificate is for"), ("unknown-ca", "(?i)unknown authority")):
            self.assertRegex(daemon.wait_log(re.compile(rf"\b{name}\b.*(certificate|TLS|handshake)", re.I)), words)
        daemon.stop()
        self.assertEqual((len(good.seen()), expired.seen(), other.seen()), (1, [], []))


class Proxy(Case):
    def setUp(self):
        super().setUp()
        self.simulator.job(job_id(1), 1, "running")
        self.simulator.proxy(map={f"{API}:443": f"127.0.0.1:{self.simulator.ports['https']}"})

    def through(self, proxy=None, endpoint=f"https://{API}", **more):
        more = {"proxy": proxy, **more} if proxy else more
        return self.config([self.job("job")], providers={case.PROVIDER: self.provider("https", endpoint=endpoint, **more)})

    def proxy_url(self, user=""):
        return f"http://{user}127.0.0.1:{self.simulator.ports['proxy']}"

    def test_tunnel_to_a_name_only_the_proxy_knows(self):
        daemon = self.start(self.through(self.proxy_url()))
        daemon.wait_events(type="build.started")
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        daemon.wait_events(type="build.finished")
        connect = self.simulator.requests(call="connect")[0]
        self.assertEqual((connect["target"], connect["headers"].get("host")), (f"{API}:443", f"{API}:443"))
        self.assertEqual(self.simulator.counts()["tunnels"], 1)
        self.assertEqual(self.simulator.requests(call="build-info")[0]["headers"]["host"], API)

    def test_password(self):
        self.simulator.proxy(user="us er", password="p:a%ss")
        daemon = self.start(self.through(self.proxy_url("us%20er:p%3Aa%25ss@")))
        daemon.wait_events(type="build.started")
        self.assertNotIn("proxy-authorization", self.simulator.requests(call="build-info")[0]["headers"])

    def test_wrong_password(self):
        self.simulator.proxy(user="u", password="p")
        daemon = self.start(self.through(self.proxy_url("u:wrong@")))
        daemon.wait_log(re.compile(r"\bjob\b.*proxy.*407", re.I))
        self.assertEqual(self.simulator.requests(call="build-info"), [])

    def test_from_the_environment(self):
        for name in ("HTTPS_PROXY", "https_proxy"):
            since = self.simulator.next()
            daemon = self.start(self.through(), env={name: self.proxy_url()})
            daemon.wait_events(type="build.started")
            daemon.stop()
            self.assertEqual(len(self.simulator.requests(since=since, call="connect")), 1)

    def test_no_proxy(self):
        direct = self.simulator.url("https")
        for no_proxy in ("127.0.0.1", "example.org,127.0.0.0/8", f"127.0.0.1:{self.simulator.ports['https']}", "*"):
            with self.subTest(no_proxy):
                env = {"HTTPS_PROXY": self.proxy_url(), "NO_PROXY": no_proxy}
                daemon = self.start(self.through(endpoint=direct), env=env)
                daemon.wait_events(type="build.started")
                daemon.stop()
        self.assertEqual(self.simulator.requests(call="connect"), [])

    def test_proxy_none_beats_the_environment(self):
        daemon = self.start(self.through("none", endpoint=self.simulator.url("https")), env={"HTTPS_PROXY": "http://127.0.0.1:1"})
        daemon.wait_events(type="build.started")

    def test_plain_addresses_take_no_proxy_from_the_environment(self):
        config = self.config([self.job("job")])
        daemon = self.start(config, env={"HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"})
        daemon.wait_events(type="build.started")

    def test_trouble_with_the_proxy(self):
        for kind, more, words in (("proxy_status", {"status": 503}, "503"), ("proxy_reset", {}, "proxy"), ("proxy_garbage", {}, "proxy"),
                                  ("proxy_hang", {}, "proxy|time")):
            with self.subTest(kind):
                number = self.simulator.fault(kind, **more)
                daemon = self.start(self.through(self.proxy_url(), timeout="500ms"))
                daemon.wait_log(re.compile(rf"\bjob\b.*({words})", re.I))
                self.assertEqual(daemon.events(), [])
                self.simulator.clear_faults(number)
                daemon.wait_events(type="build.started")
                daemon.stop()

    def test_certificates_are_verified_through_the_proxy(self):
        self.simulator.proxy(map={f"{API}:443": f"127.0.0.1:{self.simulator.ports['https_other']}"})
        daemon = self.start(self.through(self.proxy_url()))
        daemon.wait_log(re.compile(r"\bjob\b.*certificate is for somebody-else", re.I))

    def test_webhook_through_a_proxy(self):
        hook = self.receiver("good")
        self.simulator.proxy(map={"hooks.codearts.test:443": f"127.0.0.1:{hook.port}"})
        sinks = {"hook": {"type": "webhook", "url": "https://hooks.codearts.test/x", "proxy": self.proxy_url(),
                          "tls": {"ca_file": self.simulator.ca_file}}}
        daemon = self.start(self.config([self.job("job")], sinks))
        daemon.wait(hook.seen, "the webhook")
        self.assertEqual(hook.seen()[0].headers["host"], "hooks.codearts.test")


if __name__ == "__main__":
    sys.exit(case.main())
