"""What config/openapi.yaml says that answers look like."""

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


def check_answer(path, status, told):
    """The object of an answer; `path` as the description has it."""
    responses = API["paths"][path]["get"]["responses"]
    valid(told, resolved(responses.get(str(status), responses["default"]))["content"]["application/json"]["schema"])


def check_event(told):
    valid(told, {"$ref": "#/components/schemas/Event"})
