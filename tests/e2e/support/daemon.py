"""The real binary as a process: its configuration, its output as it comes, its end."""

import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

import yaml

BINARY = os.environ.get("BUILDWATCHD", "")
PATIENCE = float(os.environ.get("BUILDWATCH_TEST_PATIENCE", "60"))  # seconds; the limit of any wait, not a measure of anything
SANITIZER = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "UndefinedBehaviorSanitizer")
RELOADED = re.compile(r"\breloaded: ")
NOT_RELOADED = re.compile(r"\bnot reloaded: ")
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "ASAN_SYMBOLIZER_PATH")


class Plain(yaml.SafeDumper):
    """Writes a value that stands twice twice: buildwatch takes no aliases."""

    def ignore_aliases(self, data):
        return True


def environment(more=None):
    """What a child of ours gets: nothing of a proxy, credentials or systemd that happens to be set outside."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | (more or {})


def write_config(folder, config):
    """A dictionary as YAML, or text as it is. Replaced at once: a daemon that reads it meanwhile sees the old or the new one."""
    file = pathlib.Path(folder) / "buildwatch.yaml"
    text = config if isinstance(config, str) else yaml.dump(config, Dumper=Plain, sort_keys=False, allow_unicode=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)
    return file


def command(folder, arguments, config=None, env=None, limit=None):
    """One call that ends by itself; -> CompletedProcess with text. A crash or a sanitizer's report is an error here."""
    if config is not None:
        arguments = [*arguments, "--config", str(write_config(folder, config))]
    done = subprocess.run([BINARY, *arguments], cwd=folder, env=environment(env), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=limit or 2 * PATIENCE, check=False)
    must_be_sound(done.returncode, done.stderr)
    return done


def unread(folder, arguments, config=None):
    """A call whose standard output is a pipe that nobody reads any more; -> exit status (below 0: of a signal) and what it said."""
    if config is not None:
        arguments = [*arguments, "--config", str(write_config(folder, config))]
    reads, writes = os.pipe()
    os.close(reads)
    try:
        done = subprocess.run([BINARY, *arguments], cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=writes,
                              stderr=subprocess.PIPE, text=True, timeout=2 * PATIENCE, check=False)
    finally:
        os.close(writes)
    return done.returncode, done.stderr


def must_be_sound(status, told):
    if status is not None and status < 0:
        raise AssertionError(f"killed by signal {-status}:\n{told}")
    for word in SANITIZER:
        if word in told:
            raise AssertionError(f"{word} in:\n{told}")


class Daemon:
    """`buildwatchd run`. Lines of stdout and stderr are collected as they come."""

    def __init__(self, folder, config, arguments=(), env=None):
        self.config = write_config(folder, config)
        # A store of its own, unless the test has its daemons share one.
        if "STATE_DIRECTORY" not in (env or {}):
            env = {"STATE_DIRECTORY": tempfile.mkdtemp(prefix="state-", dir=folder)} | (env or {})
        self.state = env["STATE_DIRECTORY"]
        self.lock = threading.Condition()
        self.out, self.err = [], []
        self.read_stdout = threading.Event()  # cleared: nobody reads, so the pipe fills up
        self.read_stdout.set()
        self.process = subprocess.Popen([BINARY, "run", "--config", str(self.config), *arguments], cwd=folder, env=environment(env),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        errors="replace")
        self.readers = [threading.Thread(target=self._read, args=(pipe, lines), daemon=True)
                        for pipe, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err))]
        for reader in self.readers:
            reader.start()

    def _read(self, pipe, lines):
        with pipe:
            for line in pipe:
                if lines is self.out:
                    self.read_stdout.wait()
                with self.lock:
                    lines.append(line.rstrip("\n"))
                    self.lock.notify_all()

    # --- what it said

    @property
    def log(self):
        with self.lock:
            return "\n".join(self.err)

    @property
    def output(self):
        with self.lock:
            return "\n".join(self.out)

    def events(self, **wanted):
        """Events of a `stdout` sink with format json. `job`, `type`, `outcome` choose."""
        with self.lock:
            lines = list(self.out)
        found = [json.loads(line) for line in lines]
        return [event for event in found if all(facts(event).get(key) == value for key, value in wanted.items())]

    def said(self):
        """The end of its log, for a test that failed."""
        return "\n".join(f"  | {line[:300]}" for line in self.log.split("\n")[-30:])

    # --- waiting: on conditions, never on durations

    def wait(self, condition, what, limit=None):
        """Until `condition()` is true; its value. The daemon's end meanwhile is a failure."""
        end = time.monotonic() + (limit or PATIENCE)
        while True:
            value = condition()
            if value:
                return value
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended (exit {self.process.returncode}) while we waited for {what}\n{self.said()}")
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {what}\n{self.said()}")
            with self.lock:
                self.lock.wait(0.02)

    def wait_events(self, count=1, **wanted):
        return self.wait(lambda: len(found := self.events(**wanted)) >= count and found, f"{count} events like {wanted}")

    def wait_log(self, pattern):
        """Until a line of the log matches the compiled pattern; that line."""
        return self.wait(lambda: next((line for line in self.log.split("\n") if pattern.search(line)), None),
                         f"a log line like {pattern.pattern}")

    def wait_told(self, receiver, count=1, **wanted):
        """Until so many requests like `wanted` have come to the receiver; -> them."""
        return self.wait(lambda: len(seen := receiver.seen(**wanted)) >= count and seen, f"{count} webhooks like {wanted}")

    # --- another configuration

    def reload(self, config=None, told=RELOADED):
        """Writes `config` (None: leaves the file), sends SIGHUP, waits until it says so; -> the line of its log."""
        before = len(self.said_of(told))
        if config is not None:
            write_config(self.config.parent, config)
        self.send_signal(signal.SIGHUP)
        return self.wait(lambda: self.said_of(told)[before:], f"a log line like {told.pattern}")[0]

    def said_of(self, pattern):
        """The lines of its log that match the compiled pattern."""
        return [line for line in self.log.split("\n") if pattern.search(line)]

    # --- its end

    def send_signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def ended(self, limit=None):
        """Waits for the end; -> exit status."""
        try:
            status = self.process.wait(limit or PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the daemon did not end") from None
        for reader in self.readers:
            reader.join(PATIENCE)
        must_be_sound(status, self.log)
        return status

    def stop(self, number=signal.SIGTERM):
        """Asks it to end and makes sure that it did so well."""
        if self.process.poll() is None:
            self.send_signal(number)
        status = self.ended()
        if status != 0:
            raise AssertionError(f"exit status {status} after {signal.Signals(number).name}")

    def kill(self):
        """SIGKILL, if it still runs."""
        self.read_stdout.set()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def end(self, number):
        """By SIGTERM and well, or by SIGKILL."""
        if number == signal.SIGKILL:
            self.kill()
        else:
            self.stop(number)


def facts(event):
    """The fields that tests choose events by."""
    data = event["data"]
    build = data["build"] or {}
    return {"type": event["type"], "job": (data["job"] or {}).get("name"), "provider": data["provider"],
            "outcome": build.get("outcome"), "number": build.get("number"), "result": build.get("result")}
