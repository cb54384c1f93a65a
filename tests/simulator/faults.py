"""Faults on demand: which request or connection meets which one, and how often."""

import fnmatch
import itertools
import threading

# What happens before a request is read, to a connection as it is accepted.
ON_CONNECT = {"connect_reset", "connect_hang", "connect_garbage"}
# What changes how a true answer is sent. Several may meet one request.
ON_THE_WAY = {"delay", "informational", "no_date", "close_after", "chunked", "drip", "late_close"}
# What stands in the place of the answer, or spoils it. The first one that matches counts.
INSTEAD = {"hang", "reset", "close", "close_after_headers", "truncate", "garbage", "garbage_body", "huge", "huge_head", "wrong_type",
           "error", "status", "throttle", "expired_token", "redirect", "html", "empty"}
# For the proxy listener.
ON_TUNNEL = {"proxy_status", "proxy_hang", "proxy_reset", "proxy_garbage"}
KINDS = ON_CONNECT | ON_THE_WAY | INSTEAD | ON_TUNNEL


class Fault:
    """`told` is the JSON of the control call; see README for its keys."""

    def __init__(self, number, told):
        self.number = number
        self.told = told
        self.kind = told.get("kind")
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(sorted(KINDS))}, not {self.kind!r}")
        self.left = told.get("times")
        self.skip = told.get("skip", 0)
        self.removed = threading.Event()
        self.met = 0

    def matches(self, listener, record):
        told = self.told
        if "listener" in told and told["listener"] != listener:
            return False
        if record is None:
            return True
        for key in ("job", "build", "call", "method"):
            if key in told and str(told[key]) != str(record.get(key)):
                return False
        return "path" not in told or fnmatch.fnmatchcase(record["path"], told["path"])

    def get(self, key, otherwise=None):
        return self.told.get(key, otherwise)

    def shown(self):
        return {**self.told, "id": self.number, "met": self.met, "left": self.left}


class Faults:
    """Any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        self.active = []

    def add(self, told):
        with self.lock:
            fault = Fault(next(self.numbers), told)
            self.active.append(fault)
            return fault

    def remove(self, number=None):
        """One, or all. Whoever hangs in it is let go: the connection ends."""
        with self.lock:
            for fault in self.active:
                if number in (None, fault.number):
                    fault.removed.set()
            self.active = [fault for fault in self.active if not fault.removed.is_set()]

    def take(self, kinds, listener, record=None):
        """The faults that this one meets, used up by one each: all of ON_THE_WAY, the first of others."""
        met = []
        with self.lock:
            for fault in list(self.active):
                if fault.kind not in kinds or not fault.matches(listener, record):
                    continue
                if fault.kind not in ON_THE_WAY and any(other.kind not in ON_THE_WAY for other in met):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                met.append(fault)
                fault.met += 1
                if fault.left is not None:
                    fault.left -= 1
                    if fault.left <= 0:
                        self.active.remove(fault)
        return met

    def shown(self):
        with self.lock:
            return [fault.shown() for fault in self.active]
