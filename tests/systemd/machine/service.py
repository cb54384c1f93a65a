"""The service inside a container: the package, its configuration, what systemd and the journal say of it."""

import json
import re
import time

import yaml

from machine.container import PATIENCE
from support.daemon import Plain

UNIT = "buildwatchd.service"
CONFIG = "/etc/buildwatch/buildwatch.yaml"


class Service:
    def __init__(self, container, unit=UNIT, config=CONFIG):
        self.container = container
        self.unit = unit
        self.config = config

    def install(self, package, check=True):
        """`dpkg --install`, as apt does it; what it depends on is there already."""
        inside = f"/root/{package.name}"
        self.container.path(inside).write_bytes(package.read_bytes())
        return self.container.run("dpkg", "--install", inside, check=check)

    def configure(self, config):
        """A dictionary as YAML, or text as it is."""
        text = config if isinstance(config, str) else yaml.dump(config, Dumper=Plain, sort_keys=False, allow_unicode=True)
        self.container.write(self.config, text)

    def drop_in(self, name, text):
        self.container.write(f"/etc/systemd/system/{self.unit}.d/{name}.conf", text)
        self.container.run("systemctl", "daemon-reload")

    # --- what is done to it

    def systemctl(self, verb, check=True, *more):
        return self.container.run("systemctl", verb, self.unit, *more, check=check)

    def start(self):
        self.systemctl("start")

    def kill(self, signal):
        self.container.run("systemctl", "kill", "--kill-whom=main", f"--signal={signal}", self.unit)

    # --- what systemd says

    def show(self, name):
        return self.container.out("systemctl", "show", "--value", f"--property={name}", self.unit)

    def pid(self):
        return int(self.show("MainPID"))

    def proc(self, name):
        """A file of the main process in /proc."""
        return self.container.path(f"/proc/{self.pid()}/{name}").read_bytes()

    def wait(self, condition, what, limit=None):
        """Until `condition()` is true; its value."""
        end = time.monotonic() + (limit or PATIENCE)
        while not (value := condition()):
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {what}\n{self.said()}")
            time.sleep(0.05)
        return value

    def wait_state(self, state, sub=None):
        self.wait(lambda: self.show("ActiveState") == state and sub in (None, self.show("SubState")), f"{state}/{sub}")

    # --- what the journal says

    def journal(self, *matches, since=0):
        """Its entries, oldest first: what it said, and what systemd said of it (without `matches`)."""
        self.container.run("journalctl", "--sync")
        told = self.container.out("journalctl", "--output=json", "--no-pager", "--all", f"--unit={self.unit}", *matches)
        entries = [json.loads(line) for line in told.splitlines()]
        return [entry for entry in entries if int(entry["__MONOTONIC_TIMESTAMP"]) > since]

    def now(self):
        """Where the journal ends: hand it to `since`. (journalctl's own --after-cursor loses an entry when it also filters.)"""
        self.container.run("journalctl", "--sync")
        return int(json.loads(self.container.out("journalctl", "--output=json", "--lines=1"))["__MONOTONIC_TIMESTAMP"])

    def lines(self, since=0):
        return [entry["MESSAGE"] for entry in self.journal(since=since) if isinstance(entry.get("MESSAGE"), str)]

    def wait_line(self, pattern, since=0):
        """Until a line of its journal matches; that line."""
        return self.wait(lambda: next((line for line in self.lines(since) if re.search(pattern, line)), None), f"a line like {pattern}")

    def said(self):
        return self.container.run("journalctl", "--no-pager", "--lines=60", "--output=short-precise", check=False).stdout
