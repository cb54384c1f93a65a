"""The commands: check, check --online, notify, usage, and what a wrong configuration looks like."""

import base64
import json
import re
import sys

from support import case, events
from support.case import Case, job_id

WRONG = """\
version: 1
provider: {}
providers:
  huawei:
    type: codearts
    endpoint: http://127.0.0.1:1
    auth: {type: nobody}
    timeout: 15
    rate_limit: 10
jobs:
  - name: one
    job_id: short
    build: 0
  - name: one
    job_id: "00000000000000000000000000000002"
    build: 1
    poll: {idle: 10ms, bulding: 15s}
  - name: three
    provider: nowhere
    job_id: "00000000000000000000000000000003"
    build: 1
sinks:
  out: {type: stdout, format: xml}
  hook: {type: webhook, url: "ftp://example.org", secret: "whsec_short"}
  script: {type: exec, command: [/no/such/program]}
rules:
  - events: [failed]
    to: [nobody]
  - jobs: [x-*]
"""
# line and key path of every mistake in WRONG
MISTAKES = {2: "provider", 7: "providers.huawei.auth.type", 8: "providers.huawei.timeout", 9: "providers.huawei.rate_limit",
            12: "jobs[0].job_id", 13: "jobs[0].build", 14: "jobs[1].name", 17: "jobs[1].poll.bulding", 19: "jobs[2].provider",
            23: "sinks.out.format", 24: "sinks.hook.url", 25: "sinks.script.command", 27: "rules[0].events", 28: "rules[0].to", 29: "rules[1]"}
COMPLAINT = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<warning>warning: )?((?P<path>[^: ]+): )?(?P<text>.+)$")


class Usage(Case):
    def test_version_and_help(self):
        done = self.command("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^buildwatchd \d+\.\d+\.\d+\n$")
        done = self.command("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("run", "check", "notify", "--config", "--log-level", "--credentials-dir"):
            self.assertIn(word, done.stdout)

    def test_wrong_usage(self):
        good = self.config([self.job("job")])
        for arguments in ((), ("fly",), ("run", "--fast"), ("notify",), ("check", "--log-level", "loud"), ("notify", "out", "--event", "never")):
            with self.subTest(arguments):
                done = self.command(*arguments, config=good if arguments else None)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr)
                self.assertEqual(done.stdout, "")

    def test_a_command_that_is_none_is_named(self):
        for arguments, named in ((("stauts",), "stauts"), (("outbox", "lst"), "lst")):
            with self.subTest(arguments):
                done = self.command(*arguments)
                self.assertEqual((done.returncode, done.stderr), (2, f"buildwatchd: there is no command {named}; --help lists them\n"))


