"""Each fault of the other side: no crash, no false event, the build's end told once all the same, and a log line with job and cause."""

import itertools
import re
import sys

from support import case
from support.case import Case, job_id

FINISHED = [("build.started", None), ("build.finished", "success")]

# name of the job -> (fault, what its log line must say)
FAULTS = {
    "late": (dict(kind="delay", seconds=0.3), None),
    "reset": (dict(kind="reset"), r"reset|closed|lost|ended|broke"),
    "closed": (dict(kind="close"), r"closed|lost|ended|broke|end of|cut"),
    "cut-after-headers": (dict(kind="close_after_headers"), r"closed|lost|ended|broke|cut|short|partial|end of|middle"),
    "cut-in-body": (dict(kind="truncate"), r"closed|lost|ended|broke|cut|short|partial|end of|middle"),
    "no-http": (dict(kind="garbage"), r"HTTP|version|malformed|bad"),
    "garbage": (dict(kind="garbage_body"), r"JSON|malformed|parse|read"),
    "fifty-mebibytes": (dict(kind="huge"), r"1 MiB|too large|larger|limit|too long"),
    "long-head": (dict(kind="huge_head"), r"too large|limit|header|head"),
    "chunks": (dict(kind="chunked"), None),
    "hints": (dict(kind="informational"), None),
    "no-date": (dict(kind="no_date"), None),
    "stale": (dict(kind="close_after"), None),
    "stale-later": (dict(kind="late_close"), None),
    "redirect": (dict(kind="redirect", location="https://elsewhere.invalid/"), r"302|redirect"),
    "moved": (dict(kind="redirect", status=301), r"301|redirect"),
    "proxy-page": (dict(kind="html", status=502), r"502"),
    "page-with-200": (dict(kind="html", status=200), r"JSON|malformed|parse|read"),
    "nothing": (dict(kind="empty"), r"empty|JSON|malformed|no body|parse|read"),
    "no-content": (dict(kind="empty", status=204), r"204"),
    "other-404": (dict(kind="html", status=404), r"404"),
    "no-such-api": (dict(kind="error", code="APIGW.0101"), r"404.*APIGW\.0101|APIGW\.0101.*404"),
    "forbidden": (dict(kind="status", status=403, body='{"error_code": "APIGW.0302", "error_msg": "no"}'), r"403|APIGW\.0302"),
    "odd-status": (dict(kind="status", status=599, body=""), r"599"),
}
WRONG = ("building_text", "building_number", "building_missing", "word_number", "word_object", "result_text", "result_null",
         "result_number_array", "result_missing", "status_number", "status_fail", "array", "text", "null", "true")
# Codes that concern the job alone; the others are in test_provider.py and test_credentials.py.
CODES = ("CB.00060100", "CB.00060101", "CB.00060200", "CB.00060201", "CB.00060202", "DEVCB.00031006", "CB.00031006", "CB.00031059",
         "DEV.CB.032011", "DEV.CB.032000", "DEV.CB.032302", "CB.00031105", "CB.00030004", "DEVCB.00030000", "APIGW.0101", "APIGW.0201")
LOGGED = re.compile(r"CB\.000(601|602|30004|31105)|DEV\.CB|00030000|APIGW")


