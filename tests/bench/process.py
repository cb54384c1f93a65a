"""Runs a program on one core and tells what it cost, from its rusage and from /proc."""

import dataclasses
import os
import pathlib
import subprocess
import tempfile
import time


class Cores:
    """The first two cores this process may use: one for the server (and this script), one for the client."""

    def __init__(self):
        allowed = sorted(os.sched_getaffinity(0))
        self.server, self.client = allowed[0], allowed[-1 if len(allowed) < 2 else 1]
        self.notes = []
        if self.server == self.client:
            self.notes.append("only one core: server and client share it, which makes every number worse")
        if os.getloadavg()[0] > 0.5:
            self.notes.append(f"the machine is not idle (load {os.getloadavg()[0]:.1f}): compare ratios, not numbers")
        os.sched_setaffinity(0, {self.server})


@dataclasses.dataclass
class Cost:
    wall_seconds: float
    cpu_seconds: float  # user and system time of the whole process, its start included
    peak_rss_kib: int
    output: str


def start_pinned(command, cpu, **streams):
    return subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}), **streams)


def run_pinned(command, cpu):
    """Runs `command` on core `cpu` to its end, which must be a good one."""
    with tempfile.TemporaryFile("w+") as output:
        begin = time.monotonic()
        child = start_pinned(command, cpu, stdout=output)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if child.returncode != 0:
        raise SystemExit(f"bench: {command[0]} ended with {child.returncode}\n{text}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, text)


def cpu_seconds(pid):
    """CPU time a running process has used so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_kib(pid, field):
    """VmRSS (now) or VmHWM (the peak so far) of a running process."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    return 0  # it has just ended
