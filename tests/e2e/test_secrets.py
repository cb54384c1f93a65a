"""No secret anywhere: every error path provoked with recognisable secrets, then all output and a child's environment searched for them."""

import base64
import json
import re
import sys
import urllib.parse

from support import case
from support.case import Case, job_id

RAW_SECRET = b"SECRETwebhookkeySECRETwebhookkey"
SECRETS = {
    "access key": "SECRETAK000000000001", "secret key": "SECRETsk/+=~value-of-sk", "security token": "SECRETsecuritytoken==",
    "token": "SECRETtoken-value", "token in a file": "SECRETfile-token", "password": "SECRETpass w\"ord", "header": "SECRETheader-value",
    "path": "SECRETpath-of-chat", "query": "SECRETquery-value", "proxy user": "SECRETproxyuser", "proxy password": "SECRETproxypass",
    "environment": "SECRETexec-env-value", "webhook key": "whsec_" + base64.b64encode(RAW_SECRET).decode(),
}


def spellings(secret):
    """A secret and what it may turn into on the way."""
    data = secret.encode()
    forms = {secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote(secret), json.dumps(secret)[1:-1], data.hex(),
             base64.b64encode(data).decode().rstrip("=")}
    if secret.startswith("whsec_"):
        forms |= {RAW_SECRET.decode(), RAW_SECRET.hex(), secret.removeprefix("whsec_").rstrip("=")}
    return forms