class Faults(Case):
    def watch_through(self, faults, listener="http", building="150ms"):
        """A job for each fault, all in one daemon: seen running, then failing twice while it ends, then answering again."""
        # A dozen jobs a provider: of one with many failing jobs, the log names the first twenty only.
        jobs = [self.job(name, number, provider=f"provider-{number // 12}") for number, name in enumerate(faults, 1)]
        providers = {job["provider"]: self.provider(listener, connections=16, timeout="20s") for job in jobs}
        for job in jobs:
            self.simulator.job(job["job_id"], 1, "running")
        config = self.config(jobs, providers=providers)
        config["defaults"]["poll"]["building"] = building
        daemon = self.start(config)
        daemon.wait_events(len(jobs), type="build.started")
        for job in jobs:
            fault = dict(faults[job["name"]])
            self.simulator.fault(fault.pop("kind"), job=job["job_id"], times=2, **fault)
        daemon.wait(lambda: not self.simulator.call("GET", "/faults")["faults"], "all faults to be met")
        self.assertEqual(daemon.events(type="build.finished"), [])
        for job in jobs:
            self.simulator.job(job["job_id"], 1, "finished", word="SUCCESS")
        daemon.wait_events(len(jobs), type="build.finished")
        daemon.stop()
        self.check_events(daemon.events())
        for job in jobs:
            self.assertEqual(self.kinds(daemon.events(job=job["name"])), FINISHED, job["name"])
        return daemon

    def lines_about(self, daemon, name):
        return [line for line in daemon.log.split("\n") if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", line)]

    def must_log(self, daemon, expected):
        for name, pattern in expected.items():
            with self.subTest(name):
                about = self.lines_about(daemon, name)
                if pattern is None:
                    self.assertFalse([line for line in about if re.search(r"warn|error", line, re.I)], about)
                else:
                    self.assertTrue([line for line in about if re.search(pattern, line, re.I)], f"no line like {pattern} in {about}")
                    self.assertLess(len(about), 10, "the same failure is told again and again")

    def test_over_http(self):
        daemon = self.watch_through({name: fault for name, (fault, _) in FAULTS.items()})
        self.must_log(daemon, {name: pattern for name, (_, pattern) in FAULTS.items()})

    def test_over_https(self):
        chosen = {name: told for name, told in FAULTS.items() if name not in ("fifty-mebibytes",)}
        daemon = self.watch_through({name: fault for name, (fault, _) in chosen.items()}, "https")
        self.must_log(daemon, {name: pattern for name, (_, pattern) in chosen.items()})

    def test_wrong_types(self):
        daemon = self.watch_through({variant.replace("_", "-"): dict(kind="wrong_type", variant=variant) for variant in WRONG})
        for variant in WRONG:
            with self.subTest(variant):
                self.assertTrue(self.lines_about(daemon, variant.replace("_", "-")), "not a word about it")

    def test_every_code_in_every_shape(self):
        faults = {f"{code.replace('.', '-')}-{shape}": dict(kind="error", code=code, shape=shape)
                  for code, shape in itertools.product(CODES, "abcdefgh")}
        daemon = self.watch_through(faults, building="600ms")
        for name, fault in faults.items():
            if LOGGED.search(fault["code"]) and fault["shape"] in "acde":
                with self.subTest(name):
                    self.assertTrue([line for line in self.lines_about(daemon, name) if fault["code"] in line], "code not logged")

    def test_silence_ends_at_the_timeout(self):
        faults = {"hangs": dict(kind="hang"), "drips": dict(kind="drip", ms=100)}
        for number, name in enumerate(faults, 1):
            self.simulator.job(job_id(number), 1, "running")
        jobs = [self.job(name, number) for number, name in enumerate(faults, 1)]
        daemon = self.start(self.config(jobs, providers={case.PROVIDER: self.provider(timeout="400ms")}))
        daemon.wait_events(2, type="build.started")
        for number, fault in enumerate(faults.values(), 1):
            fault = dict(fault)
            self.simulator.fault(fault.pop("kind"), job=job_id(number), **fault)
        for name in faults:
            daemon.wait_log(re.compile(rf"\b{name}\b.*(time|answer|400)", re.I))
        for number in (1, 2):
            self.simulator.job(job_id(number), 1, "finished", word="SUCCESS")
        self.simulator.clear_faults()
        daemon.wait_events(2, type="build.finished")
        daemon.stop()
        for name in faults:
            self.assertEqual(self.kinds(daemon.events(job=name)), FINISHED)

    def test_trouble_at_accept(self):
        for listener, kind in itertools.product(("http", "https"), ("connect_reset", "connect_hang", "connect_garbage")):
            with self.subTest(listener=listener, kind=kind):
                self.simulator.reset()
                self.simulator.job(job_id(1), 1, "running")
                number = self.simulator.fault(kind, listener=listener)
                daemon = self.start(self.config([self.job("knocks")],
                                                providers={case.PROVIDER: self.provider(listener, timeout="500ms")}))
                daemon.wait_log(re.compile(r"\bknocks\b.*(connect|handshake|TLS|HTTP|closed|reset|time|answer)", re.I))
                self.simulator.clear_faults(number)
                daemon.wait_events(type="build.started")
                daemon.stop()
                self.assertEqual(self.kinds(daemon.events()), [("build.started", None)])

    def test_a_slow_job_delays_no_other(self):
        for number in (1, 2):
            self.simulator.job(job_id(number), 1, "running")
        self.simulator.fault("hang", job=job_id(1))
        daemon = self.start(self.config([self.job("slow", 1), self.job("quick", 2)],
                                        providers={case.PROVIDER: self.provider(connections=2, timeout="10m")}))
        daemon.wait_events(job="quick", type="build.started")
        self.simulator.job(job_id(2), 1, "finished", word="SUCCESS")
        daemon.wait_events(job="quick", type="build.finished")
        daemon.stop()
        self.assertEqual(daemon.events(job="slow"), [])


class Connections(Case):
    def test_kept_alive_and_capped(self):
        jobs = [self.job(f"job-{number}", number) for number in range(1, 31)]
        for number in range(1, 31):
            self.simulator.job(job_id(number), 1, "running")
        self.simulator.fault("delay", seconds=0.02)
        daemon = self.start(self.config(jobs, providers={case.PROVIDER: self.provider(connections=3)}))
        self.simulator.wait_requests(200)
        self.assertLessEqual(self.simulator.peaks()["open.http"], 3)
        self.assertLessEqual(self.simulator.peaks()["in_flight"], 3)
        self.assertLessEqual(self.simulator.counts()["connections.http"], 3)
        daemon.stop()

    def test_stale_connections_cost_no_poll(self):
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("kept")]))
        daemon.wait_events(type="build.started")
        for _ in range(5):
            since = self.simulator.next()
            self.simulator.end_connections()
            self.simulator.wait_requests(2, since=since)
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        daemon.wait_events(type="build.finished")
        daemon.stop()
        self.assertNotRegex(daemon.log, r"(?i)\b(warn|error)\w*\b.*\bkept\b")

    def test_sessions_are_resumed_after_a_reset(self):
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("job")], providers={case.PROVIDER: self.provider("https", connections=1)}))
        daemon.wait_events(type="build.started")
        for reset in (True, False):
            since = self.simulator.next()
            self.simulator.end_connections(reset)
            daemon.wait(lambda: any(r["tls_resumed"] for r in self.simulator.requests(since=since)), f"a resumed session (reset: {reset})")

    def test_names_with_several_addresses(self):
        self.simulator.job(job_id(1), 1, "running")
        provider = self.provider(endpoint=self.simulator.url("http", "localhost"))
        daemon = self.start(self.config([self.job("job")], providers={case.PROVIDER: provider}))
        daemon.wait_events(type="build.started")
        self.assertEqual(self.simulator.requests()[0]["headers"]["host"], f"localhost:{self.simulator.ports['http']}")

    def test_a_path_before_the_path(self):
        self.simulator.job(job_id(1), 1, "running")
        daemon = self.start(self.config([self.job("job")], providers={case.PROVIDER: self.provider(endpoint=self.simulator.url() + "/gate/way/")}))
        daemon.wait_events(type="build.started")
        self.assertEqual(self.simulator.requests()[0]["target"], f"/gate/way/v1/job/{job_id(1)}/1/build-info")


if __name__ == "__main__":
    sys.exit(case.main())
