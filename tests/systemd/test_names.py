"""Host names inside the unit: through systemd-resolved (nss-resolve), and through /etc/resolv.conf without it."""

import sys

from machine import case
from machine.case import Case, job_id
from machine.names import Names

SERVER = "127.0.0.9"
NAME = "hooks.buildwatch.example"
RESOLVED = f"[Resolve]\nDNS={SERVER}\nFallbackDNS=\nDNSSEC=no\nDNSOverTLS=no\nCache=no\nLLMNR=no\nMulticastDNS=no\n"


class Resolving(Case):
    def setUp(self):
        super().setUp()
        with self.container.network():
            self.names = Names(SERVER, {NAME: "127.0.0.1"})
        self.addCleanup(self.names.close)

    def set_up(self, nsswitch, resolv_conf):
        self.container.run("sed", "-i", f"s/^hosts:.*/hosts: {nsswitch}/", "/etc/nsswitch.conf")
        self.container.run("rm", "-f", "/etc/resolv.conf")
        self.container.write("/etc/resolv.conf", resolv_conf)

    def link_to_nowhere(self):
        """Two ends of one cable, both in the container: on loopback alone, systemd-resolved says that the network is down."""
        done = self.container.run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", check=False)
        if done.returncode != 0:
            self.skipTest(f"this kernel has no veth, and without a link systemd-resolved asks nobody: {done.stderr.strip()}")
        self.addCleanup(self.container.run, "ip", "link", "delete", "near")
        self.container.run("ip", "address", "add", "192.0.2.1/24", "dev", "near")
        for end in ("near", "far"):
            self.container.run("ip", "link", "set", end, "up")

    def deliver(self):
        """An event to a webhook that is known by its name alone."""
        hook = self.receiver()
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        url = f"http://{NAME}:{hook.port}/"
        self.service.configure(self.config([self.job("one")], {"hook": {"type": "webhook", "url": url, "retry": ["200ms"] * 100}}))
        self.service.start()
        self.service.wait(hook.seen, "an event")
        self.assertIn(NAME, self.names.asked)

    def test_through_nss_resolve(self):
        """And through nothing else: /etc/resolv.conf names a server that is not there."""
        self.link_to_nowhere()
        self.set_up("files resolve [!UNAVAIL=return]", "nameserver 127.0.0.66\n")
        self.container.write("/etc/systemd/resolved.conf.d/test.conf", RESOLVED)
        self.container.run("systemctl", "restart", "systemd-resolved")
        self.deliver()

    def test_through_resolv_conf(self):
        """On a machine without systemd-resolved."""
        self.container.run("systemctl", "stop", "systemd-resolved")
        self.addCleanup(self.container.run, "systemctl", "start", "systemd-resolved")
        self.set_up("files dns", f"nameserver {SERVER}\noptions timeout:1 attempts:2\n")
        self.deliver()


if __name__ == "__main__":
    sys.exit(case.main())
