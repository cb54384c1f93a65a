"""The page with the daemon itself: builds of the simulator, a kill, a token, dead webhooks, thousands of jobs."""

import random
import socket

from support import browsing, page as pages
from support.browsing import Browsing
from support.case import job_id
from support.following import JOB, Following

PAST, USUAL = 20, 600  # builds, seconds


def free_port():
    """Below those that the system hands out by itself: it is still free when a daemon is started again."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Daemon(Browsing, Following):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def shown(self, http=None, **more):
        """The configuration of a daemon that shows its page."""
        config = self.following(**more)
        return config | {"http": {"listen": f"127.0.0.1:{self.port}"} | (http or {})}

    def steady(self, *numbers):
        """Jobs with a past: builds 1 to PAST, that took about USUAL seconds."""
        past = [{"number": number, "started_ago": 3600 * (PAST - number + 2), "lasted": USUAL * (0.9 + 0.02 * (number % 10))} for number in range(1, PAST + 1)]
        self.simulator.script({job_id(number): {"history": past} for number in numbers})

    def serving(self, config, path="/", state=None, **more):
        """-> (a daemon, a page that shows its jobs)."""
        daemon = self.start(config, state=state)
        daemon.wait(self.answers, "the page to be served")
        page = self.page(path, **more)
        page.wait(lambda: len(self.names(page)) > 0, "the jobs")
        return daemon, page

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        except OSError:
            return False

    # --- what the wall shows

    def test_a_build_from_start_to_failure(self):
        self.steady(1, 2, 3)
        jobs = [self.followed(name, number, labels={"team": team}) for number, (name, team) in enumerate(
            (("firmware", "core"), ("firmware-old", "apps"), ("website", "core")), start=1)]
        daemon, page = self.serving(self.shown(jobs=jobs), "/#/?q=firm&label=team%3Dcore")
        self.stay(page)
        page.wait_text("#verdict", "All passing")
        self.assertEqual(self.names(page), ["firmware"])
        page.wait(lambda: "Last 20 builds: 20 passed" in self.strip(page, "firmware"), "the past in the strip")
        self.begin(PAST + 1)
        page.wait(lambda: self.names(page, "running") == ["firmware"], "the build that runs")
        page.wait(lambda: " left (" in page.text(".ahead"), "the time left with its range")
        self.assertRegex(page.text(".ahead"), r"^\d+ % · (9|10) min left \(\d+–\d+ min\)$")
        self.assertIn(int(page.js("document.querySelector('[role=progressbar]').getAttribute('aria-valuenow')")), range(0, 20))
        page.shot("daemon-running")
        self.end(PAST + 1, "FAILURE")
        page.wait_text("#verdict", "1 failing")
        self.assertEqual(page.js("document.querySelector('#banner').dataset.verdict"), "failing")
        page.wait_text(".job", "#21 failed")
        page.wait(lambda: "Last 21 builds: 1 failed, 20 passed" in self.strip(page, "firmware"), "the end in the strip")
        self.assertEqual(page.js("location.hash"), "#/?q=firm&label=team%3Dcore")
        self.assertEqual(self.names(page), ["firmware"])
        daemon.stop()
        page.wait_text("#verdict", "Connection lost")

    def test_the_events_of_the_stream_are_heard(self):
        self.steady(1)
        _, page = self.serving(self.shown())
        page.js("{ const ask = window.fetch; window.fetch = (path, ...more) => path.startsWith('/api/v1/jobs') ? new Promise(() => {}) : ask(path, ...more); }")
        self.begin(PAST + 1)
        page.wait_text(".job", f"#{PAST + 1} running")
        self.end(PAST + 1, "FAILURE")
        page.wait_text("#verdict", "1 failing")

    def test_what_is_queued_and_what_outruns_another(self):
        self.steady(1)
        _, page = self.serving(self.shown())
        page.wait_text("#verdict", "All passing")
        first, second = PAST + 1, PAST + 2
        self.simulator.job(JOB, first, "queued")
        page.wait_text(".job", f"#{first} queued; #{PAST} passed")
        self.assertEqual(self.names(page, "passing"), ["job"])
        self.begin(first)
        page.wait_text(".job", f"#{first} running")
        self.begin(second)
        page.wait_text(".job", f"#{second} running")
        self.end(second, "FAILURE")
        page.wait_text("#verdict", "1 failing")
        page.wait_text("#tally", "1 running")
        page.wait_text(".job", f"#{first} running")
        page.wait_text(".job", f"; #{second} failed")
        page.wait(lambda: " left (" in page.text(".ahead"), "the time left of the one that runs")
        page.wait(lambda: f"Last {second} builds: 1 failed, {PAST} passed, 1 running" in self.strip(page, "job"), "both in the strip")

    def test_more_pages_than_streams(self):
        self.steady(1)
        _, page = self.serving(self.shown(http={"connections": 12}))
        pages = [page] + [self.page(ready=False) for _ in range(6)]
        pages[-1].wait_text("#link", "Updated every 10 s")
        self.end(PAST + 1, "FAILURE")
        for one in pages:
            one.wait_text("#verdict", "1 failing")

    def test_killed_and_started_again(self):
        self.steady(1, 2)
        state, config = self.state(), self.shown(jobs=[self.followed("firmware", 1), self.followed("website", 2)])
        daemon, page = self.serving(config, state=state)
        self.stay(page)
        page.wait_text("#verdict", "All passing")
        page.wait(lambda: "20 passed" in self.strip(page, "firmware"), "the strip")
        daemon.kill()
        page.wait_text("#verdict", "Connection lost")
        page.wait_text("#lost", "as of")
        page.shot("daemon-killed")
        self.end(PAST + 1)
        self.end(PAST + 2, "FAILURE")
        self.start(config, state=state)
        page.wait_text("#verdict", "1 failing")
        page.wait_text("#link", "Live")
        self.assertEqual(page.text("#lost"), "")
        page.wait(lambda: "Last 22 builds: 1 failed, 21 passed" in self.strip(page, "firmware"), "both builds that were missed")
        self.begin(PAST + 3)
        page.wait_text(".job", f"#{PAST + 3} running")
        other = self.page()  # one that has not seen it begin
        other.wait_text(".job", f"#{PAST + 3} running for about ")

    def test_a_token(self):
        self.steady(1)
        config = self.shown(http={"token": "a-token-for-the-wall"})
        self.start(config).wait(self.answers, "the page to be served")
        stranger = self.page(ready=False)
        self.assertEqual(stranger.text("#verdict"), "")
        page = self.page(user=("wall", "a-token-for-the-wall"))
        page.wait_text("#verdict", "All passing")
        page.wait(lambda: "20 passed" in self.strip(page, "job"), "the strip")
        self.assertEqual(page.signed_in, 1, "once, and then for everything on the page")
        self.end(PAST + 1, "FAILURE")
        page.wait_text("#verdict", "1 failing")
        self.assertNotIn("a-token", page.js("document.documentElement.outerHTML"))

    def test_undelivered_notifications(self):
        self.steady(1)
        hook = self.receiver(default=lambda received: {"status": 503 if received.path == "/oncall" else 204})
        sinks = {"oncall": self.to(hook, "/oncall"), "chat": {"type": "webhook", "url": hook.url("/chat"), "retry": ["50ms"]}}
        _, page = self.serving(self.shown(sinks=sinks))
        page.wait_text("#verdict", "All passing")
        self.assertEqual(page.text("#notices"), "")
        self.end(PAST + 1)
        page.wait_text("#notices", "oncall (webhook): 1 waiting")
        page.wait_text("#notices", "503")
        page.shot("daemon-undelivered")
        hook.answer_with({"status": 204})
        page.wait(lambda: page.text("#notices") == "", "that what waited was delivered")
        hook.answer_with(lambda received: {"status": 503 if received.path == "/chat" else 204})
        self.end(PAST + 2)
        page.wait_text("#notices", "chat (webhook): 1 given up")

    def test_a_job_nobody_can_reach(self):
        self.steady(1)
        daemon, page = self.serving(self.shown(unreachable_after="300ms"))
        page.wait_text("#verdict", "All passing")
        fault = self.simulator.fault("status", status=500, body="{}")
        page.wait_text("#verdict", "1 out of sight")
        page.wait_text(".job", "Unreachable")
        self.assertEqual(self.names(page, "unseen"), ["job"])
        self.simulator.clear_faults(fault)
        page.wait_text("#verdict", "All passing")
        self.assertEqual(daemon.process.poll(), None)

    def test_looks_on_the_real_thing(self):
        self.steady(1, 2)
        jobs = [self.followed("firmware", 1, labels={"team": "core"}), self.followed("website", 2)]
        _, page = self.serving(self.shown(jobs=jobs, sinks={"oncall": self.to(self.receiver(default={"status": 503}))}))
        self.end(PAST + 1, "FAILURE")
        page.wait_text("#verdict", "1 failing")
        self.begin(PAST + 2)
        page.wait(lambda: " left (" in page.text(".ahead"), "the time left")
        page.wait_text("#notices", "oncall")
        for dark, theme in ((False, "light"), (True, "dark")):
            for path, ready in (("#/", lambda: "1 running" in self.strip(page, "firmware")), ("#/job/firmware", lambda: self.bars(page) == PAST + 2)):
                with self.subTest(theme=theme, path=path):
                    page.prefer(dark)
                    page.size(1280, 800)
                    page.js(f"location.hash = '{path}'")
                    page.wait(ready, "the past builds")
                    page.shot(f"daemon-{'job' if 'job' in path else 'list'}-{theme}")
                    self.sound(page)
                    page.size(360, 740, phone=True)
                    self.fits(page)
        page.wait_text(".chart", "usually")
        self.assertEqual(page.texts(".builds tbody th")[:2], [f"#{PAST + 2}", f"#{PAST + 1}"])

    def bars(self, page):
        return page.js("document.querySelectorAll('.chart g').length")

    def sound(self, page):
        if not pages.AXE.exists():
            self.skipTest("BUILDWATCH_AXE names no folder with axe-core")
        self.assertEqual(page.axe(), [])

    # --- many

    def test_two_thousand_jobs(self):
        numbers = range(1, 2001)
        history = [{"number": 1, "started_ago": 7200, "lasted": 300}]
        self.simulator.script({job_id(number): {"history": history} for number in numbers})
        self.end(2, "FAILURE")
        config = self.shown(jobs=[self.followed(f"job-{number:04}", number, labels={"team": f"team-{number % 20}"}) for number in numbers])
        config["defaults"]["poll"] = {"idle": "20s", "building": "1s", "mode": "fixed"}
        daemon, page = self.serving(config)
        page.wait(lambda: page.js("document.querySelectorAll('.job').length") == 2000, "every row")
        page.wait(lambda: "2,000 jobs" in page.text("#tally"), "the tally")
        page.wait_text("#verdict", "1 failing")
        page.wait(lambda: "1,999 passing" in page.text("#tally"), "the first look at each")
        self.assertEqual(self.names(page)[:2], ["job-0001", "job-0002"])
        page.close()
        page = self.page()  # rows no longer move
        page.wait(lambda: page.js("document.querySelectorAll('.job').length") == 2000, "every row again")
        self.settle(page)
        page.shot("daemon-two-thousand")
        self.assertLess(len([url for url in page.asked if "/builds" in url]), 60, "strips of what is in sight, no more")
        self.simulator.job(job_id(1777), 2, "finished", word="FAILURE")
        page.wait_text("#verdict", "2 failing")
        page.click("#filter-text")
        page.type("1777")
        page.wait(lambda: self.names(page) == ["job-1777"], "the filter")
        self.assertEqual(daemon.process.poll(), None)


if __name__ == "__main__":
    browsing.main()
