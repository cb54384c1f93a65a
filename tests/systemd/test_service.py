"""The service as an administrator meets it: started, reloaded, killed, stuck, stopped."""

import sys

from machine import case
from machine.case import Case, job_id


class Start(Case):
    def test_a_failing_build_reaches_a_webhook(self):
        hook = self.receiver()
        self.simulator.job(job_id(1), 1, "running")
        self.service.configure(self.config([self.job("firmware")], {"hook": {"type": "webhook", "url": hook.url()}}))
        self.container.run("systemctl", "enable", "--now", "buildwatchd")
        self.assertEqual(self.service.show("ActiveState"), "active")
        self.service.wait(lambda: hook.seen(type="build.started"), "build.started")
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        got = self.service.wait(lambda: hook.seen(type="build.finished"), "build.finished")[0]
        self.assertEqual(got.event["data"]["build"]["outcome"], "failure")


if __name__ == "__main__":
    sys.exit(case.main())
