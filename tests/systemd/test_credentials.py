"""Secrets: dropped into a directory, encrypted, changed by a restart; and nowhere to be seen."""

import base64
import sys

from machine import case
from machine.case import Case, job_id

AK, SK = "AKEXAMPLE0123456789X", "sk-never-to-be-seen-0123456789abcdef"
FIRST, SECOND = ("whsec_" + base64.b64encode(text).decode() for text in (b"the first of two secrets, so long", b"the second of two secrets, as long"))
AUTH = {"type": "aksk", "access_key": "${credential:ak}", "secret_key": "${credential:sk}"}


class Credentials(Case):
    def setUp(self):
        super().setUp()
        self.simulator.auth(mode="aksk", keys={AK: SK})
        self.simulator.job(job_id(1), 1, "running")
        self.secret("ak", AK)
        self.secret("sk", SK)

    def secret(self, name, value, folder="/etc/buildwatch/credentials"):
        """Dropped into the directory, as an administrator would: for root alone."""
        self.container.write(f"{folder}/{name}", value + "\n", 0o600)

    def signed_config(self, jobs, sinks=None):
        return self.config(jobs, sinks, provider={"auth": AUTH})

    def wait_signed(self):
        """Until the simulator has found a signature right."""
        self.service.wait(lambda: [r for r in self.simulator.requests(job=job_id(1)) if r.get("status") == 200], "a signed poll")

    def test_files_that_are_dropped_into_the_directory(self):
        self.service.configure(self.signed_config([self.job("one")]))
        self.service.start()
        self.wait_signed()

    def test_a_missing_one_is_named(self):
        self.container.path("/etc/buildwatch/credentials/sk").unlink()
        self.service.configure(self.signed_config([self.job("one")]))
        self.assertNotEqual(self.service.systemctl("start", check=False).returncode, 0)
        told = self.service.wait_line(r"secret_key", self.since)
        self.assertIn("providers.huawei.auth.secret_key", told)

    def test_without_the_directories(self):
        """Nobody who has no secrets has to keep places for them."""
        for folder in ("credentials", "credentials.encrypted"):
            self.container.run("mv", f"/etc/buildwatch/{folder}", f"/etc/buildwatch/no-{folder}")
            self.addCleanup(self.container.run, "mv", f"/etc/buildwatch/no-{folder}", f"/etc/buildwatch/{folder}")
        self.simulator.auth(mode="none")
        self.service.configure(self.config([self.job("one")]))
        self.service.start()
        self.wait_signed()

    def test_encrypted(self):
        self.container.path("/etc/buildwatch/credentials/sk").unlink()
        done = self.container.run("systemd-creds", "encrypt", "--with-key=host", "--name=encrypted_sk", "-",
                                  "/etc/buildwatch/credentials.encrypted/sk", told=SK + "\n", check=False)
        if done.returncode != 0:
            self.skipTest(f"this machine can not encrypt credentials: {done.stderr.strip()}")
        self.service.configure(self.signed_config([self.job("one")]))
        self.service.start()
        self.wait_signed()

    def test_of_names_of_their_own(self):
        """The drop-in example, as it is installed."""
        example = self.container.path("/usr/share/doc/buildwatch/examples/credentials.conf").read_text()
        sealed = self.container.run("systemd-creds", "encrypt", "--with-key=host", "--name=oncall", "-", "/etc/buildwatch/oncall.cred",
                                    told=FIRST, check=False)
        if sealed.returncode != 0:
            example = "".join(line for line in example.splitlines(True) if not line.startswith("LoadCredentialEncrypted="))
            self.secret("oncall", FIRST)
        for name in ("ak", "sk"):
            self.container.path(f"/etc/buildwatch/credentials/{name}").unlink()
        self.secret("codearts-access-key", AK, "/root/secrets")
        self.secret("codearts-secret-key", SK, "/root/secrets")
        self.service.drop_in("credentials", example)
        hook = self.receiver()
        sinks = {"hook": {"type": "webhook", "url": hook.url(), "secret": "${credential:oncall}"}}
        self.service.configure(self.signed_config([self.job("one")], sinks))
        self.service.start()
        self.wait_signed()
        self.assertTrue(self.service.wait(hook.seen, "an event")[0].signed_by(FIRST))

    def test_changed_by_a_restart(self):
        """With nothing lost and nothing told twice; a reload does not see it, as systemd copies credentials at the start."""
        hook = self.receiver()
        self.secret("oncall", FIRST)
        sinks = {"hook": {"type": "webhook", "url": hook.url(), "secret": "${credential:oncall}"}}
        jobs = [self.job(f"job-{number}", number) for number in (1, 2, 3)]
        for number in (1, 2, 3):
            self.simulator.job(job_id(number), 1, "running")
        self.service.configure(self.signed_config(jobs, sinks))
        self.service.start()
        self.service.wait(lambda: len(hook.seen(type="build.started")) == 3, "builds to be seen running")
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        self.service.wait(lambda: hook.seen(job="job-1", type="build.finished"), "the first end")
        self.secret("oncall", SECOND)
        self.service.systemctl("reload")
        self.simulator.job(job_id(2), 1, "finished", word="FAILURE")
        self.service.wait(lambda: hook.seen(job="job-2", type="build.finished"), "the second end")
        self.service.systemctl("stop")
        self.simulator.job(job_id(3), 1, "finished", word="FAILURE")  # while nobody watches
        self.service.start()
        self.service.wait(lambda: hook.seen(job="job-3", type="build.finished"), "the third end")
        self.service.systemctl("stop")  # which finishes what is under way
        ends = {got.event["data"]["job"]["name"]: got for got in hook.seen(type="build.finished")}
        self.assertEqual(len(hook.seen()), 6, [(got.event["type"], got.event["data"]["job"]["name"]) for got in hook.seen()])
        self.assertEqual([ends[f"job-{number}"].signed_by(FIRST) for number in (1, 2, 3)], [True, True, False])
        self.assertTrue(ends["job-3"].signed_by(SECOND))

    def test_not_to_be_seen(self):
        hook = self.receiver(default={"status": 500})
        self.secret("oncall", FIRST)
        self.secret("bearer", "bearer-never-to-be-seen")
        sinks = {"hook": {"type": "webhook", "url": hook.url(), "secret": "${credential:oncall}",
                          "headers": {"Authorization": "Bearer ${credential:bearer}"}}}
        config = self.signed_config([self.job("one")], sinks) | {"log": {"level": "trace"}}
        self.service.configure(config)
        self.service.start()
        self.wait_signed()
        self.service.wait(hook.seen, "a try")
        self.service.systemctl("reload")
        places = {
            "show": self.container.out("systemctl", "show", "--all", "buildwatchd"),
            "status": self.container.out("systemctl", "status", "--full", "buildwatchd"),
            "cat": self.container.out("systemctl", "cat", "buildwatchd"),
            "environ": self.service.proc("environ").decode(),
            "cmdline": self.service.proc("cmdline").decode(),
            "journal": self.container.out("journalctl", "--output=export", "--all"),
            "store": b"".join(file.read_bytes() for file in self.container.path("/var/lib/private/buildwatch").iterdir()).decode(errors="replace"),
        }
        self.assertIn("CREDENTIALS_DIRECTORY", places["environ"])
        for place, text in places.items():
            self.assertTrue(text, place)
            for secret in (SK, FIRST, FIRST.removeprefix("whsec_"), "bearer-never-to-be-seen"):
                self.assertFalse(secret in text, f"a secret is in {place}")

    def test_nobody_else_can_read_them(self):
        self.service.configure(self.signed_config([self.job("one")]))
        self.service.start()
        for place in ("/run/credentials/buildwatchd.service/buildwatch_sk", "/etc/buildwatch/credentials/sk"):
            self.assertIn(SK, self.container.out("cat", place))
            done = self.container.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "cat", place, check=False)
            self.assertRegex(done.stderr, "Permission denied")


if __name__ == "__main__":
    sys.exit(case.main())
