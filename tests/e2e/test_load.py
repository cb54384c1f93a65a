"""Ten thousand transitions at once to a sink that is down: little memory while they wait, and all of them arrive when it returns."""

import sys
import time

from support import case
from support.case import Case, job_id
from support.memory import SANITIZED, memory

COUNT = 10_000
MOST_MEMORY = 100  # MiB


class Load(Case):
    simulator_arguments = ("--plain",)

    def config_of(self, hook_url):
        """As text: yaml.dump takes its time over ten thousand jobs."""
        head = f"""version: 1
providers:
  {case.PROVIDER}: {{type: codearts, endpoint: "{self.simulator.url()}", auth: {{type: none}}, rate_limit: 10000/s, connections: 8}}
defaults: {{poll: {{idle: 5s, building: 5s, mode: fixed}}, overdue_after: never}}
sinks:
  hook: {{type: webhook, url: "{hook_url}", retry: [{", ".join(["2s"] * 99 + ["1h"])}], concurrency: 8}}
jobs:
"""
        return head + "".join(f'  - {{name: job-{number}, job_id: "{job_id(number)}", build: 1}}\n' for number in range(1, COUNT + 1))

    def test_ten_thousand_at_once(self):
        hook, state = self.receiver(), self.state()
        url, port = hook.url(), hook.port
        hook.close()
        self.simulator.script({job_id(number): {"builds": {"1": [{"at": 0, "state": "finished", "word": "SUCCESS"}]}}
                               for number in range(1, COUNT + 1)})
        began = time.monotonic()
        daemon = self.start(self.config_of(url), state=state)
        daemon.wait(lambda: self.simulator.counts().get("status.200", 0) >= COUNT and len(self.owed(state)) == COUNT, "ten thousand to wait")
        waiting = time.monotonic()
        late = self.receiver(port=port)
        daemon.wait(lambda: len(late.received) >= COUNT and len(set(late.ids())) == COUNT, "all of them")
        taken = time.monotonic()
        peak, space = memory(daemon, "VmHWM"), memory(daemon, "VmSize")
        self.all_recorded(daemon, state)
        daemon.stop()
        print(f"polled and stored in {waiting - began:.1f} s, delivered in {taken - waiting:.1f} s, peak {peak:.1f} MiB", file=sys.stderr)
        self.assertEqual(len(late.seen()), COUNT, "nothing was told twice")
        self.assertEqual({r.event["data"]["job"]["job_id"] for r in late.seen()}, {job_id(number) for number in range(1, COUNT + 1)})
        self.assertTrue(all(r.id == r.event["id"] for r in late.seen()))
        if space < SANITIZED:
            self.assertLess(peak, MOST_MEMORY)


if __name__ == "__main__":
    sys.exit(case.main())
