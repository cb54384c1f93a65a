"""The process among others: standard descriptors that are closed or full, signals inherited as ignored, children at a stop."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from support import case, daemon as daemons
from support.case import Case, job_id

LIMIT = 2 * daemons.PATIENCE


class Process(Case):
    def shell(self, redirection, *arguments, config=None, before=""):
        """The command with what a shell does to its descriptors; -> exit status and what came on those left open."""
        if config is not None:
            arguments = [*arguments, "--config", str(daemons.write_config(self.folder, config))]
        line = f'{before} exec "$@" {redirection}'
        done = subprocess.run(["/bin/sh", "-c", line, "sh", daemons.BINARY, *arguments], cwd=self.folder,
                              env=daemons.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
        daemons.must_be_sound(done.returncode, done.stderr)
        return done

    def warned(self):
        return self.config([self.job("one")], case.OUT | {"unused": {"type": "log"}}, rules=[{"to": ["out"], "events": ["all"]}])

    def test_a_standard_error_that_takes_nothing(self):
        for redirection in ("2>/dev/full", "2>&-"):
            with self.subTest(redirection):
                self.assertEqual(self.shell(redirection, "check", config=self.warned()).returncode, 0)
                self.assertEqual(self.shell(redirection, "check", str(self.folder / "none.yaml")).returncode, 78)
                self.assertEqual(self.shell(redirection, "notify", "nobody", config=self.warned()).returncode, 2)

    def test_a_daemon_whose_standard_error_takes_nothing(self):
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        file = daemons.write_config(self.folder, self.warned())
        for redirection in ("2>/dev/full", "2>&-"):
            with self.subTest(redirection):
                line = f'exec "$@" {redirection}'
                env = daemons.environment({"STATE_DIRECTORY": tempfile.mkdtemp(dir=self.folder)})
                running = subprocess.Popen(["/bin/sh", "-c", line, "sh", daemons.BINARY, "run", "--config", str(file)],
                                           stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=env, text=True)
                try:
                    self.assertIn("build.finished", running.stdout.readline())
                    running.send_signal(signal.SIGTERM)
                    self.assertEqual(running.wait(LIMIT), 0)
                finally:
                    running.kill()
                    running.communicate()

    def test_what_can_not_be_written_is_a_failure(self):
        for redirection in (">/dev/full", ">&-"):
            with self.subTest(redirection):
                done = self.shell(redirection, "check", config=self.warned())
                self.assertEqual(done.returncode, 1)
                self.assertIn("standard output", done.stderr)
                self.assertEqual(self.shell(redirection, "--version").returncode, 1)

    def test_who_stops_reading_ends_a_command_without_a_word(self):
        config = self.config([self.job("one")], case.OUT)
        for arguments in (("check",), ("explain", "one", "failure"), ("--help",), ("outbox", "list", "--help")):
            with self.subTest(arguments):
                status, said = daemons.unread(self.folder, arguments, config)
                self.assertEqual(status, -signal.SIGPIPE, said)
                self.assertNotIn("standard output", said)
        status, said = daemons.unread(self.folder, ("notify", "out"), config)
        self.assertEqual(status, 1, "a sink lives with it: that is a failed delivery")

    def test_a_closed_standard_output_is_a_failed_delivery(self):
        done = self.shell(">&-", "notify", "out", config=self.warned())
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_ignored_ends_of_children_are_noticed_all_the_same(self):
        sinks = {"script": {"type": "exec", "command": ["/bin/sh", "-c", "exit 0"]}}
        done = self.shell("", "notify", "script", config=self.config([self.job("one")], sinks), before="trap '' CHLD;")
        self.assertEqual((done.returncode, done.stdout), (0, "script: delivered: exit status 0\n"))


class Children(Case):
    """No program of an exec sink outlives what started it."""

    def sleeper(self):
        command = ["/bin/sh", "-c", f"echo $$$$ > {self.folder}/pid.new; mv {self.folder}/pid.new {self.folder}/pid; exec sleep 1000"]
        return {"script": {"type": "exec", "command": command, "timeout": "10m"}}

    def child(self):
        file = self.folder / "pid"
        return int(file.read_text()) if file.exists() else None

    def assert_gone(self, pid):
        end = time.monotonic() + daemons.PATIENCE
        while time.monotonic() < end:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.02)
        self.fail(f"{pid} still runs")

    def test_a_second_signal_kills_and_names_what_it_cuts_short(self):
        self.simulator.job(job_id(1), 1, "finished", word="SUCCESS")
        daemon = self.start(self.config([self.job("job")], self.sleeper() | case.OUT))
        event = daemon.wait_events()[0]
        pid = daemon.wait(self.child, "the script")
        daemon.send_signal()
        daemon.wait_log(re.compile("stopping"))
        daemon.send_signal(signal.SIGINT)
        self.assertEqual(daemon.ended(LIMIT), 0)
        self.assert_gone(pid)
        self.assertTrue([line for line in daemon.log.split("\n") if "unsent" in line and event["id"] in line], daemon.log)

    def test_an_interrupted_notify_kills_its_program(self):
        file = daemons.write_config(self.folder, self.config([self.job("job")], self.sleeper()))
        running = subprocess.Popen([daemons.BINARY, "notify", "script", "--config", str(file)], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, env=daemons.environment(), text=True)
        end = time.monotonic() + daemons.PATIENCE
        while self.child() is None and time.monotonic() < end:
            time.sleep(0.02)
        pid = self.child()
        running.send_signal(signal.SIGINT)
        told, _ = running.communicate(timeout=LIMIT)
        self.assertEqual(running.returncode, 1, told)
        self.assertIn("script: FAILED", told)
        self.assert_gone(pid)


if __name__ == "__main__":
    sys.exit(case.main())
