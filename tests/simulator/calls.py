"""The calls about a job: which one an address is, and what the world answers to it."""

import datetime
import re

import answers
import signing

BUILD_INFO = re.compile(r"/v1/job/([^/]+)/([^/]+)/build-info")
RUNNING_STATUS = re.compile(r"/v1/job/([^/]+)/running-status")
RECORD_LIST = re.compile(r"/v1/record/([^/]+)/list$")
RECORD = re.compile(r"/v1/record/([^/]+)/([^/]+)/build-info-record$")
JOB_ID = re.compile(r"[0-9A-Za-z]{32}")
NUMBER = re.compile(r"[0-9]{1,10}")
LOCAL = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
LONGEST = datetime.timedelta(days=31)


class Wrong(ValueError):
    """A parameter that is missing or malformed."""


def call_of(path):
    """-> (call, job, build) of a decoded path."""
    if match := BUILD_INFO.search(path):
        return "build-info", match[1], match[2]
    if match := RUNNING_STATUS.search(path):
        return "running-status", match[1], None
    if match := RECORD_LIST.search(path):
        return "record-list", match[1], None
    if match := RECORD.search(path):
        return "record", match[1], match[2]
    if path.endswith("/v3/auth/tokens"):
        return "iam-token", None, None
    return {"/meta-data/latest/api/token": "metadata-token", "/openstack/latest/securitykey": "metadata-key"}.get(path, "other"), None, None


def about_job(world, record):
    """The answer to a call that names a job. `record` gets the `state` of the build asked about."""
    if not JOB_ID.fullmatch(record["job"]):
        return answers.error("CB.00060201")
    number = record["build"]
    if number is not None and (not NUMBER.fullmatch(number) or not 1 <= int(number) <= 2147483647):
        return answers.error("CB.00060200")
    with world.lock:
        job = world.jobs.get(record["job"])
        if record["call"] == "record-list":
            return record_list(job, world.zone_offset, signing.split_target(record["target"])[1])
        if job is None:
            return answers.error("DEVCB.00031006")
        job.asked()
        if record["call"] == "running-status":
            return answers.running_status(job.id, *job.newest())
        if record["call"] == "record":
            return one_record(job, int(number), world.zone_offset, record)
        return build_info(job, int(number), record)


def build_info(job, number, record):
    moment = job.build(number, polled=True)
    record["state"] = moment.state
    if "body" in moment.step:
        return answers.Answer(moment.step.get("status", 200), moment.step["body"])
    if not moment.is_in("build-info"):
        return answers.error("CB.00031059")
    return answers.build_info(moment.state, moment.step.get("word"), job.region, job.shape, job.others)


def one_record(job, number, zone_offset, record):
    moment = job.build(number)
    record["state"] = moment.state
    if not moment.is_in("record"):
        return answers.error("CB.00031059")
    return answers.record(answers.record_of(number, moment, zone_offset))


def record_list(job, zone_offset, pairs):
    try:
        if len({name for name, _ in pairs}) != len(pairs):
            raise Wrong
        given = dict(pairs)
        start, end = (local_time(given.get(name, ""), zone_offset) for name in ("start_time", "end_time"))
        index, size = whole(given, "page_index", 0, 0, 2147483647), whole(given, "page_size", 10, 1, 100)
        if end < start:
            raise Wrong
    except Wrong:
        return answers.error("DEV.CB.032000")
    if end - start > LONGEST:
        return answers.error("CB.00031105")
    if job is None:
        return answers.error("DEVCB.00031006")
    job.asked()
    first, last = start.timestamp() * 1000, end.timestamp() * 1000
    within = [(number, moment) for number, moment in job.listed() if first <= answers.times_of(moment)[0] <= last]
    words = [moment.step.get("word", "SUCCESS") for _, moment in within if moment.state == "finished"]
    page = [answers.record_of(number, moment, zone_offset) for number, moment in within[index * size:(index + 1) * size]]
    return answers.record_list(page, words[:10], index, size, len(within))


def local_time(text, zone_offset):
    """Wall-clock time of the service's zone -> moment."""
    if not LOCAL.fullmatch(text):
        raise Wrong
    try:
        zone = datetime.timezone(datetime.timedelta(hours=zone_offset))
        return datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        raise Wrong from None


def whole(given, name, otherwise, least, most):
    text = given.get(name, str(otherwise))
    if not NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise Wrong
    return int(text)
