"""`status`: the table and the lines of a running daemon's jobs, and what it says where there is none to ask."""

import json
import signal
import socket
import sys
import time
import urllib.parse

from support import case, daemon as daemons
from support.case import Case, job_id
from support.following import JOB, Following
from support.terminal import COLOUR, ESCAPE, Terminal

TOKEN = "0123456789abcdef-the-token"


def listed(name, state="idle", outcome="success", **more):
    """A job as the API has it."""
    build = {"number": 41, "building": state == "running", "outcome": outcome, "result": None, "region": "cn-north-4",
             "started_at": "2026-11-23T19:05:11.000Z", "finished_at": None if state == "running" else "2026-11-23T20:18:17.000Z",
             "times_exact": False, "finished_between": None, "duration_seconds": None, "source": None}
    return {"name": name, "provider": "huawei", "job_id": job_id(1), "labels": {}, "state": state, "build": build, "progress": None,
            "eta": None, "eta_between": None, "last_poll_at": None, "next_poll_at": None, "last_error": None} | more


def answer(body, status=200):
    return {"status": status, "body": body if isinstance(body, str) else json.dumps(body), "headers": {"Content-Type": "application/json"}}


def error(status, message):
    return answer({"error": {"code": "x", "message": message}}, status)


class Pages:
    """Answers as the API does, from `jobs`, a page of at most so many bytes."""

    def __init__(self, *jobs, most=1000):
        self.jobs = {job["name"]: json.dumps(job) for job in jobs}
        self.most = most

    def __call__(self, received):
        if received.headers.get("authorization", "Bearer " + TOKEN) != "Bearer " + TOKEN:
            return error(401, "a token is needed")
        address = urllib.parse.urlsplit(received.path)
        asked = urllib.parse.parse_qs(address.query)
        names = [name for name in sorted(self.jobs) if name > asked.get("after", [""])[0]]
        shown = names[:min(int(asked["limit"][0]), self.most)]
        following = json.dumps(shown[-1]) if len(shown) < len(names) else "null"
        return answer(f'{{"jobs": [{", ".join(self.jobs[name] for name in shown)}], "next": {following}}}')


class Status(Case):
    def configured(self, http, **more):
        return self.config([self.job("one")], **more) | ({} if http is None else {"http": http})

    def http_of(self, receiver, **more):
        return {"listen": f"127.0.0.1:{receiver.port}", **more}

    def call(self, http, *arguments, code=0, **more):
        done = self.command("status", *arguments, config=self.configured(http), **more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stderr == "", code == 0, done.stderr)
        return done

    def fails(self, http, *wanted, **more):
        """-> what it says, in which each pattern is found."""
        done = self.call(http, code=1, **more)
        self.assertRegex(done.stderr, r"\Abuildwatchd status: .+\n\Z")
        for pattern in wanted:
            self.assertRegex(done.stderr, pattern)
        self.assertNotIn(TOKEN, done.stdout + done.stderr)
        return done


