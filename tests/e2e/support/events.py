"""The shape of an event, exactly: every field there, nothing else, each of its kind."""

import datetime
import re

MILLISECOND = 0.001  # s; what instants are rounded to
BELIEVED = 60  # s; so far the times of a record may be from what polling saw
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$")
TYPES = ("build.started", "build.finished", "build.overdue", "job.unreachable", "job.recovered", "provider.unreachable",
         "provider.recovered")
OUTCOMES = ("success", "failure", "unstable", "aborted", "unknown")


def seconds(instant):
    """An instant of an event as seconds since 1970."""
    return datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


class WrongShape(AssertionError):
    pass


def need(condition, text):
    if not condition:
        raise WrongShape(text)


def keys(value, wanted, where):
    need(isinstance(value, dict), f"{where} is no object: {value!r}")
    need(list(value) == list(wanted) or set(value) == set(wanted), f"{where} has {sorted(value)}, not {sorted(wanted)}")


def text(value, where, null=True):
    need((null and value is None) or (isinstance(value, str) and value), f"{where} is no text{' or null' if null else ''}: {value!r}")


def instant(value, where, null=True):
    need((null and value is None) or (isinstance(value, str) and INSTANT.match(value)), f"{where} is no instant: {value!r}")


def check_event(event, test=False):
    """Raises WrongShape where `event` (a parsed object) is not as the contract says."""
    keys(event, ("id", "type", "timestamp", "data", *(("test",) if test else ())), "the event")
    need(event.get("test", False) is test, "test is not what it should be")
    need(re.match(r"^evt_test_\w+$" if test else r"^evt_(?!test_)[0-9A-Za-z_-]+$", event["id"]), f"id {event['id']!r}")
    need(event["type"] in TYPES, f"type {event['type']!r}")
    instant(event["timestamp"], "timestamp", null=False)
    data = event["data"]
    keys(data, ("sequence", "provider", "job", "build", "change", "previous", "reason", "summary"), "data")
    need(type(data["sequence"]) is int and (data["sequence"] == 0 if test else data["sequence"] > 0), f"sequence {data['sequence']!r}")
    text(data["provider"], "provider", null=False)
    text(data["reason"], "reason")
    text(data["summary"], "summary", null=False)
    need(data["change"] in (None, "broken", "fixed", "still_failing", "still_passing"), f"change {data['change']!r}")
    check_previous(data["previous"])
    check_job(event["type"], data["job"], data["provider"])
    check_build(event["type"], data["build"])


def check_previous(previous):
    if previous is not None:
        keys(previous, ("number", "outcome"), "previous")
        need(type(previous["number"]) is int and previous["outcome"] in OUTCOMES, f"previous {previous!r}")


def check_job(kind, job, provider):
    if kind.startswith("provider."):
        need(job is None, "a provider event has a job")
        return
    keys(job, ("name", "provider", "job_id", "labels"), "job")
    need(re.match(r"^[0-9A-Za-z]{32}$", job["job_id"]), f"job_id {job['job_id']!r}")
    need(job["provider"] == provider, "job.provider differs from provider")
    need(all(isinstance(k, str) and isinstance(v, str) for k, v in job["labels"].items()), f"labels {job['labels']!r}")


def check_build(kind, build):
    if not kind.startswith("build."):
        need(build is None, "an event that is about no build has one")
        return
    keys(build, ("number", "building", "outcome", "result", "region", "started_at", "finished_at", "times_exact",
                 "finished_between", "duration_seconds", "source"), "build")
    need(type(build["number"]) is int and build["number"] > 0, f"number {build['number']!r}")
    need(type(build["building"]) is bool and build["building"] is (kind != "build.finished"), f"building {build['building']!r}")
    need(type(build["times_exact"]) is bool, f"times_exact {build['times_exact']!r}")
    for name in ("result", "region"):
        text(build[name], name)
    for name in ("started_at", "finished_at"):
        instant(build[name], name)
    check_source(build["source"])
    need(build["duration_seconds"] is None or (type(build["duration_seconds"]) in (int, float) and build["duration_seconds"] >= 0),
         f"duration_seconds {build['duration_seconds']!r}")
    check_end(kind, build)


def check_source(source):
    if source is not None:
        keys(source, ("branch", "commit", "trigger", "url"), "source")


def check_end(kind, build):
    between = build["finished_between"]
    if kind != "build.finished":
        need((build["outcome"], build["finished_at"], between) == (None, None, None), "a running build has an end")
        return
    need(build["outcome"] in OUTCOMES, f"outcome {build['outcome']!r}")
    need(isinstance(between, list) and len(between) == 2, f"finished_between {between!r}")
    instant(between[0], "finished_between[0]")
    instant(between[1], "finished_between[1]", null=False)
    if between[0] is not None:
        need(between[0] <= between[1], "finished_between runs backwards")
        need(build["finished_at"] is not None, "finished_at is null between two polls")
    if build["finished_at"] is not None and (between[0] is not None or build["times_exact"]):
        slack = BELIEVED if build["times_exact"] else 0  # a record's time comes from another clock
        first, last, end = (None if at is None else seconds(at) for at in (*between, build["finished_at"]))
        need((first is None or first - slack <= end) and end <= last + slack, "finished_at is not in between")