class Secrets(Case):
    def must_be_clean(self, text, where, allowed=()):
        for name, secret in SECRETS.items():
            if name in allowed:
                continue
            for form in spellings(secret):
                if form in text:
                    line = next((line for line in text.split("\n") if form in line), form)
                    self.fail(f"the {name} shows in {where}: {line!r}")
        marked = [line for line in text.split("\n") if re.search(r"SECRET", line) and not any(SECRETS[name] in line for name in allowed)]
        self.assertEqual(marked, [], f"part of a secret shows in {where}")

    def auths(self):
        file = self.file("token", SECRETS["token in a file"])
        return {
            "keys": {"type": "aksk", "access_key": SECRETS["access key"], "secret_key": SECRETS["secret key"],
                     "security_token": SECRETS["security token"]},
            "token": {"type": "token", "token": SECRETS["token"]},
            "file": {"type": "token", "token": "${file:" + file + "}"},
            "iam": {"type": "iam", "domain": "d", "user": "u", "password": SECRETS["password"], "project": "p", "endpoint": self.simulator.url()},
            "ecs": {"type": "ecs", "endpoint": self.simulator.url()},
        }

    def faults(self):
        """A job and a provider each, whose every answer is one of these."""
        return [dict(kind="error", code="CB.00060101"), dict(kind="reset"), dict(kind="garbage"), dict(kind="garbage_body"), dict(kind="html"),
                dict(kind="huge", mib=2), dict(kind="redirect", location="https://user:" + SECRETS["token"] + "@elsewhere/"),
                dict(kind="throttle", retry_after=1), dict(kind="expired_token"), dict(kind="wrong_type"), dict(kind="hang"),
                dict(kind="status", status=200, body="no json"), dict(kind="truncate")]

    def sinks(self):
        def hook(url, **more):
            path = f"/{SECRETS['path']}?key={SECRETS['query']}"
            return {"type": "webhook", "url": url + path, "secret": SECRETS["webhook key"], "retry": ["100ms", "100ms"], "timeout": "500ms",
                    "headers": {"Authorization": f"Bearer {SECRETS['header']}"}, **more}
        bad, gone, hangs, secure = (self.receiver(default={"status": 500, "body": "no"}), self.receiver(default={"status": 410}),
                                    self.receiver(default={"hang": True}), self.receiver("expired"))
        redirects = self.receiver(default={"status": 302, "headers": {"Location": "/x"}})
        proxy = f"http://{SECRETS['proxy user']}:{SECRETS['proxy password']}@127.0.0.1:{self.simulator.ports['proxy']}"
        command = ["/bin/sh", "-c", f"env > {self.folder}/child-env; cat > {self.folder}/child-stdin; exit 1"]
        return case.OUT | {
            "text": {"type": "stdout"}, "journal": {"type": "log"},
            "bad": hook(f"http://127.0.0.1:{bad.port}"), "gone": hook(f"http://127.0.0.1:{gone.port}"),
            "hangs": hook(f"http://127.0.0.1:{hangs.port}"), "secure": hook(f"https://127.0.0.1:{secure.port}"),
            "redirects": hook(f"http://127.0.0.1:{redirects.port}"), "nobody": hook("http://127.0.0.1:1"),
            "proxied": hook("https://hooks.codearts.test", proxy=proxy), "lost": hook("https://no-such-host.invalid"),
            "script": {"type": "exec", "command": command, "env": {"K": SECRETS["environment"]}, "retry": ["100ms"]},
        }

    def everything(self):
        providers, jobs = {}, []
        proxy = f"http://{SECRETS['proxy user']}:{SECRETS['proxy password']}@127.0.0.1:{self.simulator.ports['proxy']}"
        addresses = {"plain": self.provider(), "expired": self.provider("https_expired"), "nobody": self.provider(endpoint="http://127.0.0.1:1"),
                     "proxied": self.provider(endpoint="https://api.codearts.test", proxy=proxy)}
        for auth_name, auth in self.auths().items():
            for address, provider in addresses.items():
                providers[f"{auth_name}-{address}"] = provider | {"auth": auth, "timeout": "500ms"}
        number = 0
        for provider in providers:
            for index in range(3):
                number += 1
                self.simulator.job(job_id(number), 1, "running")
                jobs.append(self.job(f"{provider}-{index}", number, provider=provider))
        for index, fault in enumerate(self.faults()):
            number += 1
            providers[f"fault-{index}"] = self.provider(auth=self.auths()[("keys", "token", "file")[index % 3]], timeout="500ms")
            jobs.append(self.job(f"fault-job-{index}", number, provider=f"fault-{index}"))
            fault = dict(fault)
            self.simulator.fault(fault.pop("kind"), job=job_id(number), **fault)
        number += 1
        self.simulator.job(job_id(number), 1, "finished", word="FAILURE")
        providers["well"] = self.provider()
        jobs.append(self.job("well", number, provider="well"))
        config = self.config(jobs, self.sinks(), providers)
        config["defaults"]["unreachable_after"] = "1s"
        return config

    def test_running(self):
        self.simulator.proxy(user="x", password="y")  # so that every tunnel is refused
        self.simulator.auth(mode="aksk")
        daemon = self.start(self.everything(), "--log-level", "trace")
        daemon.wait_log(re.compile(r"\bwell\b"))
        daemon.wait(lambda: (self.folder / "child-env").exists() and (self.folder / "child-stdin").exists(), "the script")
        daemon.wait(lambda: '"provider.unreachable"' in daemon.output or '"job.unreachable"' in daemon.output, "an outage")
        for name in ("bad", "gone", "hangs", "secure", "redirects", "nobody", "proxied", "lost", "script"):
            daemon.wait_log(re.compile(rf"\b{name}\b"))
        self.simulator.auth(mode="none")
        self.simulator.wait_requests(20, since=self.simulator.next())
        daemon.stop()
        self.must_be_clean(daemon.log, "the log")
        self.must_be_clean(daemon.output, "stdout")
        self.must_be_clean((self.folder / "child-stdin").read_text(), "an event")
        self.must_be_clean((self.folder / "child-env").read_text(), "a child's environment", allowed=("environment",))

    def test_command_lines(self):
        self.simulator.auth(mode="aksk")
        config = self.everything()
        done = self.command("check", "--online", "--log-level", "trace", config=config)
        self.assertEqual(done.returncode, 1)
        self.must_be_clean(done.stdout + done.stderr, "check --online")
        for sink in ("bad", "gone", "secure", "redirects", "nobody", "proxied", "lost", "script"):
            done = self.command("notify", sink, "--log-level", "trace", config=config)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.must_be_clean(done.stdout + done.stderr, f"notify {sink}")

    def test_wrong_configurations(self):
        """Secrets in the wrong place, of the wrong type, or beside a mistake."""
        token, key, path = SECRETS["token"], SECRETS["webhook key"], SECRETS["path"]
        pieces = {
            "auth": f"{{type: token, tokn: {token}}}", "auth ": f"{{type: token, token: [{token}]}}", "auth  ": f"{{type: {token}}}",
            "auth   ": f"{{type: token, token: \"${{file:/no/{path}}}\"}}", "auth    ": f"{{type: token, token: \"${{env:{path}}}\"}}",
            "auth     ": f"{{type: token, token: \"${{{path}\"}}", "auth      ": token, "auth       ": f"{{type: aksk, access_key: \"a\\r\\n{token}\", secret_key: x}}",
        }
        for piece in pieces.values():
            text = (f"version: 1\nproviders:\n  p:\n    type: codearts\n    region: cn-north-4\n    auth: {piece}\n    proxy: \"http://{SECRETS['proxy user']}:"
                    f"{SECRETS['proxy password']}@[bad\"\njobs:\n  - {{name: j, job_id: \"{job_id(1)}\", build: 1}}\nsinks:\n"
                    f"  a: {{type: webhook, url: \"htps://x.org/{path}\", secret: \"{key}x\"}}\n  b: {{type: webhook, url: \"https://x.org:99999/{path}\", secret: [{key}, {key[:-12]}]}}\n"
                    f"  c: {{type: webhook, url: https://x.org, headers: {{Bad Name: {SECRETS['header']}}}}}\n"
                    f"  d: {{type: webhook, url: https://x.org, headers: {{X: [{SECRETS['header']}]}}}}\n"
                    f"  e: {{type: exec, command: [/bin/true], env: {{\"a=b\": {SECRETS['environment']}, K: [{SECRETS['environment']}]}}}}\n")
            done = self.command("check", "--log-level", "trace", config=text)
            self.assertEqual(done.returncode, 78)
            self.must_be_clean(done.stdout + done.stderr, f"the complaints about {piece!r}")


if __name__ == "__main__":
    sys.exit(case.main())
