"""How one build stands at a moment: scripted step by step, or by its times alone, one by one or over and over."""

import bisect
import time
from typing import NamedTuple

STATES = ("absent", "queued", "running", "settling", "finished")
# What a build may be told apart from its steps: what its record says, times that need not be true among it.
FACTS = ("started_at", "lasted_ms", "commit", "branch", "trigger", "url", "record")


class ScriptError(ValueError):
    """A script that can not be played; the text says why."""


class Moment(NamedTuple):
    """A build as it stands. Times are seconds since 1970, None where there is none yet; `facts` are FACTS."""

    state: str
    step: dict  # word, body, status, missing
    started: float | None
    ended: float | None
    facts: dict

    def is_in(self, call):
        """Whether that call of the API knows the build."""
        return self.state != "absent" and call not in self.step.get("missing", ())


ABSENT = Moment("absent", {}, None, None, {})


class Build:
    """One build: steps by relative time. The clock starts when the script is loaded, or at the first poll."""

    def __init__(self, told, clock):
        """`told`: steps, or an object of `steps` and FACTS."""
        told = told if isinstance(told, dict) else {"steps": told}
        self.steps = sorted((self._checked(step) for step in told["steps"]), key=lambda step: step.get("at", 0))
        self.facts = {key: told[key] for key in FACTS if key in told}
        self.origin = self.wall = None
        if clock == "load":
            self.begin(time.time())

    def begin(self, wall):
        """The clock started then: what is told as at 0 was at just that time, to the last digit."""
        self.origin, self.wall = time.monotonic() - (time.time() - wall), wall

    @staticmethod
    def _checked(step):
        if step.get("state") not in STATES:
            raise ScriptError(f"state must be one of {', '.join(STATES)}, not {step.get('state')!r}")
        return step

    def put(self, told):
        """From now on it stands like this; what was until now is its past."""
        if self.origin is None:
            self.steps = []
            self.begin(time.time())
        now = time.monotonic() - self.origin
        self.steps = [step for step in self.steps if step.get("at", 0) <= now]
        self.steps.append(self._checked({key: told[key] for key in ("state", "word", "body", "status", "missing") if key in told} | {"at": now}))
        self.facts.update({key: told[key] for key in FACTS if key in told})

    def now(self, polled):
        """`polled`: this is a poll, so a waiting clock starts."""
        if self.origin is None:
            if not polled:
                return Moment(self.steps[0]["state"], self.steps[0], time.time(), time.time(), self.facts)
            self.begin(time.time())
        elapsed = time.monotonic() - self.origin
        past = [step for step in self.steps if step.get("at", 0) <= elapsed]
        if not past:
            return ABSENT
        started, ended = self._times(past)
        return Moment(past[-1]["state"], past[-1], started, ended, self.facts)

    def _times(self, past):
        """When it began to run (to wait, as long as it only waits) and ended."""
        queued = started = ended = None
        for step in past:
            at, state = step.get("at", 0), step["state"]
            if state == "queued" and queued is None:
                queued = at
            if state in ("running", "settling"):
                started, ended = at if started is None else started, None
            if state == "finished" and ended is None:
                ended = at
        began = next((at for at in (started, ended, queued) if at is not None), None)
        return None if began is None else self.wall + began, None if ended is None else self.wall + ended


class Timed:
    """A build that runs from one time to another and is told by these alone: cheap for thousands."""

    __slots__ = ("started", "ended", "step", "facts")

    def __init__(self, started, lasted, word, told):
        self.started = started
        self.ended = started + lasted
        self.step = {"word": word} | ({"missing": told["missing"]} if "missing" in told else {})
        self.facts = {key: told[key] for key in FACTS if key in told}

    def now(self, polled):
        moment = time.time()
        if moment < self.started:
            return ABSENT
        if moment < self.ended:
            return Moment("running", {**self.step, "word": None}, self.started, None, self.facts)
        return Moment("finished", self.step, self.started, self.ended, self.facts)

    def in_steps(self):
        """The same as a Build, for what is told of it from now on."""
        made = Build([{**self.step, "state": "running", "word": None}], "first poll")
        made.begin(self.started)
        made.facts = dict(self.facts)
        return made


def of_history(told):
    """{"started_ago", "lasted"} in seconds, "word", "missing", FACTS."""
    return Timed(time.time() - told["started_ago"], told["lasted"], told.get("word", "SUCCESS"), told)


class Repeat:
    """A job that builds over and over: {"every", "lasts": […], "words": […], "first", "count", "ago", "side_by_side", FACTS}."""

    def __init__(self, told, clock):
        self.told = told
        self.every, self.first, self.count = told["every"], told.get("first", 1), told.get("count")
        self.lasts, self.words = told.get("lasts") or [told["every"]], told.get("words") or ["SUCCESS"]
        self.starts = []  # in seconds after the first one's
        self.origin = None
        if self.every <= 0:
            raise ScriptError("every must be more than 0")
        if clock == "load":
            self.asked()

    def asked(self):
        """The job is asked about: a waiting clock starts. The first build began `ago` seconds before that."""
        if self.origin is None:
            self.origin = time.time() - self.told.get("ago", 0)

    def numbers(self):
        """Of those that have begun, ascending."""
        if self.origin is None:
            return range(0)
        elapsed = time.time() - self.origin
        while not self.starts or self.starts[-1] <= elapsed:
            index = len(self.starts)
            at = index * self.every
            if index and not self.told.get("side_by_side"):
                at = max(at, self.starts[-1] + self.lasts[(index - 1) % len(self.lasts)])
            self.starts.append(at)
        begun = bisect.bisect_right(self.starts, elapsed)
        return range(self.first, self.first + (begun if self.count is None else min(begun, self.count)))

    def build(self, number):
        """None where there is no such build (yet)."""
        if number not in self.numbers():
            return None
        index = number - self.first
        return Timed(self.origin + self.starts[index], self.lasts[index % len(self.lasts)], self.words[index % len(self.words)], self.told)
