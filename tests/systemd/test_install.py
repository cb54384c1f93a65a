"""The package on a machine: installed, upgraded, removed, purged, as Debian's users expect it."""

import pathlib
import subprocess
import sys
import tempfile

from machine import case
from machine.case import Case, job_id
from machine.service import CONFIG

# Where a running machine writes by itself: of no package.
VOLATILE = ("/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/var/log", "/var/cache", "/var/lib/dpkg", "/var/lib/systemd", "/root")


def newer(package, folder):
    """The same package as the next version."""
    content = pathlib.Path(folder) / "content"
    subprocess.run(["dpkg-deb", "--raw-extract", package, content], check=True)
    control = content / "DEBIAN/control"
    control.write_text(control.read_text().replace("\nVersion: ", "\nVersion: 1000."))
    made = pathlib.Path(folder) / "buildwatch_1000_amd64.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", content, made], check=True, stdout=subprocess.DEVNULL)
    return made


class Install(Case):
    installed = False

    def setUp(self):
        super().setUp()
        self.addCleanup(self.container.run, "dpkg", "--purge", "buildwatch", check=False)

    def status(self):
        return self.container.run("dpkg-query", "--show", "--showformat=${db:Status-Status}", "buildwatch", check=False).stdout

    def exists(self, *names):
        return [name for name in names if self.container.run("test", "-e", name, "-o", "-L", name, check=False).returncode == 0]

    def enabled(self, unit="buildwatchd"):
        return self.container.run("systemctl", "is-enabled", unit, check=False).stdout.strip()

    def test_nothing_runs_after_an_installation(self):
        self.service.install(case.package())
        self.assertEqual((self.status(), self.enabled(), self.service.show("ActiveState")), ("installed", "disabled", "inactive"))
        modes = self.container.out("stat", "--format=%a %U", "/etc/buildwatch", "/etc/buildwatch/credentials",
                                   "/etc/buildwatch/credentials.encrypted", CONFIG).splitlines()
        self.assertEqual(modes, ["755 root", "700 root", "700 root", "644 root"])
        self.assertIn(CONFIG, self.container.out("dpkg-query", "--show", "--showformat=${Conffiles}", "buildwatch"))
        self.assertRegex(self.container.out("buildwatchd", "check"), "jobs, .* sinks, OK")

    def test_the_untouched_example_fails_clearly(self):
        """It watches nobody's builds: it wants secrets that nobody has dropped. What is left is a failed unit, not a loop."""
        self.service.install(case.package())
        self.assertNotEqual(self.container.run("systemctl", "enable", "--now", "buildwatchd", check=False).returncode, 0)
        self.service.wait_state("failed")
        self.assertEqual([self.service.show(name) for name in ("ExecMainStatus", "NRestarts")], ["78", "0"])
        told = "\n".join(self.service.lines(self.since))
        self.assertRegex(told, rf"{CONFIG}:\d+:\d+: providers\.huawei\.auth\.access_key: ")

    def run_it(self):
        """Installed, edited, running, and one event told."""
        self.service.install(case.package())
        hook = self.receiver()
        for number in (1, 2):
            self.simulator.job(job_id(number), 1, "running")
        self.service.configure(self.config([self.job("one", 1), self.job("two", 2)], {"hook": {"type": "webhook", "url": hook.url()}}))
        self.container.run("systemctl", "enable", "--now", "buildwatchd")
        self.service.wait(lambda: len(hook.seen(type="build.started")) == 2, "builds to be seen running")
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        self.service.wait(lambda: hook.seen(job="one", type="build.finished"), "the first end")
        return hook

    def test_an_upgrade_keeps_state_and_repeats_nothing(self):
        hook = self.run_it()
        pid, edited = self.service.pid(), self.container.path(CONFIG).read_text()
        with tempfile.TemporaryDirectory() as folder:
            self.service.install(newer(case.package(), folder))
        self.assertIn("1000.", self.container.out("dpkg-query", "--show", "buildwatch"))
        self.assertEqual(self.container.path(CONFIG).read_text(), edited)
        self.assertEqual((self.service.show("ActiveState"), self.enabled()), ("active", "enabled"))
        self.assertNotEqual(self.service.pid(), pid)  # the new program runs
        self.simulator.job(job_id(2), 1, "finished", word="FAILURE")
        self.service.wait(lambda: hook.seen(job="two", type="build.finished"), "the second end")
        told = [(got.event["type"], got.event["data"]["job"]["name"]) for got in hook.seen()]
        self.assertEqual(len(told), len(set(told)), told)

    def test_an_upgrade_starts_nothing_that_was_stopped(self):
        self.run_it()
        self.service.systemctl("stop")
        with tempfile.TemporaryDirectory() as folder:
            self.service.install(newer(case.package(), folder))
        self.assertEqual((self.service.show("ActiveState"), self.enabled()), ("inactive", "enabled"))

    def test_a_removal_keeps_configuration_and_state(self):
        hook = self.run_it()
        edited = self.container.path(CONFIG).read_text()
        self.container.run("dpkg", "--remove", "buildwatch")
        self.assertEqual(self.status(), "config-files")
        self.assertEqual(self.service.show("ActiveState"), "inactive")
        self.assertEqual(self.exists("/usr/bin/buildwatchd", "/lib/systemd/system/buildwatchd.service"), [])
        self.assertEqual(self.exists("/var/lib/private/buildwatch/state.db"), ["/var/lib/private/buildwatch/state.db"])
        self.assertEqual(self.container.path(CONFIG).read_text(), edited)
        # Back again, it is enabled as it was, and goes on from where it stopped.
        self.service.install(case.package())
        self.assertEqual(self.enabled(), "enabled")
        before = len(hook.seen())
        self.service.start()
        self.simulator.job(job_id(2), 1, "finished", word="FAILURE")
        self.service.wait(lambda: hook.seen(job="two", type="build.finished"), "the second end")
        self.assertEqual(len(hook.seen()), before + 1)

    def files(self):
        skipped = [part for folder in VOLATILE for part in ("-path", folder, "-prune", "-o")]
        return set(self.container.out("find", "/", *skipped, "-print").splitlines())

    def test_a_purge_leaves_nothing(self):
        """Of the package, of state, of secrets, of instances, of links that enable units."""
        before = self.files()
        hook = self.run_it()
        self.container.write("/etc/buildwatch/credentials/secret", "x", 0o600)
        self.container.write("/etc/buildwatch/jobs.d/more.yaml", "jobs: []\n")
        self.container.run("cp", CONFIG, "/etc/buildwatch/other.yaml")
        self.container.run("systemctl", "enable", "--now", "buildwatchd@other")
        self.service.wait(lambda: len(hook.seen()) >= 4, "the instance's events")
        self.assertEqual(self.exists("/var/lib/private/buildwatch@other"), ["/var/lib/private/buildwatch@other"])
        self.container.run("dpkg", "--purge", "buildwatch")
        self.assertEqual(self.files() - before, set())
        units = self.container.out("systemctl", "list-units", "--all", "--plain", "--no-legend", "buildwatch*")
        self.assertNotRegex(units, r" active | running ")


if __name__ == "__main__":
    sys.exit(case.main())