class Answers(Status):
    """Of a stand-in, as no daemon would give them at will."""

    def test_the_table_of_several_pages(self):
        jobs = [listed(f"job-{n:03}") for n in range(25)] + [listed("later", "running", None), listed("bad", "idle", "failure")]
        api = self.receiver(default=Pages(*jobs, most=10))
        lines = self.call(self.http_of(api)).stdout.splitlines()
        self.assertEqual(len(lines), 1 + 27)
        self.assertRegex(lines[0], r"^JOB +STATE +BUILD +OUTCOME +PROGRESS +ENDED$")
        self.assertRegex(lines[1], r"^bad +idle +#41 +failure +- +2026-11-23 \S+ \(.+ ago\)$")
        self.assertRegex(lines[2], r"^later +running +#41 +- ")
        self.assertEqual([line.split()[0] for line in lines[3:]], [f"job-{n:03}" for n in range(25)])
        self.assertEqual(len(api.received), 3)
        for request in api.received:
            self.assertEqual(request.headers["host"], f"127.0.0.1:{api.port}")
            self.assertRegex(request.headers["user-agent"], r"^buildwatchd/\d")
            self.assertNotIn("authorization", request.headers)

    def test_json_lines_are_those_of_the_api(self):
        jobs = [listed(f"job-{n}", labels={"b": "]}", "a": '{"'}, progress=0.25, unheard_of=[{}]) for n in range(5)]
        api = self.receiver(default=Pages(*reversed(jobs), most=2))
        self.assertEqual(self.call(self.http_of(api), "--json").stdout, "".join(json.dumps(job) + "\n" for job in jobs))

    def test_json_lines_come_page_by_page(self):
        """What was there before it went wrong is printed."""
        api = self.receiver(default={"status": 500})
        api.answers = [answer({"jobs": [listed("a")], "next": "a"})]
        done = self.call(self.http_of(api), "--json", code=1)
        self.assertEqual(json.loads(done.stdout)["name"], "a")

    def test_pages_that_are_too_large_are_asked_for_in_halves(self):
        large = [listed(f"job-{n:03}", labels={"text": "x" * 9000}) for n in range(300)]
        api = self.receiver(default=Pages(*large))
        self.assertEqual(len(self.call(self.http_of(api), "--json").stdout.splitlines()), 300)

    def test_who_stops_reading_ends_it_without_a_word(self):
        api = self.receiver(default=Pages(listed("a")))
        for arguments in (("status",), ("status", "--json")):
            told = daemons.unread(self.folder, arguments, self.configured(self.http_of(api)))
            self.assertEqual(told, (-signal.SIGPIPE, ""))

    def test_no_job(self):
        done = self.command("status", config=self.configured(self.http_of(self.receiver(default=Pages()))))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", "the daemon watches no jobs\n"))

    def test_the_token_is_sent_and_no_other_secret_is_read(self):
        api = self.receiver(default=Pages(listed("one")))
        config = self.configured(self.http_of(api, token="${env:HTTP_TOKEN}"), sinks={"hook": {"type": "webhook", "url": "${file:nowhere}"}},
                                 providers={case.PROVIDER: self.provider(auth={"type": "token", "token": "${env:NOT_SET}"})})
        done = self.command("status", config=config, env={"HTTP_TOKEN": TOKEN})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(api.received[0].headers["authorization"], "Bearer " + TOKEN)
        done = self.command("status", config=config)
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"http\.token: .*not set")

    def test_every_address_is_asked_at_this_machine(self):
        api = self.receiver(default=Pages(listed("one")))
        self.call({"listen": f"0.0.0.0:{api.port}", "token": TOKEN})
        self.call({"listen": f"localhost:{api.port}"})
        self.assertEqual({request.headers["host"] for request in api.received}, {f"127.0.0.1:{api.port}"})
        self.fails({"listen": f"[::]:{api.port}", "token": TOKEN}, r"\[::1\]:\d+")

    def test_what_others_say_is_cleaned(self):
        hostile = listed("one", state="\x1b[2J\x07", last_error="a\nb\x1b]0;title\x07\x9b\u202e")
        api = self.receiver(default=answer({"jobs": [hostile], "next": None}))
        done = self.call(self.http_of(api))
        self.assertEqual(len(done.stdout.splitlines()), 2)
        self.assertNotRegex(done.stdout, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
        api.answer_with(error(500, "x\x1b[2J\ny" + "z" * 10000))
        done = self.fails(self.http_of(api), "500: x")
        self.assertNotRegex(done.stderr, "[\x00-\x09\x0b-\x1f\x7f-\x9f]")
        self.assertLess(len(done.stderr), 500)

    def test_refusals(self):
        api = self.receiver(default=error(401, "a token is needed"))
        self.fails(self.http_of(api), r"http://127\.0\.0\.1:\d+: 401: .*asks for a token.*no `http\.token`")
        self.fails(self.http_of(api, token=TOKEN), "401: the token is refused: .*another")
        api.answer_with(error(503, "the store cannot be read"))
        self.fails(self.http_of(api), "503: the store cannot be read")

    def test_what_is_no_buildwatchd(self):
        api = self.receiver()
        for told in (answer("<html>"), answer("[]"), answer({"jobs": [{}], "next": None}), answer({"jobs": [listed("a")], "next": "../x"}),
                     answer("<html>", 404), {"status": 204}, {"close": True}, answer("x" * (1 << 21))):
            with self.subTest(told=str(told)[:60]):
                api.answer_with(told)
                self.fails(self.http_of(api), r"\?$")

    def test_pages_that_go_round_end(self):
        api = self.receiver(default=answer({"jobs": [listed("a")], "next": "a"}))
        self.fails(self.http_of(api), "leads nowhere")

    def test_a_daemon_that_hangs_is_given_up(self):
        api = self.receiver(default={"hang": True})
        began = time.monotonic()
        self.fails(self.http_of(api), r"no answer within 10 s from 127\.0\.0\.1:\d+")
        self.assertGreater(time.monotonic() - began, 9)

    def test_on_a_terminal(self):
        jobs = [listed("website", "unreachable", last_error="connect to 192.0.2.7:443: Connection timed out " * 5), listed("other")]
        api = self.receiver(default=Pages(*jobs))
        file = str(self.folder / "buildwatch.yaml")
        self.call(self.http_of(api))  # writes it
        for columns, env, coloured in ((100, {}, True), (80, {"NO_COLOR": "1"}, False), (120, {"TERM": "dumb"}, False)):
            with self.subTest(columns=columns):
                terminal = Terminal(self.folder, ["status", "--config", file], columns, env, on="stdout")
                self.addCleanup(terminal.kill)
                self.assertEqual(terminal.finish(), 0)
                self.assertEqual(bool(COLOUR.search(terminal.drawn)), coloured)
                lines = ESCAPE.sub("", terminal.drawn).replace("\r", "").splitlines()
                self.assertEqual(len(lines), 3)
                self.assertLessEqual(max(map(len, lines)), columns)
                self.assertRegex(lines[1], r"^website +unreachable ")


class NoDaemon(Status):
    def test_without_http_it_says_what_to_add(self):
        self.fails(None, r"buildwatch\.yaml has no `http`.*add `http: \{\}`")

    def test_nobody_listens(self):
        gone = self.receiver()
        gone.close()
        self.fails(self.http_of(gone), r"connect to 127\.0\.0\.1:\d+: Connection refused; is the daemon running")

    def test_any_port(self):
        self.fails({"listen": "127.0.0.1:0"}, "port 0.*name a port")

    def test_a_wrong_configuration(self):
        done = self.command("status", config=self.configured({"listen": "nowhere"}))
        self.assertEqual((done.returncode, done.stdout), (78, ""))
        self.assertRegex(done.stderr, r"http\.listen: ")
        self.assertEqual(self.command("status", "--config", "/no/such/file").returncode, 78)

    def test_wrong_usage(self):
        self.assertEqual(self.command("status", "one").returncode, 2)


class Real(Status, Following):
    """Of a daemon and the simulator."""

    def served(self, **more):
        """Where a daemon may listen."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            return {"listen": f"127.0.0.1:{free.getsockname()[1]}", **more}

    def daemon_of(self, http):
        """A job that runs, one that failed, one that passed and one that nobody knows; -> the daemon, once it has seen them all."""
        self.past(*range(1, 11), lasted=300)
        self.begin(11)
        self.simulator.job(job_id(2), 1, "running")
        self.simulator.job(job_id(3), 1, "finished")
        jobs = [self.followed("running"), self.job("failed", 2), self.job("passed", 3), self.job("typo", 4)]
        daemon = self.start(self.following(jobs=jobs, sinks={}) | {"http": http})
        self.polled(2)
        self.finish(2, word="FAILURE")
        wanted = {"running": "running", "failed": "done", "passed": "done", "typo": "not_found"}
        daemon.wait(lambda: {job["name"]: job["state"] for job in self.objects()} == wanted, "the state of every job")
        return daemon

    def ask(self, *arguments, **more):
        return self.command("status", *arguments, "--config", str(self.folder / "buildwatch.yaml"), **more)

    def objects(self):
        """[] where nobody listens yet."""
        return [json.loads(line) for line in self.ask("--json").stdout.splitlines()]

    def test_a_table_of_what_it_watches(self):
        self.daemon_of(self.served())
        lines = self.ask().stdout.splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["JOB", "failed", "typo", "running", "passed"])
        self.assertRegex(lines[1], r"^failed +done +#1 +failure +- +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S+ \(.+ ago\)$")
        self.assertRegex(lines[2], r"^typo +not_found +- +- +- +- +\S")
        self.assertRegex(lines[3], r"^running +running +#11 +- +\d+ %, [45] min left( \(\d+ to \d+ min\))? +-$")

    def test_json_of_what_it_watches(self):
        daemon = self.daemon_of(self.served())
        daemon.wait(lambda: self.objects()[2]["progress"], "progress")
        found = {job["name"]: job for job in self.objects()}
        self.assertEqual(list(found), ["failed", "passed", "running", "typo"])
        self.assertEqual(found["failed"]["build"]["outcome"], "failure")
        self.assertEqual(found["running"]["build"]["number"], 11)
        self.assertLess(found["running"]["progress"], 1)
        self.assertIsNone(found["passed"]["progress"])

    def test_another_token_is_refused(self):
        http = self.served(token=TOKEN)
        daemon = self.daemon_of(http)
        self.assertNotIn(TOKEN, daemon.log)
        self.fails({**http, "token": "another-token-of-this-length"}, "401: the token is refused")
        self.fails(self.without(http, "token"), r"401: .*no `http\.token`")
        self.assertEqual(len(self.call(http, "--json").stdout.splitlines()), 4)

    def without(self, http, key):
        return {name: value for name, value in http.items() if name != key}

    def test_a_daemon_that_has_ended(self):
        daemon = self.daemon_of(self.served())
        daemon.stop()
        done = self.ask()
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("Connection refused", done.stderr)


if __name__ == "__main__":
    sys.exit(case.main())
