"""What config/openapi.yaml says that answers look like."""

import json
import pathlib

import jsonschema
import yaml

API = yaml.safe_load((pathlib.Path(__file__).resolve().parents[3] / "config/openapi.yaml").read_text(encoding="utf-8"))


def resolved(part):
    while "$ref" in part:
        place = API
        for key in part["$ref"].removeprefix("#/").split("/"):
            place = place[key]
        part = place
    return part


def valid(told, schema):
    """Raises if it is not as described."""
    jsonschema.Draft202012Validator({**schema, "components": API["components"]}).validate(told)


def answer_of(path, status):
    """What is said of it; `path` as the description has it."""
    responses = API["paths"][path]["get"]["responses"]
    return resolved(responses.get(str(status)) or responses["default"])


def check_answer(path, status, told):
    """The object of an answer."""
    valid(told, answer_of(path, status)["content"]["application/json"]["schema"])


def check_whole(path, status, headers, body):
    """An answer with its headers and, unless it is 304, its body, of whatever type."""
    said = answer_of(path, status)
    missing = [name for name, header in said.get("headers", {}).items() if resolved(header).get("required") and headers.get(name) is None]
    if missing:
        raise AssertionError(f"{path}, {status}: no {missing}")
    if status == 304:
        return
    kind = headers["Content-Type"].split(";")[0]
    if kind not in said["content"]:
        raise AssertionError(f"{path}, {status}: {kind}")
    if kind == "application/json":
        valid(json.loads(body), said["content"][kind]["schema"])


def check_event(told):
    valid(told, {"$ref": "#/components/schemas/Event"})
