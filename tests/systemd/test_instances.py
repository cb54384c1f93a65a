"""Several daemons on one machine: buildwatchd@NAME, beside buildwatchd itself, each with what is its own."""

import sys

from machine import case
from machine.case import Case, job_id
from machine.service import Service

SECRET = {"one": "whsec_" + "b25lb25l" * 5, "two": "whsec_" + "dHdvdHdv" * 5}


class Instances(Case):
    def test_side_by_side(self):
        hooks, services = {}, {}
        for number, name in enumerate(SECRET, 1):
            self.simulator.job(job_id(number), 1, "finished", word="FAILURE")
            services[name] = Service(self.container, f"buildwatchd@{name}.service", f"/etc/buildwatch/{name}.yaml")
            hooks[name] = self.receiver()
            self.container.write(f"/etc/buildwatch/{name}.credentials/hook", SECRET[name], 0o600)
            self.container.run("chmod", "0700", f"/etc/buildwatch/{name}.credentials")
            sinks = {"hook": {"type": "webhook", "url": hooks[name].url(), "secret": "${credential:hook}"}}
            services[name].configure(self.config([self.job(name, number)], sinks))
        main = self.receiver()
        self.service.configure(self.config([self.job("main", 1)], {"hook": {"type": "webhook", "url": main.url()}}))
        self.container.run("systemctl", "enable", "--now", "buildwatchd", *(service.unit for service in services.values()))
        for name in SECRET:
            got = self.service.wait(lambda: hooks[name].seen(), f"{name}'s event")[0]
            self.assertEqual(got.event["data"]["job"]["name"], name)
            self.assertTrue(got.signed_by(SECRET[name]))
        self.service.wait(main.seen, "main's event")
        owners = [self.container.out("stat", "--format=%u %a", f"/var/lib/private/{folder}")
                  for folder in ("buildwatch", "buildwatch@one", "buildwatch@two")]
        self.assertEqual(len(set(owners)), 3, owners)  # a user each
        self.assertEqual({owner.split()[1] for owner in owners}, {"700"})
        # What one of them has, another one's user can not read.
        user = owners[1].split()[0]
        for place in ("/run/credentials/buildwatchd@two.service/buildwatch_hook", "/var/lib/private/buildwatch@two/state.db"):
            done = self.container.run("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "cat", place, check=False)
            self.assertNotEqual(done.returncode, 0, place)

    def test_without_secrets(self):
        one = Service(self.container, "buildwatchd@bare.service", "/etc/buildwatch/bare.yaml")
        one.configure(self.config([self.job("one")]))
        one.start()
        one.systemctl("reload")
        self.assertEqual(one.show("ActiveState"), "active")


if __name__ == "__main__":
    sys.exit(case.main())
