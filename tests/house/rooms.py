#!/usr/bin/python3
"""Holds every #include of the daemon to the table of rooms: who may use whom, and which libraries."""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
ALL = {"base", "model", "track", "forecast", "watch", "notify", "net", "codearts", "sinks", "store", "config", "web", "service"}
ASIO, OPENSSL, NLOHMANN = "boost/asio/", "openssl/", "nlohmann/"

# room: (rooms it may use whole, headers of other rooms it may use, libraries). Every room may use base.
ROOMS = {
    "base": (set(), set(), ["boost/system/", "boost/assert/", "fmt/"]),
    "model": (set(), set(), ["fmt/", "boost/uuid/"]),
    "track": ({"model"}, set(), ["fmt/"]),
    "forecast": ({"model"}, set(), []),
    "watch": ({"model", "track", "forecast"}, set(), ["fmt/", ASIO]),
    "notify": ({"model"}, set(), ["fmt/", ASIO, NLOHMANN]),
    "net": (set(), set(), ["fmt/", ASIO, "boost/beast/", "boost/url", "boost/system/", OPENSSL]),
    "codearts": ({"model", "net"}, {"watch/ports.hpp"}, ["fmt/", ASIO, OPENSSL, NLOHMANN, "boost/json/"]),
    "sinks": ({"model", "net"}, {"notify/ports.hpp", "notify/options.hpp", "notify/format.hpp"}, ["fmt/", ASIO, OPENSSL]),
    "store": ({"model"}, {"watch/ports.hpp", "watch/memory.hpp", "notify/ports.hpp", "track/build.hpp", "forecast/past.hpp"}, ["fmt/", ASIO, NLOHMANN, "SQLiteCpp/"]),
    "config": ({"model"}, {"*/options.hpp", "net/url.hpp"}, ["fmt/", "yaml-cpp/"]),
    "web": ({"model"}, {"notify/format.hpp"}, ["fmt/", ASIO, "boost/beast/", NLOHMANN]),
    "service": (ALL, set(), ["fmt/", ASIO, "boost/uuid/", "spdlog/", "systemd/", NLOHMANN]),
    "cli": (ALL, set(), ["fmt/", "CLI/"]),
}
NLOHMANN_IN_NOTIFY = "format"  # JSON in the formats only
BEAST_UNITS = 10

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def allowed(room, name):
    rooms, headers, libraries = ROOMS[room]
    ours = re.match(r"(?:buildwatch/)?([a-z]+)/(.+)$", name)
    if ours and ours[1] in ROOMS:
        if not name.startswith("buildwatch/"):
            return ours[1] == room  # private headers stay in their room
        return ours[1] in rooms | {room, "base"} or f"{ours[1]}/{ours[2]}" in headers or f"*/{ours[2]}" in headers
    if "/" not in name or name.startswith(("sys/", "netinet/", "arpa/", "linux/")):
        return True  # the standard library and the system
    return any(name.startswith(prefix) for prefix in libraries)


def main():
    wrong, beast = [], []
    files = sorted((TOP / "daemon").glob("*/*.[ch]pp")) + sorted((TOP / "include/buildwatch").glob("*/*.hpp"))
    for file in files:
        room, where = file.parent.name, file.relative_to(TOP)
        if room == "parts":
            continue
        for name in INCLUDE.findall(file.read_text()):
            if name.startswith("boost/beast/"):
                beast.append(where)
            if name in ("boost/asio.hpp", "boost/beast.hpp"):
                wrong.append(f"{where}: {name} costs too much to compile; include what is used")
            elif not allowed(room, name):
                wrong.append(f"{where}: room '{room}' may not use {name}")
            elif room == "notify" and name.startswith(NLOHMANN) and NLOHMANN_IN_NOTIFY not in file.stem:
                wrong.append(f"{where}: JSON belongs to the formats")
    if len(set(beast)) > BEAST_UNITS:
        wrong.append(f"{len(set(beast))} files see Beast; {BEAST_UNITS} at most")
    if len(files) < 40:
        wrong.append(f"only {len(files)} files found: this test looks in the wrong place")
    print("\n".join(wrong) or f"{len(files)} files keep to the table of rooms")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
