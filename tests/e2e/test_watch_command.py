"""`watch`: one build in the terminal, a bar there and plain lines elsewhere, and how it ended as the exit status."""

import os
import re
import signal
import subprocess
import sys

from support import case
from support import daemon as daemons
from support.following import JOB, Following
from support.terminal import COLOUR, Terminal, width

ENDS = {"SUCCESS": (0, "passed"), "FAILURE": (1, "failed"), "UNSTABLE": (3, "unstable"), "ABORTED": (4, "aborted"), "what?": (5, "unknown")}
AK = "TESTAK00000000000009"
BAR = r"job.*#41.*\d+ ?%"


class Watched(Following):
    def setUp(self):
        super().setUp()
        self.store = self.state()
        self.env = {"STATE_DIRECTORY": self.store}

    def watch(self, *arguments, config=None):
        """The command until it ends; -> CompletedProcess. Never is a store made."""
        done = self.command("watch", *arguments, config=config or self.following(), env=self.env)
        self.assertEqual(os.listdir(self.store), [])
        return done

    def begun(self, *arguments, config=None):
        """The command as it runs, its standard error a pipe."""
        file = daemons.write_config(self.folder, config or self.following())
        running = subprocess.Popen([daemons.BINARY, "watch", *arguments, "--config", str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL, env=daemons.environment(self.env), text=True)
        self.addCleanup(running.communicate)
        self.addCleanup(running.kill)
        return running

    def ended(self, running):
        """-> exit status and all that it said."""
        out, err = running.communicate(timeout=2 * daemons.PATIENCE)
        daemons.must_be_sound(running.returncode, err)
        self.assertEqual(os.listdir(self.store), [])
        return running.returncode, out + err

    def polled_running(self, number, count=3):
        self.simulator.wait_requests(count, since=self.simulator.next(), call="build-info", job=JOB, build=str(number), state="running")


class Status(Watched):
    def test_of_a_build_that_has_ended(self):
        for word, (code, text) in ENDS.items():
            with self.subTest(word):
                self.end(41, word)
                done = self.watch("job", "--build", "41")
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertRegex(done.stdout + done.stderr, rf"job #41.*{text}")

    def test_of_one_that_ends_meanwhile(self):
        for word, (code, text) in ENDS.items():
            for arguments in (["--build", "41"], []):
                with self.subTest(word, arguments=arguments):
                    self.simulator.job(JOB, gone=True)
                    self.past(38, 39, 40)
                    self.begin(41)
                    running = self.begun("job", *arguments)
                    self.polled_running(41)
                    self.end(41, word)
                    status, said = self.ended(running)
                    self.assertEqual(status, code, said)
                    self.assertRegex(said, rf"#41.*{text}")

    def test_of_one_that_is_yet_to_come(self):
        self.past(40)
        running = self.begun("job", "--build", "41")
        self.simulator.wait_requests(3, call="build-info", job=JOB, build="41")
        self.begin(41)
        self.polled_running(41)
        self.end(41, "UNSTABLE")
        self.assertEqual(self.ended(running)[0], 3)

    def test_of_a_job_watched_by_number(self):
        self.end(7, "FAILURE")
        self.end(8, "SUCCESS")
        config = self.following(jobs=[self.job("job", 1, build=7)])
        self.assertEqual(self.watch("job", config=config).returncode, 1)

    def test_extra_words_of_the_configuration_count(self):
        self.end(41, "DEPLOY_ERROR")
        config = self.following(jobs=[self.followed(outcomes={"failure": ["DEPLOY_ERROR"]})])
        self.assertEqual(self.watch("job", "--build", "41", config=config).returncode, 1)

    def test_wrong_usage(self):
        for arguments in ((), ("jobb",), ("job", "--build", "0"), ("job", "--build", "x"), ("job", "--build"), ("job", "more"),
                          ("job", "--build", "2147483648")):
            with self.subTest(arguments):
                done = self.watch(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertTrue(done.stderr)
        self.assertIn('"job"', self.watch("jobb").stderr)
        self.assertEqual(self.simulator.requests(), [])
        self.assertEqual(self.watch("job", config=self.following(jobs=[self.followed("*")])).returncode, 78)

    def test_interrupted(self):
        self.begin(41)
        running = self.begun("job")
        self.polled_running(41)
        running.send_signal(signal.SIGINT)
        self.assertEqual(self.ended(running)[0], 130)


class GivingUp(Watched):
    def test_refused_credentials_at_once(self):
        self.simulator.auth(mode="aksk", keys={AK: "right"})
        self.begin(41)
        config = self.following(unreachable_after="1h")
        config["providers"] = {case.PROVIDER: self.provider(auth={"type": "aksk", "access_key": AK, "secret_key": "wrong-secret"})}
        for arguments in (("job",), ("job", "--build", "41")):
            done = self.watch(*arguments, config=config)
            self.assertEqual(done.returncode, 6, done.stderr)
            self.assertRegex(done.stderr, "refused|credential")
            self.assertNotIn("wrong-secret", done.stderr)
        self.assertEqual(self.simulator.counts()[f"refused.{AK}"], 2, "one each: five refusals lock a key")

    def test_a_job_that_is_not_found_at_once(self):
        for arguments in (("job",), ("job", "--build", "41")):
            done = self.watch(*arguments, config=self.following(unreachable_after="1h"))
            self.assertEqual(done.returncode, 6, done.stderr)
            self.assertRegex(done.stderr, r"(?i)not.?found|no such job|knows no job|does not (know|exist)")

    def test_it_never_says_of_a_job_that_is_not_there_that_it_waits(self):
        done = self.watch("job", "--build", "41", config=self.following(unreachable_after="1h"))
        self.assertNotIn("not there yet", done.stderr)

    def test_a_build_that_is_gone_after_a_while(self):
        self.past(*range(31, 42))
        done = self.watch("job", "--build", "12", config=self.following(unreachable_after="300ms"))
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertRegex(done.stderr, r"job #12 could not be watched: .*it is gone, or never was: the newest build is #41")
        self.assertNotIn("not there yet", done.stderr)
        self.assertEqual(self.asked("running-status"), 1)

    def test_an_unreachable_one_after_a_while(self):
        self.begin(41)
        self.simulator.fault("error", code="CB.00060101")
        for arguments in (("job",), ("job", "--build", "41")):
            done = self.watch(*arguments, config=self.following(unreachable_after="300ms"))
            self.assertEqual(done.returncode, 6, done.stderr)
            self.assertIn("CB.00060101", done.stderr)
            self.assertGreater(len(self.simulator.requests()), 1)

    def test_not_for_a_failure_now_and_then(self):
        self.begin(41)
        self.simulator.fault("error", code="CB.00060101", times=1, skip=2)
        self.simulator.fault("reset", times=1, skip=5)
        running = self.begun("job", config=self.following(unreachable_after="1h"))
        self.polled_running(41, 10)
        self.end(41)
        self.assertEqual(self.ended(running)[0], 0)


class Lines(Watched):
    def test_plain_where_there_is_no_terminal(self):
        self.past(*range(31, 41), lasted=2)
        self.begin(41)
        running = self.begun("job")
        self.polled_running(41, 20)
        self.end(41)
        status, said = self.ended(running)
        self.assertEqual(status, 0)
        self.assertNotIn("\x1b", said)
        self.assertNotIn("\r", said)
        self.assertRegex(said, r"job #41")
        self.assertLess(len(said.splitlines()), 20, "a line now and then")

    def test_beside_a_running_daemon(self):
        self.past(40)
        daemon = self.start(self.following())
        self.settled()
        self.begin(41)
        self.started(daemon, 41)
        running = self.begun("job")
        self.polled_running(41, 10)
        self.end(41, "FAILURE")
        self.assertEqual(self.ended(running)[0], 1)
        self.finished(daemon, 41)

    def test_with_the_daemons_store(self):
        """Forecasts come from the store where there is one, and nothing of it changes."""
        self.past(*range(31, 41))
        daemon = self.start(self.following(), state=self.store)
        self.settled()
        self.begin(41)
        self.started(daemon, 41)
        before = [build["number"] for build in self.ask_store(self.store, "history")]
        file = str(self.folder / "buildwatch.yaml")
        running = Terminal(self.folder, ["watch", "job", "--config", file], env=self.env)
        self.addCleanup(running.kill)
        running.wait_frame(BAR)
        self.assertEqual([build["number"] for build in self.ask_store(self.store, "history")], before)
        self.end(41)
        self.assertEqual(running.finish(), 0)


class Bar(Watched):
    def setUp(self):
        super().setUp()
        self.past(*range(31, 41), lasted=20)
        self.begin(41)

    def terminal(self, env=None, columns=80):
        file = daemons.write_config(self.folder, self.following())
        made = Terminal(self.folder, ["watch", "job", "--config", str(file)], columns, self.env | (env or {}))
        self.addCleanup(made.kill)
        return made

    def percentages(self, terminal):
        """Of all frames but the last, which may not be whole yet."""
        return [int(found[1]) for frame in terminal.frames()[:-1] if (found := re.search(r"(\d+) ?%", frame))]

    def test_job_number_percentage_and_time_left(self):
        terminal = self.terminal()
        frame = terminal.wait_frame(BAR)
        self.assertRegex(frame, r"\d+ s")
        terminal.wait(lambda: len(set(self.percentages(terminal))) > 3, "progress")
        self.assertEqual(self.percentages(terminal), sorted(self.percentages(terminal)))
        self.end(41, "FAILURE")
        self.assertEqual(terminal.finish(), 1)
        self.assertRegex(terminal.frames()[-1], "#41.*failed")
        self.assertTrue(terminal.drawn.endswith("\n"), "the prompt comes on a line of its own")
        self.assertEqual(terminal.drawn.count("\x1b[?25l"), terminal.drawn.count("\x1b[?25h"), "the cursor is as it was")
        self.assertEqual(os.listdir(self.store), [])

    def test_it_does_not_go_back_when_a_build_outlasts_its_history(self):
        self.past(*range(31, 41), lasted=1)
        self.begin(41)
        terminal = self.terminal()
        terminal.wait_frame("overdue")
        seen = len(terminal.frames())
        terminal.wait(lambda: len(terminal.frames()) > seen + 8, "further frames")
        self.assertEqual(self.percentages(terminal), sorted(self.percentages(terminal)))
        terminal.kill()

    def test_in_ascii_where_utf8_is_not_shown(self):
        for locale in ({"LC_ALL": "C"}, {"LANG": ""}):
            with self.subTest(locale):
                self.begin(41)
                terminal = self.terminal(env=locale)
                terminal.wait_frame(BAR)
                self.end(41, "FAILURE", branch="größer")
                self.assertEqual(terminal.finish(), 1)
                self.assertTrue(terminal.drawn.isascii(), terminal.drawn)
                self.assertRegex(terminal.frames()[-1], "^x job #41 failed")

    def test_without_history_there_is_no_percentage(self):
        self.simulator.job(JOB, gone=True)
        self.begin(41)
        terminal = self.terminal()
        terminal.wait_frame(r"job.*#41")
        self.polled_running(41, 5)
        self.end(41)
        self.assertEqual(terminal.finish(), 0)
        self.assertNotIn("%", terminal.drawn)

    def test_colours_unless_told_otherwise(self):
        for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            with self.subTest(env):
                self.begin(41)
                terminal = self.terminal(env=env)
                terminal.wait_frame(r"job.*#41")
                self.polled_running(41, 5)
                self.end(41)
                self.assertEqual(terminal.finish(), 0)
                self.assertEqual(bool(COLOUR.search(terminal.drawn)), coloured, terminal.drawn)

    def test_it_fits_the_terminal(self):
        for columns in (120, 40, 20):
            with self.subTest(columns):
                self.begin(41)
                terminal = self.terminal(columns=columns)
                terminal.wait_frame("job")
                self.polled_running(41, 5)
                for frame in terminal.frames():
                    self.assertLessEqual(width(frame), columns)
                terminal.kill()

    def test_it_fits_after_a_resize(self):
        terminal = self.terminal(columns=100)
        terminal.wait_frame(BAR)
        for columns in (40, 70, 30):
            terminal.resize(columns)
            seen = len(terminal.frames())
            # One that was under way may have had the old width.
            terminal.wait(lambda: len(terminal.frames()) > seen + 3, "further frames")
            for frame in terminal.frames()[seen + 1:]:
                self.assertLessEqual(width(frame), columns)

    def test_interrupted(self):
        terminal = self.terminal()
        terminal.wait_frame(BAR)
        terminal.process.send_signal(signal.SIGINT)
        self.assertEqual(terminal.finish(), 130)
        self.assertTrue(terminal.drawn.endswith("\n"))
        self.assertEqual(terminal.drawn.count("\x1b[?25l"), terminal.drawn.count("\x1b[?25h"))


if __name__ == "__main__":
    sys.exit(case.main())
