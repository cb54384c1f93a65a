#!/usr/bin/python3
"""Every kind of log event has an entry in the journal's catalogue, under the id that the journal gets, and none is left over."""

import pathlib
import re
import sys
import uuid

TOP = pathlib.Path(__file__).resolve().parents[2]
ENTRY = re.compile(r"^# ([a-z_.]+)\n-- ([0-9a-f]{32})\nSubject: \S.*\nDefined-By: buildwatch\n(?:[A-Z]\S*: .*\n)*\n(\S.*\n)", re.M)
# Ids stand where an event is made: after its level, or in a call or table of a file that makes events.
WRITTEN = re.compile(r'(?:base::)?log_level::[a-z]+,\s*"([a-z_.]+)"')
TABLED = re.compile(r'"((?:event|job|poll|delivery|sink|build|provider)\.[a-z_.]+)"')
TABLES = ["daemon/sinks/log.cpp", "daemon/notify/delivery_log.cpp", "daemon/watch/engine_answers.cpp", "daemon/watch/engine_outages.cpp"]
SPACE = re.compile(r"uuid id_space\{\s*\{([^}]+)\}", re.S)


def ids_in_code():
    found = set()
    for file in (TOP / "daemon").glob("*/*.cpp"):
        found.update(WRITTEN.findall(file.read_text()))
    for name in TABLES:
        found.update(TABLED.findall((TOP / name).read_text()))
    return found


def main():
    digits = SPACE.search((TOP / "daemon/service/journal.cpp").read_text())[1]
    space = uuid.UUID(bytes=bytes(int(digit, 16) for digit in digits.replace("\n", " ").split(",")))
    text = (TOP / "systemd/buildwatch.catalog").read_text()
    explained = {name: number for name, number, _ in ENTRY.findall(text)}
    assert len(explained) == text.count("\n-- "), "an entry of the catalogue is malformed"
    wrong = [f"{name}: its id is {uuid.uuid5(space, name).hex}" for name, number in explained.items()
             if uuid.uuid5(space, name).hex != number]
    written = ids_in_code()
    wrong += [f"{name}: no entry in the catalogue" for name in sorted(written - explained.keys())]
    wrong += [f"{name}: no event of this kind is written" for name in sorted(explained.keys() - written)]
    print("\n".join(wrong) or f"{len(explained)} kinds of log event are explained")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
