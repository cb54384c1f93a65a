"""Programs of `exec` sinks in the service's sandbox: what they can do, what they can not, and what loosens it."""

import json
import pathlib
import re
import sys

from machine import case
from machine.case import Case, job_id

SCRIPTS = pathlib.Path(__file__).resolve().parent / "scripts"
REPORT = "/var/lib/buildwatch/report.json"

# What each restriction of the README's table keeps a script from, by the names of scripts/on-build.py, and the lines of
# the example that loosen it.
LOOSENED = {
    "write": ["ReadWritePaths=/srv/reports"],
    "home": ["ProtectHome=read-only"],
    "home_write": ["ProtectHome=no", "ReadWritePaths=/srv/reports /home/builds"],
    "tmp": ["DynamicUser=no", "User=builds", "PrivateTmp=no"],
    "user": ["DynamicUser=no", "User=builds"],
    "group": ["SupplementaryGroups=readers"],
    "other_users": ["PrivateUsers=no"],
    "device": ["PrivateDevices=no"],
    "raw_socket": ["CapabilityBoundingSet=CAP_NET_RAW", "AmbientCapabilities=CAP_NET_RAW", "PrivateUsers=no"],
    "processes": ["ProtectProc=default"],
    "meminfo": ["ProcSubset=all"],
    "renice": ["SystemCallFilter=@resources"],
    "unshare": ["RestrictNamespaces=no"],
    "netlink": ["RestrictAddressFamilies=AF_NETLINK"],
    "umask": ["UMask=0022"],
}


class Exec(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for script in SCRIPTS.iterdir():
            cls.container.write(f"/usr/local/bin/{script.name}", script.read_text(), 0o755)
        inside = cls.container.run
        inside("groupadd", "readers")
        inside("useradd", "--create-home", "builds")
        inside("mkdir", "--mode=1777", "/srv/reports")
        inside("chmod", "0755", "/home/builds")
        inside("sh", "-c", "touch /srv/of-builds; chown builds /srv/of-builds")
        inside("touch", "/tmp/of-others", "/dev/of-hardware")
        inside("sh", "-c", "echo secret >/srv/for-readers; chgrp readers /srv/for-readers; chmod 0640 /srv/for-readers")
        inside("sh", "-c", "mkdir -m 1777 /home/builds/open; cp /usr/bin/id /usr/local/bin/setuid-id; chmod 4755 /usr/local/bin/setuid-id")

    def told(self, script, drop_in=""):
        """What the script wrote when the service had it told about a build."""
        if drop_in:
            self.service.drop_in("exec", f"[Service]\n{drop_in}")
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        sink = {"type": "exec", "command": [f"/usr/local/bin/{script}", REPORT], "retry": ["100ms"] * 3}
        self.service.configure(self.config([self.job("one")], {"script": sink}))
        self.service.start()
        report = self.service.wait(lambda: self.container.run("cat", REPORT, check=False).stdout, "the script's report")
        return json.loads(report)

    def test_python(self):
        report = self.told("on-build.py")
        self.assertEqual((report["event"]["type"], report["summary"]), ("build.finished", report["event"]["data"]["summary"]))
        self.assertTrue(report["can"]["state"], report)  # its one place to keep things
        self.assertTrue(report["can"]["loopback"], report)
        self.assertFalse(report["can"]["setuid"], report)
        self.assertEqual({name for name in LOOSENED if report["can"][name]}, set(), report)

    def test_node(self):
        """Its engine needs memory that is both writable and executable."""
        report = self.told("on-build.mjs")
        self.assertEqual(report["event"]["type"], "build.finished")
        self.assertEqual(report["squares"], 332833500)
        self.assertRegex(report["interfaces"], "EAFNOSUPPORT|address family|uv_interface_addresses")

    def test_node_loosened(self):
        self.assertEqual(self.told("on-build.mjs", "RestrictAddressFamilies=AF_NETLINK\n")["interfaces"], ["lo"])

    def test_what_loosens_it(self):
        """Each line of the example does what it says."""
        example = self.container.path("/usr/share/doc/buildwatch/examples/exec-sandbox.conf").read_text()
        offered = re.findall(r"^#([A-Z]\w+)=", example, re.MULTILINE)
        for name, lines in LOOSENED.items():
            with self.subTest(name):
                self.assertLessEqual({line.split("=")[0] for line in lines}, set(offered))
                self.forget()
                report = self.told("on-build.py", "\n".join(lines) + "\n")
                self.assertTrue(report["can"][name], report["why"].get(name))

    def test_the_example_is_as_good_as_none_until_it_is_edited(self):
        example = self.container.path("/usr/share/doc/buildwatch/examples/exec-sandbox.conf").read_text()
        self.service.drop_in("exec", example)
        done = self.container.run("systemd-analyze", "verify", "--man=no", "buildwatchd.service")
        self.assertEqual(done.stdout + done.stderr, "")
        self.service.drop_in("exec", re.sub(r"(?m)^#(?=[A-Z]\w+=)", "", example))
        done = self.container.run("systemd-analyze", "verify", "--man=no", "buildwatchd.service")
        self.assertEqual(done.stdout + done.stderr, "")


if __name__ == "__main__":
    sys.exit(case.main())
