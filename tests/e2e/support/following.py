"""The base of tests that follow a job from build to build."""

from support.case import Case, job_id

JOB = job_id(1)
# How the gateway answers a call that is not for us, besides the status itself.
NOT_FOR_US = '{"error_code": "APIGW.0302", "error_msg": "no permission"}'


class Following(Case):
    """One job, called `job`, unless told otherwise."""

    simulator_arguments = ("--plain",)

    def following(self, sinks=None, jobs=None, **more):
        """A configuration; `more` goes to the defaults of jobs."""
        config = self.config(jobs or [self.followed()], sinks)
        config["defaults"] |= {"poll": {"idle": "100ms", "building": "50ms", "mode": "fixed"}} | more
        return config

    def followed(self, name="job", number=1, **more):
        return {"name": name, "job_id": job_id(number), "build": "latest", **more}

    # --- what happens

    def begin(self, number, **more):
        self.simulator.job(JOB, number, "running", **more)

    def end(self, number, word="SUCCESS", **more):
        self.simulator.job(JOB, number, "finished", word=word, **more)

    def past(self, *numbers, word="SUCCESS", lasted=60, **more):
        """Builds that ended long ago, an hour apart, the newest an hour ago."""
        newest = max(numbers)
        self.simulator.job(JOB, history=[{"number": number, "started_ago": 3600 * (newest - number + 1) + lasted, "lasted": lasted, "word": word}
                                         | more for number in numbers])

    def refuse(self, *calls, status=403):
        for call in calls:
            self.simulator.fault("status", call=call, status=status, body=NOT_FOR_US)

    # --- what comes of it

    def settled(self, count=3, call="running-status", number=1, **more):
        """Waits until the newest build has been looked for so often: of what was there before, all has been seen."""
        return self.simulator.wait_requests(count, call=call, job=job_id(number), since=self.simulator.next(), **more)

    def asked(self, call, **more):
        """How often."""
        return len(self.simulator.requests(call=call, job=JOB, **more))

    def started(self, daemon, number, **more):
        return daemon.wait_events(type="build.started", number=number, **more)[0]["data"]

    def finished(self, daemon, number, **more):
        return daemon.wait_events(type="build.finished", number=number, **more)[0]["data"]

    def built(self, daemon, number, word="SUCCESS"):
        """A build begins and ends, and the daemon tells both."""
        self.begin(number)
        self.started(daemon, number)
        self.end(number, word=word)
        self.finished(daemon, number)

    def told(self, daemon):
        """[(type, number)] of all events so far, in order, checked."""
        return [(event["type"].partition(".")[2], event["data"]["build"]["number"]) for event in self.check_events(daemon.events())]
