#!/usr/bin/env python3
"""Holds config/schema.json to the examples and to the table of broken files that the parser is tested with.

What a schema can see it must refuse; what it cannot see is listed below, each for a reason. Run with Debian's python3,
python3-yaml and python3-jsonschema.
"""

import pathlib
import re
import sys
import unittest

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BROKEN = ROOT / "tests" / "data" / "config" / "broken"

# Broken files that pass the schema, by what a schema does not know.
UNSEEN = {
    # names that must exist, or stand once
    "alias job-name-thrice job-name-twice job-provider-missing job-provider-unknown job-twice job-twice-latest "
    "job-twice-latest-and-number job-twice-number-and-latest outcomes-two outcomes-undecided "
    "providers-empty providers-missing rule-to-unknown header-twice fallback-unknown fallback-itself fallback-loop",
    # YAML of which a loader's result shows nothing
    "anchor duplicate-key duplicate-key-top tag tag-plain",
    # how large a duration or a rate is
    "overdue-small poll-huge poll-large poll-small rate-high rate-tiny rate-zero retention-events-long retention-events-short retry-long "
    "timeout-small",
    # files, programs and the environment
    "command-directory command-no-such-file command-not-executable command-not-in-path credential-missing credential-path "
    "env-empty env-missing exec-env-missing file-directory file-empty file-missing include-directory include-missing "
    "reference-kind reference-nameless reference-not-twice reference-not-utf8 reference-open reference-typed-after "
    "tls-missing-file",
    # the inside of an address or of a text
    "http-listen-open http-listen-open-v6 http-listen-port http-token-line-break http-token-long http-token-missing "
    "auth-ecs-http auth-iam-http auth-iam-no-region auth-token-line-break endpoint-plain-http endpoint-query endpoint-user "
    "header-line-break iam-project-id labels-line-break url-user webhook-proxy",
}
UNSEEN = {name for line in UNSEEN for name in line.split()}


class Loader(yaml.SafeLoader):
    """Scalars as buildwatch reads them: numbers, and otherwise text (no booleans, dates or octal numbers)."""


Loader.yaml_implicit_resolvers = {}
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[0-9]+$"), list("0123456789"))
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(~|null|Null|NULL|)$"), ["~", "n", "N", ""])
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def load(path):
    return yaml.load(path.read_bytes(), Loader)


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        schema = yaml.safe_load((ROOT / "config" / "schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema)

    def faults(self, value):
        return [f"{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in self.validator.iter_errors(value)]

    def test_every_example_passes(self):
        for name in ("buildwatch.yaml", "demo.yaml"):
            with self.subTest(name):
                self.assertEqual(self.faults(load(ROOT / "config" / name)), [])

    def test_every_broken_file_is_refused_as_far_as_a_schema_can_see(self):
        for path in sorted(BROKEN.glob("*.yaml")):
            with self.subTest(path.stem):
                try:
                    value = load(path)
                except (yaml.YAMLError, ValueError, UnicodeError):
                    continue  # no YAML at all
                if path.stem in UNSEEN:
                    self.assertEqual(self.faults(value), [], "the schema sees it: take it out of UNSEEN")
                else:
                    self.assertNotEqual(self.faults(value), [], "passes the schema")

    def test_every_exception_is_a_file(self):
        self.assertEqual({n for n in UNSEEN if not (BROKEN / f"{n}.yaml").exists()}, set())


if __name__ == "__main__":
    sys.exit(unittest.main())
