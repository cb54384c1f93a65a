"""The journal: fields that answer, the catalogue that explains, no line twice for one failure."""

import re
import sys

from machine import case
from machine.case import Case, job_id


class Journal(Case):
    def test_fields_answer(self):
        hook = self.receiver(default={"status": 500})
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        self.simulator.job(job_id(2), 1, "finished", word="SUCCESS")
        sinks = {"journal": {"type": "log"}, "hook": {"type": "webhook", "url": hook.url()}}
        self.service.configure(self.config([self.job("red"), self.job("green", 2)], sinks))
        self.service.start()
        self.service.wait(lambda: len(hook.seen()) >= 1, "a try")
        found = self.service.wait(lambda: self.service.journal("BUILDWATCH_OUTCOME=failure", since=self.since), "an entry")
        entry = next(entry for entry in found if "red" in entry["MESSAGE"])
        told = hook.seen()[0].event
        self.assertEqual((entry["BUILDWATCH_JOB"], entry["BUILDWATCH_BUILD"]), ("red", "1"))
        self.assertRegex(entry["BUILDWATCH_EVENT_ID"], "^evt_")
        self.assertRegex(entry["MESSAGE_ID"], "^[0-9a-f]{32}$")
        self.assertEqual({e["BUILDWATCH_JOB"] for e in found}, {"red"})
        tries = self.service.wait(lambda: self.service.journal("BUILDWATCH_SINK=hook", since=self.since), "the failed try")
        self.assertEqual(tries[0]["PRIORITY"], "4")
        self.assertIn(told["id"], {e["BUILDWATCH_EVENT_ID"] for e in tries})

        self.assertNotIn("CODE_FILE", entry)  # nobody's business where it was built

    def test_the_catalogue_explains(self):
        self.simulator.job(job_id(1), 1, "finished", word="FAILURE")
        self.service.configure(self.config([self.job("red")]))
        self.service.start()
        self.service.wait(lambda: self.service.journal("BUILDWATCH_JOB=red", since=self.since), "an entry")
        told = self.container.out("journalctl", "--catalog", "--no-pager", "--unit=buildwatchd", "BUILDWATCH_JOB=red")
        self.assertIn("Defined-By: buildwatch", told)
        self.assertIn("Subject: A build has ended: red #1, failure", told)

    def test_a_repeated_failure_is_one_line(self):
        """While it lasts it is not said again with each poll; its end is one more."""
        self.simulator.job(job_id(1), 1, "running")
        self.simulator.fault("status", status=500)
        self.service.configure(self.config([self.job("one")]))
        self.service.start()
        self.simulator.wait_requests(4)
        failures = [entry for entry in self.service.journal(since=self.since) if entry.get("PRIORITY") in ("3", "4")]
        self.assertEqual(len(failures), 1, [entry["MESSAGE"] for entry in failures])
        self.simulator.clear_faults()
        since = self.simulator.next()
        self.simulator.wait_requests(2, since=since)
        entries = self.service.journal("BUILDWATCH_JOB=one", since=self.since)
        self.assertEqual(len([e for e in entries if re.search(r"(?i)again|recover|answers", e["MESSAGE"])]), 1,
                         [e["MESSAGE"] for e in entries])


if __name__ == "__main__":
    sys.exit(case.main())
