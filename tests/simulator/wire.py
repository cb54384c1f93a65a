"""How an answer goes over the wire, and what faults make of that."""

import email.utils
import http
import select
import socket
import struct
import time

import answers

WRONG_TYPES = {
    "building_text": {"result": {"building": "true", "build_result": None, "region": "cn-north-4"}, "error": None, "status": "success"},
    "building_number": {"result": {"building": 1, "build_result": "SUCCESS", "region": "cn-north-4"}, "error": None, "status": "success"},
    "building_missing": {"result": {"build_result": "SUCCESS", "region": "cn-north-4"}, "error": None, "status": "success"},
    "word_number": {"result": {"building": False, "build_result": 7, "region": "cn-north-4"}, "error": None, "status": "success"},
    "word_object": {"result": {"building": False, "build_result": {"x": "SUCCESS"}}, "error": None, "status": "success"},
    "result_text": {"result": "SUCCESS", "error": None, "status": "success"},
    "result_null": {"result": None, "error": None, "status": "success"},
    "result_number_array": {"result": [1, 2], "error": None, "status": "success"},
    "result_missing": {"error": None, "status": "success"},
    "status_number": {"result": {"building": False, "build_result": "SUCCESS"}, "error": None, "status": 200},
    "status_fail": {"result": {"building": False, "build_result": "SUCCESS"}, "error": None, "status": "fail"},
    "array": [],
    "text": "SUCCESS",
    "null": None,
    "true": True,
}

MEBI = 1024 * 1024


class Abandon(Exception):
    """The connection ends here, without a further byte."""


def linger_reset(connection):
    """Makes the coming close() a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(connection, fault, stopping):
    """Says nothing until the other side goes, the fault is removed or the simulator ends."""
    watch = select.poll()
    watch.register(connection.fileno(), select.POLLRDHUP)
    while not fault.removed.is_set() and not stopping.is_set():
        if watch.poll(20):
            break
    raise Abandon


def replaced(fault, answer, token_end):
    """The answer that stands in for the true one, for faults that are answers."""
    kind = fault.kind
    if kind == "error":
        return answers.error(fault.get("code", "CB.00060101"), fault.get("shape"), fault.get("status"), fault.get("message"))
    if kind == "status":
        body = fault.get("body", "")
        return answers.Answer(fault.get("status", 500), body.encode() if isinstance(body, str) else body,
                              fault.get("content_type", "application/json"), list(fault.get("headers", {}).items()))
    if kind == "throttle":
        made = answers.error(fault.get("code", "APIGW.0308"), status=fault.get("status"))
        if "retry_after" in fault.told:
            made.headers.append(("Retry-After", retry_after(fault)))
        return made
    if kind == "expired_token":
        return answers.error("APIGW.0301", message=f"Incorrect IAM authentication information: token expires, expires_at: {token_end}")
    if kind == "redirect":
        return answers.Answer(fault.get("status", 302), b"", "text/plain", [("Location", fault.get("location", "/elsewhere"))])
    if kind == "html":
        status = fault.get("status", 502)
        return answers.Answer(status, answers.HTML.format(status=status).encode(), "text/html")
    if kind == "empty":
        return answers.Answer(fault.get("status", 200), b"")
    if kind == "garbage_body":
        return answers.Answer(200, bytes(range(256)) * 4)
    if kind == "huge":
        return answers.Answer(200, b'{"result":"' + b"x" * int(fault.get("mib", 50) * MEBI) + b'"}')
    if kind == "huge_head":
        answer.headers.append(("X-Filler", "x" * (fault.get("kib", 128) * 1024)))
    if kind == "wrong_type":
        return answers.Answer(200, WRONG_TYPES[fault.get("variant", "building_text")])
    return answer


def retry_after(fault):
    """Seconds, or with `"date": true` the HTTP date that many seconds from now."""
    seconds = fault.get("retry_after")
    return email.utils.formatdate(time.time() + float(seconds), usegmt=True) if fault.get("date") else str(seconds)


def head(answer, keep, chunked, date):
    """Status line and fields, to the blank line. `date` None: no Date field."""
    try:
        phrase = http.HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unnamed"
    lines = [f"HTTP/1.1 {answer.status} {phrase}", "Server: simulator"]
    if date is not None:
        lines.append("Date: " + email.utils.formatdate(date, usegmt=True))
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if answer.status not in (204, 304):
        lines.append("Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(answer.body)}")
    if not keep:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def in_chunks(body):
    """Three chunks and a trailer field, as a server may send them."""
    size = max(1, len(body) // 3)
    parts = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x;note=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\nX-Trailer: end\r\n\r\n"


def send(connection, data, drip_ms=None):
    """All at once, or a byte every `drip_ms`."""
    if drip_ms is None:
        connection.sendall(data)
        return
    for i in range(len(data)):
        connection.sendall(data[i:i + 1])
        time.sleep(drip_ms / 1000)
