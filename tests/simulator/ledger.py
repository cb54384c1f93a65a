"""What the simulator received: every request and connection, when, and what became of it."""

import collections
import itertools
import threading
import time

KEPT = 200_000  # requests; older ones are dropped, the counts stay


class Ledger:
    """Any thread. `changed` is notified at each new request and each answer."""

    def __init__(self):
        self.changed = threading.Condition()
        self.connection_numbers = itertools.count(1)
        self._clear()

    def _clear(self):
        self.requests = collections.deque(maxlen=KEPT)
        self.next = 0
        self.in_flight = 0
        self.counts = collections.Counter()
        self.peaks = collections.Counter()

    def reset(self):
        """Open connections and requests under way keep counting as open."""
        with self.changed:
            open_now = {key: self.counts[key] for key in self.counts if key.startswith("open.")}
            in_flight = self.in_flight
            self._clear()
            self.counts.update(open_now)
            self.in_flight = in_flight

    def connected(self, listener):
        with self.changed:
            self.counts["connections"] += 1
            self.counts[f"connections.{listener}"] += 1
            self.counts[f"open.{listener}"] += 1
            self.peaks[f"open.{listener}"] = max(self.peaks[f"open.{listener}"], self.counts[f"open.{listener}"])
            return next(self.connection_numbers)

    def disconnected(self, listener):
        with self.changed:
            self.counts[f"open.{listener}"] -= 1

    def count(self, what, by=1):
        with self.changed:
            self.counts[what] += by

    def received(self, record):
        with self.changed:
            record.update(number=self.next, time=time.monotonic(), wall=time.time(), status=None, auth=None, faults=[])
            self.next += 1
            self.in_flight += 1
            self.peaks["in_flight"] = max(self.peaks["in_flight"], self.in_flight)
            self.requests.append(record)
            self.counts["requests"] += 1
            self.counts[f"requests.{record['listener']}"] += 1
            self.counts[f"call.{record['call']}"] += 1
            self.changed.notify_all()
            return record

    def answered(self, record):
        """`record["status"]` None: no answer was sent whole."""
        with self.changed:
            record["answered"] = time.monotonic()
            self.in_flight -= 1
            self.counts[f"status.{record['status']}"] += 1
            self.changed.notify_all()

    def list(self, since=0, **wanted):
        """Requests numbered `since` or higher whose fields have these values (compared as text)."""
        with self.changed:
            return [dict(record) for record in self.requests
                    if record["number"] >= since and all(str(record.get(key)) == value for key, value in wanted.items())]

    def shown(self):
        with self.changed:
            return {"counts": dict(self.counts), "peaks": dict(self.peaks), "in_flight": self.in_flight, "next": self.next}
