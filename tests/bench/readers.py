"""Row group 3: the daemon while somebody reads its HTTP API as fast as it answers: requests, and what becomes of its polls meanwhile,
beside the same without readers."""

import contextlib
import re
import time
import urllib.request

import process
import schedule

CONNECTIONS = 8  # of wrk
PAGE = 1000  # jobs; the most that one answer has
MOST_INTERVAL = 10  # s; enough polls for a percentile

# wrk asks for one page after the other.
TURN_PAGES = """\
local pages, at = {{ {pages} }}, 0
request = function()
  at = at % #pages + 1
  return wrk.format("GET", "/api/v1/jobs?limit={page}&after=" .. pages[at])
end
"""


class _Lag:
    """Schedule lag between two looks at a histogram of /metrics."""

    SERIES = re.compile(r'^buildwatch_schedule_lag_seconds_bucket\{le="([^"]+)"\} (\d+)$', re.M)

    def __init__(self, address):
        self._address = address
        self._before = self._look()

    def _look(self):
        with urllib.request.urlopen(f"{self._address}/metrics", timeout=60) as answer:
            return {float(end): int(count) for end, count in self.SERIES.findall(answer.read().decode())}

    def end(self):
        """{"polls", "lag_p50_ms", "lag_p99_ms", "lag_longest_ms"}; the last is the end of the bucket that has the longest."""
        after = self._look()
        ends = sorted(after)
        grown = [after[end] - self._before[end] for end in ends]
        return {"polls": grown[-1], "lag_p50_ms": self._quantile(ends, grown, 0.5), "lag_p99_ms": self._quantile(ends, grown, 0.99),
                "lag_longest_ms": 1000 * next((end for end, count in zip(ends, grown) if count == grown[-1]), 0)}

    @staticmethod
    def _quantile(ends, grown, share):
        """In milliseconds, as Prometheus' histogram_quantile reckons it: evenly spread within a bucket."""
        rank, low, below = share * grown[-1], 0.0, 0
        for end, count in zip(ends, grown):
            if count >= rank and count > below:
                return 1000 * (low + (end - low) * (rank - below) / (count - below))
            low, below = end, count
        return 0.0


def _wrk(address, path, seconds, connections, script):
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", *(["-s", script] if script else []), address + path]


def _told(cost):
    """What wrk counted."""
    requests, seconds, unit, size, prefix = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m), ([\d.]+)([KMG]?)B read", cost.output).groups()
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", cost.output)
    failed = int(wrong[1]) if wrong else 0
    failed += sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", cost.output)))
    took = float(seconds) * {"ms": 0.001, "s": 1, "m": 60}[unit]
    return {"requests_per_s": int(requests) / took, "failed_requests": failed, "requests": int(requests),
            "mb_per_s": float(size) * {"": 1e-6, "K": 1e-3, "M": 1, "G": 1e3}[prefix] / took}


@contextlib.contextmanager
def _daemon(name, jobs, interval, wanted, nginx, cpu):
    configuration = nginx.home / f"{name}.yaml"
    schedule.write_configuration(configuration, jobs, interval, wanted, nginx, http='http: {listen: "127.0.0.1:0"}')
    daemon = schedule.Daemon(wanted.programs / "buildwatchd", configuration, nginx, cpu)
    daemon.wait_for_first_poll(interval + 60)
    time.sleep(2 * interval + 1)  # every first answer is an event, and has the past of its job looked up
    yield daemon
    daemon.stop()


def _phase(name, daemon, jobs, interval, wanted, cores, path=None, connections=CONNECTIONS, script=None):
    """One row: with wrk reading `path`, or without."""
    seconds = wanted.seconds * wanted.rounds
    lag, before, begin = _Lag(daemon.address()), process.cpu_seconds(daemon.pid), time.monotonic()
    told = {}
    if path is None:
        time.sleep(seconds)
    else:
        told = _told(process.run_pinned(_wrk(daemon.address(), path, seconds, connections, script), cores.server))
    took, used = time.monotonic() - begin, process.cpu_seconds(daemon.pid) - before
    row = {"name": name, "jobs": jobs, "interval_s": interval, "seconds": seconds, **told, **lag.end()}
    return row | {"polls_per_s": row["polls"] / took, "core_share": used / took, "peak_rss_kib": process.memory_kib(daemon.pid, "VmHWM")}


def _pages_script(path, jobs):
    """Names are zero-padded numbers: a page begins after the last of the one before."""
    last = ['""', *(f'"job-{number - 1:06}"' for number in range(PAGE, jobs, PAGE))]
    path.write_text(TURN_PAGES.format(pages=", ".join(last), page=PAGE))
    return path


def measure(wanted, nginx, cores):
    interval, page = min(wanted.interval, MOST_INTERVAL), f"/api/v1/jobs?limit={PAGE}"
    rows = []
    with _daemon("readers", wanted.http_jobs, interval, wanted, nginx, cores.client) as daemon:
        def add(what, *reading):
            rows.append(_phase(f"readers-{what}", daemon, wanted.http_jobs, interval, wanted, cores, *reading))
        add("none")
        add("metrics", "/metrics")
        add("page", page)
        add("pages", page, CONNECTIONS, _pages_script(nginx.home / "pages.lua", wanted.http_jobs))
    # One reader, back to back, of as many jobs as there may be: what does it hold up?
    with _daemon("readers-many", wanted.jobs, wanted.interval, wanted, nginx, cores.client) as daemon:
        def add_many(what, *reading):
            rows.append(_phase(f"readers-many-{what}", daemon, wanted.jobs, wanted.interval, wanted, cores, *reading))
        add_many("none")
        add_many("metrics", "/metrics", 1)
        add_many("pages", page, 1, _pages_script(nginx.home / "many.lua", wanted.jobs))
    return rows
