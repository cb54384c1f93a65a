"""Row group 2: the real daemon with many jobs on a schedule: lag, share of a core, memory, what loading the file takes;
and the floor at the same pace, since what a poll costs depends on the machine and on how many come at once."""

import json
import re
import signal
import time

import process
import server

JOB = """\
  - name: job-{number:06}
    job_id: "{number:032x}"
    build: {build}
    labels: {{team: team-{team}}}
"""

CONFIGURATION = """\
version: 1
store: sqlite:{store}
{http}
providers:
  huawei:
    type: codearts
    region: cn-north-4
    endpoint: {endpoint}
    auth: {{type: aksk, access_key: BENCHACCESSKEY000000, secret_key: benchsecretkeybenchsecretkeybenchsecretk}}
    connections: {connections}
    rate_limit: 10000/s
    proxy: none
    tls: {{ca_file: {ca_file}}}
defaults:
  poll: {{idle: {interval}s, building: {interval}s, mode: fixed}}
  overdue_after: never
sinks: {{}}
jobs:
"""

ADDRESS = re.compile(r"the HTTP API is at (http://\S+)/")
# What the daemon logs when it stops.
TOTALS = re.compile(r"polled (\d+) times, (\d+) failed; schedule lag p50 ([\d.]+) ms, p99 ([\d.]+) ms")


def write_configuration(path, jobs, interval, wanted, nginx, http="", build="1"):
    """`http`: a line of the file, where the daemon is to have an HTTP API. `build`: 1 runs on, `latest` has ended long ago."""
    with open(path, "w") as out:
        out.write(CONFIGURATION.format(store=path.with_suffix(".db"), endpoint=nginx.url(nginx.logged_port), ca_file=nginx.ca_file, interval=interval,
                                       connections=wanted.connections, http=http))
        out.writelines(JOB.format(number=number, team=number % 100, build=build) for number in range(jobs))


class Daemon:
    """buildwatchd on core `cpu`, from its start to its SIGTERM."""

    def __init__(self, program, configuration, nginx, cpu):
        self._nginx = nginx
        self._log_file = configuration.with_suffix(".log")
        nginx.request_log.write_bytes(b"")
        self._started = time.time()
        with open(self._log_file, "w") as log:
            self._process = process.start_pinned([program, "run", "--config", configuration], cpu, stdout=log, stderr=log)
        self.pid = self._process.pid

    def wait_for_first_poll(self, limit):
        """(seconds from start to the first request answered, peak memory in KiB by then)."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self._process.poll() is not None:
                self._give_up(f"ended with {self._process.returncode}")
            peak = process.memory_kib(self.pid, "VmHWM")
            if self._nginx.request_log.stat().st_size > 0:
                with open(self._nginx.request_log) as log:
                    return float(log.readline()) - self._started, peak
            time.sleep(0.002)
        self._process.kill()
        self._give_up(f"polled nothing in {limit} s")

    def address(self):
        """Of its HTTP API."""
        return ADDRESS.search(self._log_file.read_text())[1]

    def stop(self):
        """(polls, failed polls, median and 99th percentile of the lag in ms), as it logs them itself."""
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(timeout=20)
        totals = TOTALS.search(self._log_file.read_text())
        if code != 0 or totals is None:
            self._give_up(f"ended with {code}")
        return int(totals[1]), int(totals[2]), float(totals[3]), float(totals[4])

    def _give_up(self, what):
        raise SystemExit(f"bench: buildwatchd {what}; its log ends with\n{self._log_file.read_text()[-2000:]}")


def _resident_with_one_job(program, wanted, nginx, cpu):
    configuration = nginx.home / "one.yaml"
    write_configuration(configuration, 1, 1, wanted, nginx)
    daemon = Daemon(program, configuration, nginx, cpu)
    daemon.wait_for_first_poll(30)
    time.sleep(2)
    resident = process.memory_kib(daemon.pid, "VmRSS")
    daemon.stop()
    return resident


def measure(wanted, nginx, cpu):
    running = _measure_daemon("buildwatchd", "1", wanted, nginx, cpu)
    idle = _measure_daemon("buildwatchd-idle", "latest", wanted, nginx, cpu)
    floor = _measure_floor(wanted, nginx, cpu)
    for row in (running, idle):
        row["cpu_to_floor"] = row["cpu_us_per_poll"] / floor["cpu_us_per_poll"]
    return [running, idle, floor]


def _measure_floor(wanted, nginx, cpu):
    command = [wanted.programs / "bench_raw_epoll", "--host", server.HOST, "--port", nginx.logged_port,
               "--target", server.TARGET, "--ca-file", nginx.ca_file, "--connections", wanted.connections,
               "--per-second", wanted.jobs // wanted.interval, "--measure-ms", min(wanted.duration, 10) * 1000]
    cost = process.run_pinned(command, cpu)
    told = json.loads(cost.output)
    return {"name": "raw-epoll-paced", "polls_per_s": told["polls"] / told["seconds"],
            "cpu_us_per_poll": told["cpu_seconds"] * 1e6 / told["polls"], "peak_rss_kib": cost.peak_rss_kib,
            "core_share": told["cpu_seconds"] / told["seconds"]}


def _measure_daemon(name, build, wanted, nginx, cpu):
    """`build`: of each job, as write_configuration() takes it."""
    program = wanted.programs / "buildwatchd"
    alone = _resident_with_one_job(program, wanted, nginx, cpu)
    configuration = nginx.home / f"{name}.yaml"  # and a store of its own
    write_configuration(configuration, wanted.jobs, wanted.interval, wanted, nginx, build=build)
    check = process.run_pinned([program, "check", configuration], cpu)

    daemon = Daemon(program, configuration, nginx, cpu)
    load_seconds, load_peak = daemon.wait_for_first_poll(wanted.interval + 60)
    settled_from = process.cpu_seconds(daemon.pid)
    # Every first answer is also an event (build.started); what follows is the steady state.
    time.sleep(wanted.interval)
    before, polls_before, begin = process.cpu_seconds(daemon.pid), nginx.requests_logged(), time.monotonic()
    time.sleep(wanted.duration)
    took = time.monotonic() - begin
    used, polls_measured = process.cpu_seconds(daemon.pid) - before, nginx.requests_logged() - polls_before
    resident, peak = process.memory_kib(daemon.pid, "VmRSS"), process.memory_kib(daemon.pid, "VmHWM")
    polls, failed, lag_p50, lag_p99 = daemon.stop()
    return {
        "name": name, "polls_per_s": polls_measured / took,
        "cpu_us_per_poll": used / max(polls_measured, 1) * 1e6,
        "peak_rss_kib": peak, "jobs": wanted.jobs, "interval_s": wanted.interval, "duration_s": wanted.duration,
        "polls": polls, "failed_polls": failed, "requests_at_server": nginx.requests_logged(),
        "lag_p50_ms": lag_p50, "lag_p99_ms": lag_p99,
        "core_share": used / took, "core_share_first_round": (before - settled_from) / wanted.interval,
        "rss_kib": resident, "rss_one_job_kib": alone, "bytes_per_job": (resident - alone) * 1024 / max(wanted.jobs - 1, 1),
        "load_seconds": load_seconds, "load_peak_rss_kib": load_peak,
        "check_seconds": check.wall_seconds, "check_peak_rss_kib": check.peak_rss_kib,
        "configuration_bytes": configuration.stat().st_size,
    }
