#!/usr/bin/python3
"""Runs every command that the README shows. A command it does not know fails the test."""

import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
SIMULATOR = TOP / "tests/simulator/simulator.py"
SIMULATOR_COMMAND = ["/usr/bin/python3", SIMULATOR, "--http-port", "18480", "--script", TOP / "tests/simulator/demo.json"]
FOLDER = tempfile.TemporaryDirectory(prefix="buildwatch-readme-")
STATE = pathlib.Path(FOLDER.name)
os.environ["STATE_DIRECTORY"] = FOLDER.name  # no store in the home of whoever runs this
LIMIT = 600  # seconds; only so that a hang ends


def commands():
    blocks = re.findall(r"^```sh\n(.*?)^```", (TOP / "README.md").read_text(), re.S | re.M)
    return [line for block in blocks for line in block.splitlines() if line and not line.startswith("#")]


def run(command, expect, **more):
    print("$", command, flush=True)
    done = subprocess.run(command, shell=True, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, timeout=LIMIT, **more)
    print(done.stdout, flush=True)
    assert done.returncode == 0, f"{command}: exit {done.returncode}"
    assert expect in done.stdout, f"{command}: no '{expect}' in what it printed"


def read_until(process, wanted):
    """Reads the process's output until each wanted pattern is matched by it."""
    seen, end = "", time.monotonic() + LIMIT
    while not all(re.search(pattern, seen) for pattern in wanted):
        assert time.monotonic() < end, f"only this came:\n{seen}"
        if select.select([process.stdout], [], [], 1)[0]:
            piece = os.read(process.stdout.fileno(), 65536).decode()
            assert piece, f"it ended early:\n{seen}"
            seen += piece
    return seen


def run_demo(command):
    """The demo: builds start, pass, break and are mended; Ctrl-C ends it with 0, and nothing of it stays behind."""
    print("$", command, flush=True)
    # exec: a shell in between would die of the SIGINT and its end would be taken for the demo's.
    demo = subprocess.Popen("exec " + command, shell=True, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            stdin=subprocess.DEVNULL, start_new_session=True)
    seen = read_until(demo, [r"dashboard: http://127\.0\.0\.1:18481/", r"demo-fails #\d+ is running", r"demo-fails #\d+ failed.*\(was passing\)",
                             r"demo-fails #\d+ passed.*\(fixed", r"demo-passes #\d+ passed", r"demo-mixed #\d+ ",
                             r"demo-side-by-side #\d+ is running\n(?:.*\n)*?.*demo-side-by-side #\d+ is running"])
    os.killpg(demo.pid, signal.SIGINT)
    rest, _ = demo.communicate(timeout=LIMIT)
    print(seen + rest.decode(), flush=True)
    assert demo.returncode == 0, f"the demo ended with {demo.returncode}"
    left = subprocess.run(["pgrep", "-f", "--http-port 18480"], stdout=subprocess.PIPE, text=True).stdout
    assert not left, f"the simulator was left running: {left}"


def run_with_simulator(command, expect):
    simulator = subprocess.Popen(SIMULATOR_COMMAND, stdout=subprocess.PIPE)
    try:
        simulator.stdout.readline()
        run(command, expect)
    finally:
        simulator.terminate()
        simulator.wait(timeout=LIMIT)


def run_beside_daemon(command, expect):
    simulator = subprocess.Popen(SIMULATOR_COMMAND, stdout=subprocess.PIPE)
    simulator.stdout.readline()
    daemon = subprocess.Popen(["./daemon/run", "run", "--config", "config/demo.yaml"], cwd=TOP, stdout=subprocess.PIPE)
    try:
        read_until(daemon, [r"demo-fails #\d+ "])
        run(command, expect)
    finally:
        daemon.terminate()
        daemon.communicate(timeout=LIMIT)
        simulator.terminate()
        simulator.wait(timeout=LIMIT)


def run_after_builds(command, expect):
    """A store to look into: the daemon has watched the demo's builds once."""
    if not (STATE / "state.db").exists():
        simulator = subprocess.Popen(SIMULATOR_COMMAND, stdout=subprocess.PIPE)
        simulator.stdout.readline()
        daemon = subprocess.Popen(["./daemon/run", "run", "--config", "config/demo.yaml"], cwd=TOP, stdout=subprocess.PIPE)
        try:
            read_until(daemon, [r"demo-fails #\d+ failed"])
        finally:
            daemon.terminate()
            daemon.communicate(timeout=LIMIT)
            simulator.terminate()
            simulator.wait(timeout=LIMIT)
    run(command, expect)


KNOWN = {
    "./daemon/run": run_demo,
    "./daemon/run check config/demo.yaml": lambda c: run(c, "4 jobs, 1 sinks, OK"),
    "./daemon/run check config/buildwatch.yaml": lambda c: run(c, "OK"),
    "./daemon/run check --online --config config/demo.yaml": lambda c: run_with_simulator(c, "job demo-fails: ok"),
    "./daemon/run notify console --config config/demo.yaml": lambda c: run(c, "console: delivered"),
    "./daemon/run notify console --config config/demo.yaml --event success": lambda c: run(c, "passed"),
    "./daemon/run history --config config/demo.yaml": lambda c: run_after_builds(c, "demo-fails"),
    "./daemon/run history --events --config config/demo.yaml": lambda c: run_after_builds(c, "delivered"),
    "./daemon/run outbox list --config config/demo.yaml": lambda c: run_after_builds(c, ""),
    "./daemon/run outbox retry --config config/demo.yaml": lambda c: run_after_builds(c, ""),
    "./daemon/run explain demo-fails failure --config config/demo.yaml": lambda c: run(c, "console: owed"),
    "cmake --build build/release --target package": lambda c: run(c, ".deb generated"),
    "./daemon/run --help": lambda c: run(c, "--config"),
    # This test is part of both: listing shows that they install, build and find the tests.
    "./tests/run": lambda c: run(c + " -N", "house.readme"),
    "./tests/run --sanitize": lambda c: None,  # .ci/run runs it whole
    "./daemon/run status --config config/demo.yaml": lambda c: run_beside_daemon(c, "demo-fails"),
    "./daemon/run watch demo-passes --config config/demo.yaml": lambda c: run_with_simulator(c, "demo-passes #"),
    "tests/bench/polling": lambda c: run(c, "fixed / adaptive"),
    "tests/bench/sharing": lambda c: run(c + " --jobs 40", "in the mean"),
    "tests/bench/run": lambda c: run(c + " --seconds 1 --rounds 1 --jobs 100 --interval 1 --duration 2 --transitions 200", "buildwatch"),
}


def main():
    shown = commands()
    unknown = [c for c in shown if c not in KNOWN]
    assert not unknown, f"the README shows commands that no test runs: {unknown}"
    assert len(shown) >= 9, "the README's commands were not found"
    for command in dict.fromkeys(shown):
        KNOWN[command](command)


if __name__ == "__main__":
    sys.exit(main())
