"""The real binary, killed at random moments hundreds of times under a receiver that often fails: nothing is missing, nothing is told as two."""

import collections
import contextlib
import os
import pathlib
import random
import signal
import sqlite3
import sys
import time

from support import case, events
from support import daemon as daemons
from support.case import Case, job_id

KILLS = 220
JOBS = 150
LONG = 30  # of them, builds that run until the last, calm run
SEED = int(os.environ.get("BUILDWATCH_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
# Never used up in this test: here everything must arrive in the end.
RETRY = ["50ms", "100ms"] + ["200ms"] * 20 + ["10m"]


class Play:
    """When each build starts and ends, counted in kills, so that a slow machine plays the same."""

    def __init__(self, chance):
        self.steps = collections.defaultdict(list)  # kill: [(job, state, word)]
        self.words = {}
        for number in range(1, JOBS + 1):
            begin = chance.randrange(0, KILLS - 20)
            self.steps[begin].append((number, "running", {}))
            self.words[number] = chance.choice(("SUCCESS", "FAILURE", "UNSTABLE", "ABORTED"))
            if number > LONG:
                end = min(begin + chance.randrange(1, 25), KILLS - 1)
                self.steps[end].append((number, "finished", {"word": self.words[number]}))

    def go_on(self, simulator, kill):
        for number, state, more in self.steps.pop(kill, []):
            simulator.job(job_id(number), 1, state, **more)


class Moody:
    """What a receiver with bad days answers. Called under its lock."""

    ANSWERS = ({"status": 204}, {"status": 204, "delay": 0.1}, {"status": 500}, {"status": 503}, {"hang": True}, {"close": True}, {"reset": True})

    def __init__(self, chance):
        self.chance = chance

    def __call__(self, _):
        return self.chance.choices(self.ANSWERS, (50, 10, 12, 6, 4, 10, 8))[0]


class Crashes(Case):
    simulator_arguments = ("--plain",)

    def test_killed_at_random_moments(self):
        print(f"BUILDWATCH_TEST_SEED={SEED}", file=sys.stderr)
        chance = random.Random(SEED)
        play, state = Play(chance), self.state()
        hook = self.receiver(default=Moody(random.Random(SEED + 1)))
        for number in range(1, JOBS + 1):
            self.simulator.job(job_id(number))
        config = self.config([self.job(f"job-{number}", number) for number in range(1, JOBS + 1)],
                             {"hook": {"type": "webhook", "url": hook.url(), "retry": RETRY, "timeout": "300ms"}})
        config["defaults"]["poll"] |= {"idle": "400ms", "building": "200ms"}
        for kill in range(KILLS):
            play.go_on(self.simulator, kill)
            self.run_and_kill(config, state, hook, chance)
        under_fire = len(hook.received)
        hook.answer_with({"status": 204})
        hook.release()
        self.last_run(config, state, hook, play)
        print(f"{KILLS} kills, {under_fire} requests until then, {len(hook.received)} in all", file=sys.stderr)
        self.judge(hook, play)
        self.assert_sound(state)

    def run_and_kill(self, config, state, hook, chance):
        """Some milliseconds after the start, or after the receiver was told something."""
        daemon = daemons.Daemon(self.folder, config, env={"STATE_DIRECTORY": state})
        try:
            told, patience = len(hook.received), time.monotonic() + 1
            if chance.random() < 0.5:
                time.sleep(chance.uniform(0.005, 0.3))
            else:
                while len(hook.received) == told and time.monotonic() < patience and daemon.process.poll() is None:
                    time.sleep(0.002)
                if chance.random() < 0.3 and "watches" in daemon.log:  # in the midst of a reload
                    daemon.send_signal(signal.SIGHUP)
                time.sleep(chance.uniform(0, 0.05))
            self.assertIsNone(daemon.process.poll(), f"it ended by itself:\n{daemon.log}")
        finally:
            daemon.kill()

    def last_run(self, config, state, hook, play):
        """The calm run at the end: what still runs is seen running, then ends."""
        def taken(kind):
            return {r.event["data"]["job"]["job_id"] for r in hook.seen(type=kind) if r.taken}

        daemon = self.start(config, state=state)
        long = {job_id(number) for number in range(1, LONG + 1)}
        daemon.wait(lambda: long <= taken("build.started"), "the start of each build that runs to the end")
        for number in range(1, LONG + 1):
            self.simulator.job(job_id(number), 1, "finished", word=play.words[number])
        every = {job_id(number) for number in range(1, JOBS + 1)}
        daemon.wait(lambda: taken("build.finished") == every, "the end of every build")
        self.all_recorded(daemon, state)
        daemon.stop()

    def judge(self, hook, play):
        told = collections.defaultdict(list)
        for received in hook.seen():
            told[received.id].append(received)
        transitions = collections.Counter()
        for name, requests in told.items():
            event = requests[0].event
            events.check_event(event)
            self.assertEqual(event["id"], name)
            self.assertEqual(len({r.body for r in requests}), 1, f"{name} told in two ways")
            self.assertTrue(any(r.taken for r in requests), f"{name} was tried, but never taken")
            transitions[event["type"], event["data"]["job"]["name"]] += 1
        self.assertEqual([what for what, ids in transitions.items() if ids > 1], [], "one transition, two ids")
        found = [requests[0].event for requests in told.values()]
        self.assertEqual({event["type"] for event in found}, {"build.started", "build.finished"})
        sequences = [event["data"]["sequence"] for event in found]
        self.assertEqual(sorted(sequences), list(range(1, len(sequences) + 1)), "each event of the store reached the receiver")
        for event in found:
            number = int(event["data"]["job"]["job_id"], 16)
            if event["type"] == "build.finished":
                self.assertEqual(event["data"]["build"]["result"], play.words[number])

    def assert_sound(self, state):
        for file in pathlib.Path(state).glob("*.db"):
            with contextlib.closing(sqlite3.connect(file)) as connection:
                self.assertEqual(connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)])


if __name__ == "__main__":
    sys.exit(case.main())
