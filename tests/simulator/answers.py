"""Bodies as CodeArts Build sends them: good answers in both shapes, and every code and shape of error."""

import datetime
import json
import time

REQUEST_ID = "00000000000000000000000000000000"

# code -> (HTTP status, message). After codearts-api.md 4.2.
ERRORS = {
    "CB.00060100": (500, "The network is busy."),
    "CB.00060101": (500, "Internal error."),
    "CB.00060200": (400, "Invalid parameter."),
    "CB.00060201": (400, "Invalid task ID."),
    "CB.00060202": (400, "Invalid service ID."),
    "CB.00060203": (400, "Invalid file name."),
    "CB.00060212": (400, "The file is empty."),
    "CB.00060211": (500, "Too many requests. Try again later."),
    "DEVCB.00031006": (422, "The task does not exist."),
    "CB.00031006": (422, "The task does not exist."),
    "CB.00031059": (403, "The build has not been executed or its history has been deleted."),
    "DEV.CB.032011": (400, "Invalid task ID."),
    "DEV.CB.032000": (400, "Invalid parameter."),
    "DEV.CB.032302": (400, "The task state has changed."),
    "CB.00031105": (400, "The time range exceeds 31 days."),
    "CB.00030004": (500, "The execution backend failed."),
    "DEVCB.00030000": (422, "General failure."),
    "APIGW.0301": (401, "Incorrect IAM authentication information: verify aksk signature fail"),
    "APIG.0301": (401, "Incorrect IAM authentication information: decrypt token fail"),
    "APIG.0303": (401, "signature expired, signature time:20260101T000000Z,server time:20260101T010000Z"),
    "APIGW.0101": (404, "The API does not exist or has not been published in the environment."),
    "APIGW.0201": (400, "Bad request."),
    "APIGW.0308": (429, "The throttling threshold has been reached: policy user over ratelimit,limit:60,time:1 minute"),
    "APIG.0308": (429, "The throttling threshold has been reached: policy user over ratelimit,limit:10,time:1 second"),
    "APIGW.0703": (503, "The signature backend is not available."),
}

HTML = "<html><head><title>{status}</title></head><body><h1>{status}</h1><p>proxy</p></body></html>"


class Answer:
    """Status, headers and body of one answer, before faults do their work on it."""

    def __init__(self, status, body, content_type="application/json;charset=UTF-8", headers=()):
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.headers = [("Content-Type", content_type), *headers]


def build_info(state, word, region, shape, others=()):
    """`state`: running, queued, settling or finished. `others`: results of other regions that stand before ours."""
    words = {"running": None, "queued": None, "settling": "", "finished": "SUCCESS"}
    one = {"building": state == "running", "build_result": words[state] if word is None else word, "region": region}
    result = [*others, one] if shape == "array" else one
    return Answer(200, {"result": result, "error": None, "status": "success"})


def running_status(job_id, number, state):
    """`number` None: a job that was never built."""
    running = state in ("running", "queued", "settling")
    word = None if number is None else {"running": "Running", "queued": "InQueue"}.get(state, "Finished")
    result = {"last_job_id": job_id, "last_build_no": None if number is None else str(number), "last_build_status": word,
              "is_running": running}
    return Answer(200, {"result": result, "error": None, "status": "success"})


def times_of(moment):
    """When a build began and how long it has taken, in milliseconds: as the script says, else as it was."""
    started, lasted = moment.facts.get("started_at"), moment.facts.get("lasted_ms")
    if moment.state != "finished":
        started = milliseconds(moment.started) if started is None else started
        return started, max(0, milliseconds(time.time()) - started)
    ended = milliseconds(moment.ended)
    if started is None:  # told how long it took, but not since when: the end is the true one
        started = milliseconds(moment.started) if lasted is None else ended - lasted
    return started, max(0, ended - started) if lasted is None else lasted


def record_of(number, moment, zone_offset):
    """BuildInfoRecord of a build as it stands. `record` of its facts goes before everything else."""
    facts, (started, lasted) = moment.facts, times_of(moment)
    day = datetime.datetime.fromtimestamp(started / 1000, datetime.timezone(datetime.timedelta(hours=zone_offset)))
    commit = facts.get("commit", f"{number:040x}")
    return {"number": number, "build_time": lasted, "start_time": started,
            "job_running_status": {"queued": "InQueue", "finished": "Finished"}.get(moment.state, "Running"),
            "state": moment.step.get("word", "SUCCESS") if moment.state == "finished" else None,
            "user_id": "0" * 31 + "1", "executor": "demo-user", "nickname": "demo", "daily_build_number": f"{day:%Y%m%d}.{number}",
            "trigger_type": facts.get("trigger", "MANUAL"), "cost_time": lasted, "commit_id": commit,
            "commit_info": {"commit_id": commit, "created_at": f"{day:%Y-%m-%d %H:%M:%S}"}, "build_type": "branch",
            "code_branch": facts.get("branch", "main"), "scm_type": "codehub", "scm_web_url": "https://repo.example.com/demo/demo.git",
            "commit_detail_url": facts.get("url", f"https://repo.example.com/demo/commit/{number}"), **facts.get("record", {})}


def milliseconds(moment):
    return round(moment * 1000)


def record(one):
    return Answer(200, {"result": one, "error": None, "status": "success"})


def record_list(records, words, index, size, total):
    """A page. `words`: how the last builds ended, for the score. Numbers of the envelope are strings, as at the real service."""
    score = round(100 * words.count("SUCCESS") / len(words)) if words else 0
    result = {"health_score": str(score), "page_index": str(index), "total_page": str(-(-total // size)), "total_record": str(total),
              "job_build_states": records}
    return Answer(200, {"result": result, "error": None, "status": "success"})


def error(code, shape=None, status=None, message=None):
    """An error by its code, in a shape of codearts-api.md 4.1 (a..j; default: as that code usually comes)."""
    known_status, known_message = ERRORS.get(code, (500, "An error."))
    text = message or known_message
    gateway = code.startswith(("APIGW.", "APIG."))
    shape = shape or ("c" if gateway else "d" if code.startswith("DEV.") else "a")
    bodies = {
        "a": {"error_code": code, "error_msg": text},
        "b": {"error_code": code, "error_msg": text},
        "c": {"error_msg": text, "error_code": code, "request_id": REQUEST_ID},
        "d": {"error": {"code": code, "reason": text}, "status": "error"},
        "e": {"result": None, "error": {"code": code, "message": text}, "status": "failed"},
        "f": {"result": None, "error": text, "status": "fail"},
        "g": json.dumps({"error": {"code": code, "reason": text}, "status": "error"}),
        "h": {"success": False, "message": text, "err_code": code, "result": None},
        "i": {"error": {"code": status or known_status, "message": text, "title": "Error"}},
    }
    at_200 = shape in ("b", "f", "h")
    status = status or (200 if at_200 else known_status)
    if shape == "j":
        return Answer(status, HTML.format(status=status).encode(), "text/html")
    return Answer(status, bodies[shape], headers=[("X-Request-Id", REQUEST_ID)])


def iam_error(status, message, title):
    return Answer(status, {"error": {"code": status, "message": message, "title": title}})