class Check(Case):
    def check(self, config, *arguments, **more):
        before = len(self.simulator.requests())
        done = self.command("check", *arguments, config=config, **more)
        if "--online" not in arguments:
            self.assertEqual(len(self.simulator.requests()), before, "it asked, though nobody had said --online")
        return done

    def complaints(self, done):
        found = [COMPLAINT.match(line) for line in done.stderr.splitlines()]
        self.assertTrue(all(found), done.stderr)
        return [match.groupdict() for match in found]

    def good(self):
        return self.config([self.job("one", 1), self.job("two", 2)], providers={case.PROVIDER: self.provider("https")})

    def test_good(self):
        done = self.check(self.good())
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "2 jobs, 1 sinks, OK\n", ""))
        done = self.command("check", str(self.folder / "buildwatch.yaml"))
        self.assertEqual((done.returncode, done.stdout), (0, "2 jobs, 1 sinks, OK\n"))

    def test_every_mistake_in_one_go(self):
        for command in ("check", "run"):
            done = self.command(command, config=WRONG)
            self.assertEqual((done.returncode, done.stdout), (78, ""))
            found = self.complaints(done)
            file = str(self.folder / "buildwatch.yaml")
            for line, path in MISTAKES.items():
                with self.subTest(command=command, path=path):
                    here = [c for c in found if int(c["line"]) == line and c["file"] == file]
                    self.assertTrue(any((c["path"] or "").startswith(path) for c in here), f"{here}\n{done.stderr}")
            self.assertIn("building", next(c["text"] for c in found if int(c["line"]) == 17 and "bulding" in c["path"]))
            self.assertIn("providers", next(c["text"] for c in found if int(c["line"]) == 2))
            positions = [(int(c["line"]), int(c["column"])) for c in found]
            self.assertEqual(positions, sorted(positions))

    def test_run_starts_nothing_when_wrong(self):
        config = self.good()
        config["rules"] = [{"to": ["nobody"]}]
        done = self.command("run", config=config)
        self.assertEqual(done.returncode, 78)
        self.assertEqual(self.simulator.counts().get("connections", 0), 0)

    def test_files_that_can_not_be_read(self):
        for name in ("none.yaml", "."):
            done = self.command("check", str(self.folder / name))
            self.assertEqual((done.returncode, done.stdout), (78, ""))
            self.assertIn(str(self.folder), done.stderr)
        done = self.check("version: 1\njobs: [\n")
        self.assertEqual(done.returncode, 78)
        self.assertEqual(len(self.complaints(done)), 1)

    def test_not_supported_yet(self):
        config = self.good()
        config["sinks"] = case.OUT | {"hook": {"type": "webhook", "url": "https://x.org", "format": "slack"}}
        done = self.check(config)
        self.assertEqual(done.returncode, 78, done.stderr)
        here = [c for c in self.complaints(done) if (c["path"] or "").startswith("sinks.hook.format")]
        self.assertTrue(any("not supported yet" in c["text"] for c in here), done.stderr)

    def test_warnings(self):
        config = self.good()
        config["providers"][case.PROVIDER] = self.provider()
        config["sinks"]["idle"] = {"type": "log"}
        config["rules"] = [{"jobs": ["nothing-*"], "to": ["out"]}]
        done = self.check(config)
        self.assertEqual((done.returncode, done.stdout), (0, "2 jobs, 2 sinks, OK\n"))
        found = {(c["path"], bool(c["warning"])) for c in self.complaints(done)}
        for path in (f"providers.{case.PROVIDER}.endpoint", "sinks.idle", "rules[0].jobs[0]"):
            self.assertIn((path, True), found)
        done = self.check(config, "--strict")
        self.assertEqual(done.returncode, 78)

    def test_plain_http_elsewhere_is_an_error(self):
        config = self.good()
        config["providers"][case.PROVIDER]["endpoint"] = "http://192.0.2.1"
        done = self.check(config)
        self.assertEqual(done.returncode, 78)
        self.assertIn("providers.huawei.endpoint", done.stderr)

    def test_includes(self):
        (self.folder / "jobs.d").mkdir()
        for number, name in ((3, "b"), (4, "a")):
            self.file(f"jobs.d/{name}.yaml", f'jobs:\n  - {{name: {name}, job_id: "{job_id(number)}", build: 1}}\n')
        config = self.good() | {"include": ["jobs.d/*.yaml", "nothing.d/*.yaml"]}
        self.assertEqual(self.check(config).stdout, "4 jobs, 1 sinks, OK\n")
        self.file("jobs.d/c.yaml", "jobs:\n  - {name: one, job_id: x}\nversion: 1\n")
        done = self.check(config)
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"(?m)/jobs\.d/c\.yaml:2:\d+: \S*jobs\[\d\]\.job_id: ")
        self.assertRegex(done.stderr, r"(?m)/jobs\.d/c\.yaml:3:\d+: ")

    def test_secrets_from_everywhere(self):
        (self.folder / "cred").mkdir()
        self.file("cred/ak", "the-key\n")
        self.file("sk", "the-secret")
        self.simulator.auth(mode="aksk", keys={"the-key": "the-secret$"})
        self.simulator.job(job_id(1), 1, "running")
        auth = {"type": "aksk", "access_key": "${credential:ak}", "secret_key": "${file:sk}$$"}
        config = self.config([self.job("one")], providers={case.PROVIDER: self.provider(auth=auth)})
        done = self.check(config, "--online", "--credentials-dir", str(self.folder / "cred"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.check(config, "--online", env={"CREDENTIALS_DIRECTORY": str(self.folder / "cred")})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.check(config)
        self.assertEqual(done.returncode, 0)
        self.assertIn("warning", done.stderr)
        done = self.command("run", config=config)
        self.assertEqual(done.returncode, 78)
        self.assertIn("providers.huawei.auth.access_key", done.stderr)
        auth["secret_key"] = "${env:NOT_THERE}"
        done = self.check(self.config([self.job("one")], providers={case.PROVIDER: self.provider(auth=auth)}), "--credentials-dir",
                          str(self.folder / "cred"))
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"providers\.huawei\.auth\.secret_key: ")


class Online(Case):
    def online(self, config, status):
        done = self.command("check", "--online", config=config)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout.splitlines()[1:]

    def line_about(self, lines, name):
        found = [line for line in lines if re.search(rf"(?<![\w-]){name}(?![\w-])", line)]
        self.assertEqual(len(found), 1, lines)
        return found[0]

    def test_all_well(self):
        self.simulator.job(job_id(1), 1, "running")
        self.simulator.job(job_id(2), 1, "finished", word="FAILURE")
        self.simulator.job(job_id(3))
        hook = self.receiver("good")
        sinks = case.OUT | {"hook": {"type": "webhook", "url": hook.url("/secret-path"), "tls": {"ca_file": self.simulator.ca_file}}}
        lines = self.online(self.config([self.job("runs", 1), self.job("ended", 2), self.job("later", 3)], sinks), 0)
        for name in ("runs", "ended", "later", "hook"):
            self.line_about(lines, name)
        self.assertEqual(hook.seen(), [])
        self.assertNotIn("secret-path", "\n".join(lines))
        self.assertEqual(len(self.simulator.requests(call="build-info")), 3)

    def test_a_followed_job_by_running_status_else_by_the_list(self):
        self.simulator.auth(mode="aksk", keys={"AK": "SK"})
        self.simulator.job(job_id(1), 41, "finished")
        self.simulator.job(job_id(1), 42, "running")
        self.simulator.job(job_id(2))
        jobs = [self.job(name, n, build="latest") for n, name in enumerate(("followed", "unbuilt", "typo"), 1)]
        config = self.config(jobs, providers={case.PROVIDER: self.provider(auth={"type": "aksk", "access_key": "AK", "secret_key": "SK"})})
        lines = self.online(config, 1)
        self.assertRegex(self.line_about(lines, "followed"), "ok.*newest build is 42")
        self.assertRegex(self.line_about(lines, "unbuilt"), "ok.*never built")
        self.assertRegex(self.line_about(lines, "typo"), r"not.found")
        self.simulator.fault("error", call="running-status", status=405, body="{}")
        lines = self.online(config, 1)
        self.assertRegex(self.line_about(lines, "followed"), "ok.*newest build is 42")
        self.assertRegex(self.line_about(lines, "unbuilt"), "ok.*exists")
        self.assertRegex(self.line_about(lines, "typo"), r"not.found")
        self.simulator.fault("error", call="record-list", status=403, body="{}")
        self.assertRegex(self.line_about(self.online(config, 0), "followed"), "ok.*could not be asked.*403")

    def test_all_that_can_be_wrong(self):
        self.simulator.auth(mode="none", listeners={"https": "aksk"})
        self.simulator.job(job_id(1), 1, "running")
        providers = {"well": self.provider(), "refused": self.provider("https", auth={"type": "aksk", "access_key": "A", "secret_key": "B"}),
                     "away": self.provider(endpoint="http://127.0.0.1:1")}
        jobs = [self.job("good", 1, provider="well"), self.job("typo", 2, provider="well"), self.job("no-key", 3, provider="refused"),
                self.job("lost", 4, provider="away")]
        sinks = case.OUT | {"dead-hook": {"type": "webhook", "url": "http://127.0.0.1:1/x"}}
        lines = self.online(self.config(jobs, sinks, providers), 1)
        self.assertRegex(self.line_about(lines, "typo"), r"not.found")
        self.assertRegex(self.line_about(lines, "no-key"), r"401|refused")
        self.assertRegex(self.line_about(lines, "lost"), r"(?i)refused|connect")
        self.assertRegex(self.line_about(lines, "dead-hook"), r"(?i)refused|connect")
        self.assertNotRegex(self.line_about(lines, "good"), r"(?i)fail")

    def test_nothing_more_is_asked_of_a_provider_that_asks_for_a_pause(self):
        self.simulator.fault("error", status=429, body="{}", headers={"Retry-After": "30"})
        lines = self.online(self.config([self.job(f"job-{n}", n) for n in range(1, 6)]), 1)
        self.assertEqual(len(lines), 5)
        self.assertRegex(lines[0], "429")
        for line in lines[1:]:
            self.assertRegex(line, "not asked")
        self.assertEqual(len(self.simulator.requests()), 1)

    def test_the_last_job_waits_for_no_turn(self):
        self.simulator.job(job_id(1), 1, "running")
        self.online(self.config([self.job("one")], providers={case.PROVIDER: self.provider(rate_limit="0.02/m")}), 0)

    def test_a_provider_that_hangs_ends_with_its_timeout(self):
        self.simulator.fault("hang")
        self.online(self.config([self.job("slow")], providers={case.PROVIDER: self.provider(timeout="300ms")}), 1)


class Notify(Case):
    def notify(self, sink, status, *arguments, sinks):
        done = self.command("notify", sink, *arguments, config=self.config([self.job("nightly", labels={"a": "b"})], sinks))
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def test_webhook(self):
        secret = "whsec_" + base64.b64encode(b"k" * 24).decode()
        hook = self.receiver()
        for selector in ("started", "finished", "success", "failure", "unstable", "aborted", "unknown", "broken", "fixed", "unreachable", "recovered"):
            with self.subTest(selector):
                done = self.notify("hook", 0, "--event", selector, sinks={"hook": {"type": "webhook", "url": hook.url(), "secret": secret}})
                self.assertIn("204", done.stdout)
                got = hook.seen()[-1]
                events.check_event(got.event, test=True)
                self.assertTrue(got.signed_by(secret))
                self.assertEqual(got.headers["webhook-id"], got.event["id"])
                if selector in ("success", "failure", "unstable", "aborted", "unknown"):
                    self.assertEqual(got.event["data"]["build"]["outcome"], selector)
        self.assertEqual(self.simulator.requests(), [])

    def test_failures(self):
        hook = self.receiver(default={"status": 418})
        done = self.notify("hook", 1, sinks={"hook": {"type": "webhook", "url": hook.url()}})
        self.assertIn("418", done.stdout)
        self.assertEqual(len(hook.seen()), 1, "once, whatever the answer")
        done = self.notify("hook", 1, sinks={"hook": {"type": "webhook", "url": "http://127.0.0.1:1/secret-path"}})
        self.assertRegex(done.stdout, r"(?i)refused")
        self.assertNotIn("secret-path", done.stdout + done.stderr)
        done = self.notify("script", 1, sinks={"script": {"type": "exec", "command": ["/bin/sh", "-c", "exit 7"]}})
        self.assertIn("7", done.stdout)
        self.notify("nobody", 2, sinks=case.OUT)

    def test_other_sinks(self):
        done = self.notify("out", 0, sinks=case.OUT)
        events.check_event(json.loads(done.stdout.splitlines()[0]), test=True)
        done = self.notify("console", 0, sinks={"console": {"type": "stdout", "format": "text"}})
        self.assertIn("nightly", done.stdout)
        done = self.notify("journal", 0, sinks={"journal": {"type": "log"}})
        self.assertIn("nightly", done.stderr)
        done = self.notify("script", 0, sinks={"script": {"type": "exec", "command": ["/bin/sh", "-c", f"cat > {self.folder}/got"]}})
        events.check_event(json.loads((self.folder / "got").read_text()), test=True)


if __name__ == "__main__":
    sys.exit(case.main())
