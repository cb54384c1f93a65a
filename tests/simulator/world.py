"""The builds that the simulator plays: jobs, their builds, and how each stands at a moment."""

import threading
import time

STATES = ("absent", "queued", "running", "settling", "finished")


class ScriptError(ValueError):
    """A script that can not be played; the text says why."""


class Build:
    """One build: steps by relative time. The clock starts when the script is loaded, or at the first poll."""

    def __init__(self, steps, clock):
        self.steps = [self._checked(step) for step in steps]
        self.steps.sort(key=lambda step: step.get("at", 0))
        self.origin = time.monotonic() if clock == "load" else None

    @staticmethod
    def _checked(step):
        if step.get("state") not in STATES:
            raise ScriptError(f"state must be one of {', '.join(STATES)}, not {step.get('state')!r}")
        return step

    def now(self, polled):
        """The step that holds now. `polled`: this is a poll, so a waiting clock starts."""
        if self.origin is None:
            if not polled:
                return self.steps[0]
            self.origin = time.monotonic()
        elapsed = time.monotonic() - self.origin
        current = {"state": "absent"}
        for step in self.steps:
            if step.get("at", 0) <= elapsed:
                current = step
        return current


class Job:
    """`shape` of result: object or array. `others`: results of other regions that an array has before ours."""

    def __init__(self, job_id):
        self.id = job_id
        self.shape = "object"
        self.region = "cn-north-4"
        self.others = []
        self.builds = {}

    def newest(self):
        """-> (number, state) of the newest build that is there, or (None, None)."""
        for number in sorted(self.builds, reverse=True):
            state = self.builds[number].now(polled=False)["state"]
            if state != "absent":
                return number, state
        return None, None


class World:
    """All jobs. Any thread."""

    def __init__(self):
        self.lock = threading.RLock()
        self.jobs = {}

    def reset(self):
        with self.lock:
            self.jobs.clear()

    def load(self, script):
        """{"clock": "load"|"first_poll", "jobs": {ID: {"shape", "region", "others", "builds": {N: [step, …]}}}}; replaces jobs named."""
        with self.lock:
            for job_id, told in script.get("jobs", {}).items():
                self.jobs.pop(job_id, None)
                job = self._job(job_id, told)
                for number, steps in told.get("builds", {}).items():
                    job.builds[int(number)] = Build(steps, script.get("clock", "load"))

    def set(self, told):
        """{"id": ID, "build": N, "state": …, "word": …}: at once. Without `build`: the job's own settings. "gone": true removes it."""
        with self.lock:
            if told.get("gone"):
                self.jobs.pop(told["id"], None)
                return
            job = self._job(told["id"], told)
            if "build" in told:
                job.builds[int(told["build"])] = Build([{key: told[key] for key in ("state", "word", "body", "status") if key in told}],
                                                       "load")

    def _job(self, job_id, told):
        job = self.jobs.setdefault(job_id, Job(job_id))
        for key in ("shape", "region", "others"):
            if key in told:
                setattr(job, key, told[key])
        return job

    def job(self, job_id):
        with self.lock:
            return self.jobs.get(job_id)

    def shown(self):
        """For GET /state."""
        with self.lock:
            return {job.id: {"shape": job.shape, "region": job.region,
                             "builds": {str(number): build.now(polled=False) for number, build in job.builds.items()}}
                    for job in self.jobs.values()}
