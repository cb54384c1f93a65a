"""A sink that pauses as a whole, and what it asked for with Retry-After, over a restart."""

import signal
import sys

from support import case
from support.case import Case


class Pauses(Case):
    def config_of(self, hook, count, **more):
        jobs = self.builds(count, "finished", word="SUCCESS")
        return self.config(jobs, {"hook": self.to(hook, concurrency=1, **more)} | case.OUT)

    def test_a_pause_lasts_over_a_restart(self):
        for end in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(end=end.name):
                self.simulator.reset()
                hook, state = self.receiver(default={"status": 503}), self.state()
                config = self.config_of(hook, 5)
                daemon = self.start(config, state=state)
                order = [event["id"] for event in daemon.wait_events(5)]
                daemon.wait_told(hook, 3)
                daemon.wait(lambda: [row for row in self.owed(state) if row["tries"] > 1], "the tries to be recorded")
                daemon.end(end)
                with hook.lock:
                    hook.received.clear()
                daemon = self.start(config, state=state)
                daemon.wait_told(hook, 3)
                self.assertEqual(set(hook.ids()), {order[0]}, "only the oldest is tried while the sink is paused")
                with hook.lock:
                    hook.default = {"status": 204}
                    hook.received.clear()
                daemon.wait_told(hook, 5)
                self.all_recorded(daemon, state)
                daemon.stop()
                self.assertEqual(hook.ids(), order, "the first success releases all, oldest first")

    def test_retry_after_lasts_over_a_restart(self):
        for end in (signal.SIGTERM, signal.SIGKILL):
            for status in (503, 500):
                with self.subTest(end=end.name, status=status):
                    self.simulator.reset()
                    hook, state = self.receiver(), self.state()
                    hook.answers = [{"status": status, "headers": {"Retry-After": "4"}}]
                    config = self.config_of(hook, 1)
                    daemon = self.start(config, state=state)
                    daemon.wait_told(hook)
                    daemon.wait(lambda: [row for row in self.owed(state) if row["tries"] == 1], "the try to be recorded")
                    daemon.end(end)
                    daemon = self.start(config, state=state)
                    first, second = daemon.wait_told(hook, 2)
                    self.all_recorded(daemon, state)
                    daemon.stop()
                    self.assertGreaterEqual(second.wall - first.wall, 3.9)
                    self.assertEqual(first.id, second.id)


if __name__ == "__main__":
    sys.exit(case.main())
