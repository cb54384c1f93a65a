"""The builds that the simulator plays: jobs, their builds, and how each stands at a moment."""

import itertools
import threading

from builds import ABSENT, Build, Repeat, of_history

CHINA = 8  # hours


class Job:
    """`shape` of result: object or array. `others`: results of other regions that an array has before ours."""

    def __init__(self, job_id):
        self.id = job_id
        self.shape = "object"
        self.region = "cn-north-4"
        self.others = []
        self.builds = {}
        self.repeat = None

    def asked(self):
        if self.repeat is not None:
            self.repeat.asked()

    def numbers(self):
        """Of all builds, descending."""
        repeated = self.repeat.numbers() if self.repeat is not None else ()
        return sorted({*self.builds, *repeated}, reverse=True)

    def build(self, number, polled=False):
        """How it stands."""
        build = self.builds.get(number)
        if build is None and self.repeat is not None:
            build = self.repeat.build(number)
        return build.now(polled) if build is not None else ABSENT

    def newest(self):
        """-> (number, state) of the newest build that running-status knows, or (None, None)."""
        for number in self.numbers():
            moment = self.build(number)
            if moment.is_in("running-status"):
                return number, moment.state
        return None, None

    def listed(self):
        """[(number, how it stands)] of the builds that the list knows, newest first."""
        found = ((number, self.build(number)) for number in self.numbers())
        return [(number, moment) for number, moment in found if moment.is_in("record-list")]


class World:
    """All jobs. Any thread; who looks at a job holds `lock`."""

    def __init__(self):
        self.lock = threading.RLock()
        self.reset()

    def reset(self):
        with self.lock:
            self.jobs = {}
            self.zone_offset = CHINA

    def load(self, script):
        """{"clock": "load"|"first_poll", "zone_offset", "jobs": {ID: {"shape", "region", "others", "builds": {N: …}, "history": […],
        "repeat": {…}}}}; replaces jobs named."""
        with self.lock:
            self.zone_offset = script.get("zone_offset", self.zone_offset)
            clock = script.get("clock", "load")
            for job_id, told in script.get("jobs", {}).items():
                self.jobs.pop(job_id, None)
                job = self._job(job_id, told, clock)
                for number, build in told.get("builds", {}).items():
                    job.builds[int(number)] = Build(build, clock)

    def set(self, told):
        """{"id": ID, "build": N, "state": …, "word": …}: at once. Without `build`: the job's own settings. "gone": true removes it."""
        with self.lock:
            if told.get("gone"):
                self.jobs.pop(told["id"], None)
                return
            job = self._job(told["id"], told, "load")
            if "build" in told:
                number = int(told["build"])
                build = job.builds.get(number) or Build([], "load")
                job.builds[number] = build if isinstance(build, Build) else build.in_steps()
                job.builds[number].put(told)

    def _job(self, job_id, told, clock):
        job = self.jobs.setdefault(job_id, Job(job_id))
        for key in ("shape", "region", "others"):
            if key in told:
                setattr(job, key, told[key])
        for past in told.get("history", ()):
            job.builds[int(past["number"])] = of_history(past)
        if "repeat" in told:
            job.repeat = Repeat(told["repeat"], clock)
        return job

    def job(self, job_id):
        with self.lock:
            return self.jobs.get(job_id)

    def shown(self):
        """For GET /state."""
        with self.lock:
            return {job.id: {"shape": job.shape, "region": job.region,
                             "builds": {str(number): self._shown(job.build(number)) for number in itertools.islice(job.numbers(), 100)}}
                    for job in self.jobs.values()}

    @staticmethod
    def _shown(moment):
        return {**moment.step, "state": moment.state, "started": moment.started, "ended": moment.ended}
