"""What changes shows by itself: builds that start and end, a server that goes and comes back."""

import json
import re

from support import browsing
from support.browsing import Case
from support.scene import furnish


# What waits for a minute, or ever, waits until minute() is called.
MINUTE = """{ const set = window.setTimeout; let waits = [];
  window.setTimeout = (what, wait, ...more) => (wait < 60000 || wait === undefined ? set(what, wait, ...more) : void waits.push(what));
  window.minute = () => { const due = waits; waits = []; for (const one of due) one(); }; }"""


class Live(Case):
    def test_a_build_from_start_to_end(self):
        self.place.job("first", "ssss", minutes=10)
        self.place.job("second", "ssss")
        page = self.page()
        self.stay(page)
        page.wait_text("#verdict", "All passing")
        self.assertEqual(self.names(page, "passing"), ["first", "second"])
        self.place.begin("second", elapsed=60)
        page.wait(lambda: self.names(page, "running") == ["second"], "the running job above those that pass")
        page.wait(lambda: " left (" in page.text(".ahead"), "the time left with its range")
        page.wait(lambda: re.search(r"#5 running for about ([6-9]\d s|[1-9] min)", page.text(".job")), "how long it has run, which no field of the API tells")
        percent = int(page.js("document.querySelector('[role=progressbar]').getAttribute('aria-valuenow')"))
        self.assertIn(percent, range(1, 99))
        self.assertIn(f"{percent} %", page.js("document.querySelector('[role=progressbar]').getAttribute('aria-valuetext')"))
        share = page.js("(() => { const [a, b] = ['.bar', '.bar div'].map((at) => document.querySelector(at).getBoundingClientRect().width); return b / a; })()")
        self.assertAlmostEqual(100 * share, percent, delta=3, msg="the bar says what the number says")
        self.place.end("second", "failure")
        page.wait_text("#verdict", "1 failing")
        page.wait_text("#verdict-who", "second")
        self.assertEqual(self.names(page), ["second", "first"])
        page.wait_text(".job", "#5 failed")
        self.assertEqual(page.text(".ahead"), "")
        page.wait(lambda: "1 failed, 4 passed" in self.strip(page, "second"), "the build in the strip")
        page.wait(lambda: page.js("document.title").startswith("✗ 1 failing"), "the title of the tab")
        page.wait(lambda: "second" in page.js("document.querySelector('#spoken').textContent"), "what is spoken")

    def test_a_failing_job_that_runs_again_still_fails(self):
        self.place.job("good", "sss")
        self.place.job("bad", "ssf")
        self.place.begin("bad")
        page = self.page()
        page.wait_text("#verdict", "1 failing")
        self.assertEqual(self.names(page), ["bad", "good"])
        self.place.end("bad", "aborted")
        page.wait_text(".job", "#4 aborted")
        page.wait_text(".job", "#3 failed")
        page.wait_text("#verdict", "1 failing")
        self.place.begin("bad")
        self.place.end("bad")
        page.wait_text("#verdict", "All passing")
        self.assertEqual(self.names(page), ["bad", "good"])

    def test_a_start_that_is_seen(self):
        self.place.job("new", "s")
        page = self.page()
        self.place.begin("new", forecast=False)
        page.wait_text(".job", "#2 running for about ")
        page.wait_text(".job", "too few past builds")

    def test_an_end_whose_time_nobody_knows(self):
        build = self.place.job("only", "s")["past"][0]
        build |= {"started_at": None, "finished_at": None, "times_exact": False, "finished_between": [None, build["finished_at"]], "duration_seconds": None}
        page = self.page()
        page.wait(lambda: re.search(r"#1 passed \d+ min ago", page.text(".job")), "when it was seen to have ended")

    def test_builds_side_by_side(self):
        self.place.job("only", "sss")
        self.place.begin("only")
        self.place.begin("only")
        page = self.page()
        page.wait_text(".job", "#5 running")
        page.wait(lambda: "3 passed, 2 running" in self.strip(page, "only"), "the past, and both")
        self.place.end("only", "failure", number=4)
        page.wait_text("#verdict", "1 failing")
        page.wait_text(".job", "#5 running")
        page.wait_text(".job", "#4 failed")
        page.wait(lambda: "5 builds: 1 failed, 3 passed, 1 running" in self.strip(page, "only"), "both in the strip")

    # What the newest build is, if it is queued, says nothing of how a job stands.

    def queued_ones(self):
        for name, past in (("passed", "ss"), ("failed", "sf"), ("aborted", "sfa"), ("first", ""), ("one", "")):
            self.place.job(name, past)

    def queue_all(self):
        for name in ("passed", "failed", "aborted", "first"):
            self.place.queue(name)
        self.place.queue("one", number=12)

    def sees_the_queued(self, page):
        page.wait(lambda: {text.split("\n")[0] for text in page.texts(".job .name")} == {"passed", "failed", "aborted", "first", "one"}, "the jobs")
        for name, words in (("passed", "#3 queued; #2 passed "), ("failed", "#3 queued; #2 failed "), ("aborted", "#4 queued; #3 aborted; #2 failed "),
                            ("first", "#1 queued"), ("one", "#12 queued")):
            page.wait(lambda: self.row(page, name).startswith(words), f"{name}: {words}")
        page.wait_text("#verdict", "2 failing")
        self.assertEqual(set(self.names(page, "failing")), {"failed", "aborted"})
        self.assertEqual((self.names(page, "passing"), self.names(page, "undecided")), (["passed"], ["first", "one"]))
        self.settle(page)
        self.assertIn("Last 2 builds: 1 failed, 1 passed", self.strip(page, "failed"))
        self.assertEqual(self.strip(page, "first"), "No past builds")

    def row(self, page, name):
        """What the row of that job says of it."""
        return page.js(f"[...document.querySelectorAll('.job')].find((job) => job.querySelector('.name').innerText === {json.dumps(name)})?.querySelector('.what p').innerText ?? ''")

    def test_queued_builds_that_are_seen_to_come(self):
        self.queued_ones()
        page = self.page()
        page.wait_text("#verdict", "2 failing")
        self.settle(page)
        self.queue_all()
        page.js("document.dispatchEvent(new Event('visibilitychange'))")  # as if it had just been turned to: it looks anew
        self.sees_the_queued(page)
        self.place.begin("first")
        self.place.begin("failed")
        page.wait(lambda: self.row(page, "first").startswith("#1 running"), "the start of what was queued")
        page.wait(lambda: self.row(page, "failed").endswith("; #2 failed"), "the start of what was queued after a failure")
        self.place.end("failed")
        page.wait(lambda: self.row(page, "failed").startswith("#3 passed"), "its end")

    def test_queued_builds_of_a_fresh_page(self):
        self.queued_ones()
        self.queue_all()
        page = self.page()
        self.sees_the_queued(page)
        page.js("location.hash = '#/job/failed'")
        page.wait_text("#job-view", "#3 queued; #2 failed ")
        page.wait(lambda: page.texts(".builds tbody th") == ["#2", "#1"], "those that have begun")
        self.assertEqual(page.text(".facts dd"), "queued")

    def test_how_a_job_stands_before_its_past_is_read(self):
        self.queued_ones()
        self.queue_all()
        page = self.page(first="{ const ask = window.fetch; window.fetch = (path, ...more) => (path.includes('/builds') ? new Promise(() => {}) : ask(path, ...more)); }")
        page.wait_text("#verdict", "1 failing")
        self.assertEqual((self.names(page, "failing"), self.names(page, "passing")), (["failed"], ["passed"]))

    def test_a_queued_build_behind_one_that_runs(self):
        self.place.job("only", "ss")
        page = self.page()
        self.place.begin("only")
        page.wait_text(".job", "#3 running")
        self.place.queue("only")
        page.js("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_text(".job", "#4 queued")
        page.wait_text(".job", "#3 running")
        self.assertEqual(self.names(page, "running"), ["only"])
        page.wait(lambda: "Last 3 builds: 2 passed, 1 running" in self.strip(page, "only"), "the strip without what does not run yet")
        self.place.end("only", "failure")
        page.wait(lambda: self.row(page, "only").startswith("#4 queued; #3 failed "), "the end before what is queued")
        self.assertEqual(self.names(page, "failing"), ["only"])

    def test_a_build_that_outruns_one_below_it(self):
        self.place.job("only", "ssss", minutes=10)
        page = self.page()
        self.place.begin("only", elapsed=200)
        self.place.begin("only", elapsed=100)
        page.wait(lambda: self.row(page, "only").startswith("#6 running") and "; #5 too" in self.row(page, "only"), "both")
        self.place.end("only", number=6)
        page.wait(lambda: self.row(page, "only").startswith("#5 running") and self.row(page, "only").endswith("; #6 passed"), "the one that runs on")
        self.outran(page)
        other = self.page()  # one that has seen neither begin
        other.wait(lambda: self.row(other, "only").startswith("#5 running"), "the number, of the list of builds")
        self.outran(other)
        other.js("location.hash = '#/job/only'")
        other.wait(lambda: other.texts(".builds tbody th")[:2] == ["#6", "#5"], "both in the table")
        other.wait_text(".facts", "Expected to end at")
        self.place.end("only", "failure", number=5)
        page.wait_text("#verdict", "All passing")
        page.wait(lambda: self.row(page, "only").startswith("#6 passed"), "the newest, when none runs")
        page.wait(lambda: "Last 6 builds: 1 failed, 5 passed" in self.strip(page, "only"), "both in the strip")

    def outran(self, page):
        page.wait_text("#tally", "1 running")
        self.assertEqual(page.text("#verdict"), "All passing")
        self.assertEqual(self.names(page, "running"), ["only"])
        page.wait(lambda: " left (" in page.text(".ahead"), "the time left")
        self.assertIn(int(page.js("document.querySelector('[role=progressbar]').getAttribute('aria-valuenow')")), range(5, 99))
        page.wait(lambda: "Last 6 builds: 5 passed, 1 running" in self.strip(page, "only"), "the one that runs in the strip")

    def test_an_end_between_two_looks(self):
        """No event tells of it, and the newest build alone does not either."""
        self.place.job("only", "ss")
        self.place.job("other", "ss")
        page, apart = self.page(), self.page("/#/job/other")
        self.settle(page)
        self.place.silent = True
        for outcome in ("failure", "aborted"):
            self.place.begin("only")
            self.place.end("only", outcome)
        for one in (page, apart):
            one.js("document.dispatchEvent(new Event('visibilitychange'))")
            one.wait_text("#verdict", "1 failing")
        page.wait(lambda: re.match("#4 aborted after .*; #3 failed", self.row(page, "only")), "both ends")

    def test_a_build_that_takes_too_long(self):
        for name in ("a", "b", "c"):
            self.place.job(name, "ssssss", minutes=10)
            self.place.begin(name, elapsed=3600 if name == "b" else 300)
        page = self.page()
        page.wait(lambda: self.names(page, "running") == ["b", "a", "c"], "the late one first")
        self.assertEqual([one.count("unusually long") for one in page.texts(".job")], [1, 0, 0])

    def test_worst_first(self):
        for name, past, more in (("pass-2", "s", {}), ("pass-10", "s", {}), ("gone", "s", {"state": "unreachable", "error": "timed out"}), ("wrong", "", {"state": "not_found"}),
                                 ("new", "", {"state": "pending"}), ("aborted", "sa", {}), ("shaky", "su", {}), ("lost", "f", {"state": "unreachable"}), ("run", "sss", {})):
            self.place.job(name, past, **more)
        self.place.begin("run")
        page = self.page()
        page.wait(lambda: self.names(page, "undecided") == ["new"], "the verdict of the job whose newest build was aborted")
        self.assertEqual(set(self.names(page, "failing")), {"lost", "shaky"})
        self.assertEqual(self.names(page)[2:], ["gone", "wrong", "run", "new", "aborted", "pass-2", "pass-10"])
        page.wait_text("section[aria-labelledby='group-unseen'] .job", "timed out")
        page.wait_text("#tally", "1 running · 4 passing · 3 out of sight")

    def test_a_job_that_never_answered_well_does_not_pass(self):
        self.place.job("good", "ss")
        self.place.job("new", "", state="pending")
        page = self.page()
        page.wait_text("#verdict", "All passing")
        self.place.job("never", "", state="pending", error="HTTP 403: no right to see it")
        self.place.job("again", "ss", state="pending", error="no connection")  # passed before the daemon was started anew
        page = self.page()
        page.wait_text("#verdict", "2 not known yet")
        self.assertEqual(page.js("document.querySelector('#banner').dataset.verdict"), "unsure")
        self.assertEqual(page.text("#verdict-who"), "again, never")
        self.assertIn("4 jobs · 1 passing", page.text("#tally"))
        self.assertTrue(page.js("document.title").startswith("– 2 not known yet"))
        self.assertEqual(self.names(page, "undecided"), ["again", "never", "new"])
        self.assertIn("Not known yet; #2 passed", self.row(page, "again"))
        page.wait_text(".job", "no connection")
        self.place.job("bad", "sf")
        page = self.page()
        page.wait_text("#verdict", "1 failing")
        self.assertIn("2 not known yet", page.text("#tally"))

    def test_a_provider_that_nobody_can_reach(self):
        for name, past in (("one", "ss"), ("other", "sss"), ("bad", "sf"), ("new", "")):
            self.place.job(name, past)
        self.place.begin("other")
        page = self.page()
        page.wait_text("#verdict", "1 failing")
        del self.place.jobs["bad"]
        self.place.outage("huawei", "no connection")
        page.wait_text("#verdict", "3 out of sight")
        self.assertEqual(page.js("document.querySelector('#banner').dataset.verdict"), "unseen")
        self.assertEqual(self.names(page), ["new", "one", "other"])
        self.assertEqual(page.text("#tally"), "3 jobs")
        self.assertIn("Unreachable; #4 was running", self.row(page, "other"))
        page.wait_text(".job", "no connection")

    def test_server_gone_and_back(self):
        furnish(self.place)
        page = self.page()
        self.stay(page)
        page.wait_text("#verdict", "2 failing")
        self.place.stop()
        page.wait_text("#verdict", "Connection lost")
        page.wait_text("#lost", "as of")
        self.assertEqual(page.text("#verdict-who"), "")
        self.assertIn("Connection lost", page.js("document.querySelector('#spoken').textContent"))
        self.settle(page)
        page.shot("connection-lost")
        del self.place.jobs["kernel-matrix"]
        for name in ("firmware-nightly", "billing-web", "firmware-nightly"):
            self.place.begin(name)
            self.place.end(name, "failure")
        self.place.job("brand-new", "ss")
        self.place.start()
        page.wait(lambda: set(self.names(page, "failing")) == {"billing-web", "firmware-nightly"}, "what changed meanwhile")
        self.assertEqual(page.text("#lost"), "")
        self.assertNotIn("kernel-matrix", self.names(page))
        self.assertIn("brand-new", self.names(page))
        page.wait(lambda: "4 failed" in self.strip(page, "firmware-nightly"), "the strip with both builds that were missed")
        self.place.begin("gateway")
        page.wait(lambda: "gateway" in self.names(page, "running"), "events after the restart")

    def test_events_show_before_any_question(self):
        self.place.job("only", "ss")
        page = self.page()
        verdicts = page.remember("#verdict")
        self.place.frozen = {"only": dict(self.place.jobs["only"])}
        self.place.begin("only")
        self.place.end("only", "failure")
        page.wait(lambda: "1 failing" in verdicts(), "what the stream told")

    def test_a_stream_that_breaks_alone(self):
        self.place.job("only", "ss")
        page = self.page()
        links, verdicts = page.remember("#link"), page.remember("#verdict")
        self.place.break_streams()
        page.wait(lambda: "Updated every 10 s" in links(), "that there is no stream")
        page.wait_text("#link", "Live")
        self.assertEqual(verdicts(), [])
        self.place.begin("only")
        page.wait(lambda: self.names(page, "running") == ["only"], "events of the next stream")

    def test_a_server_that_hangs(self):
        self.place.job("only", "s")
        page = self.page()
        self.place.mute = True
        page.wait_text("#lost", "no answer")
        self.place.mute = False
        page.wait_text("#verdict", "All passing")

    # Without a stream of events the page is as true, only later.

    def without_stream(self, page):
        page.wait_text("#link", "Updated every 10 s")
        page.wait_text("#verdict", "All passing")
        self.place.begin("only")
        page.wait(lambda: self.names(page, "running") == ["only"], "the start")
        self.place.end("only", "failure")
        page.wait_text("#verdict", "1 failing")
        page.wait(lambda: "1 failed, 2 passed" in self.strip(page, "only"), "the end in the strip")
        self.assertEqual(page.text("#lost"), "")

    def test_streams_are_refused(self):
        self.place.job("only", "ss")
        self.place.full = True
        page = self.page(ready=False)
        self.stay(page)
        links = page.remember("#link")
        self.without_stream(page)
        page.size(360, 740, phone=True)
        self.fits(page)
        page.shot("phone-polling")
        self.assertNotIn("Not connected", links())
        self.place.full = False
        page.wait_text("#link", "Live")

    def test_streams_do_not_begin(self):
        self.place.job("only", "ss")
        self.place.held = True
        self.without_stream(self.page(ready=False))
        self.place.held = False

    def test_a_lost_server_comes_back_without_streams(self):
        self.place.job("only", "ss")
        page = self.page()
        self.place.stop()
        page.wait_text("#verdict", "Connection lost")
        self.place.full = True
        self.place.start()
        self.without_stream(page)

    # A browser has six connections to a server, for all its tabs and windows together.

    def test_hidden_tabs_hold_no_connection(self):
        self.place.job("only", "ss")
        pages = [self.page(first=MINUTE)]
        for _ in range(7):
            pages.append(self.page(ready=False, first=MINUTE, beside=pages[0]))
        pages[-1].wait_text("#verdict", "All passing")
        pages[-1].wait_text("#link", "Live")
        self.place.wait(lambda place: place.streaming == 1, "one stream, of the tab that is seen")
        said = [pages[0].remember(at) for at in ("#link", "#verdict")]
        self.place.begin("only")
        self.place.end("only", "failure")
        for page in pages:
            page.js("minute()")
            page.wait(lambda: page.js("document.title").startswith("✗ 1 failing"), "the title of a tab, hidden or not")
        pages[0].show()
        pages[0].wait_text("#link", "Live")
        self.place.begin("only")
        pages[0].wait_text(".job", "#4 running")
        self.place.wait(lambda place: place.streaming == 1, "the stream of the other let go")
        self.assertEqual([one for kept in said for one in kept() if "onnect" in one and one != "Connecting…"], [])

    def test_a_tab_opened_behind_another_asks_for_no_stream(self):
        self.place.job("only", "ss")
        first = self.page()
        behind = self.page(ready=False, beside=first, behind=True)
        behind.wait(lambda: behind.js("document.title").startswith("✓ All passing"), "the title")
        self.assertEqual(len([path for path in self.place.asked if "/stream" in path]), 1)
        behind.show()
        behind.wait_text("#link", "Live")

    def test_more_windows_than_connections(self):
        self.place.job("only", "ss")
        pages = [self.page()]
        for _ in range(7):
            pages.append(self.page(ready=False, beside=pages[0], window=True))
        said = [page.remember("#verdict") for page in pages]
        for page in pages:
            page.wait_text("#verdict", "All passing")
        self.place.begin("only")
        self.place.end("only", "failure")
        for page in pages:
            page.wait_text("#verdict", "1 failing")
        self.assertEqual({page.js("document.visibilityState") for page in pages}, {"visible"})
        self.assertEqual({one for kept in said for one in kept()} - {"Loading…", "All passing", "1 failing"}, set())
        self.assertIn("Live", [page.text("#link") for page in pages])

    def test_try_now(self):
        self.place.job("only", "s")
        page = self.page()
        self.place.stop()
        page.wait_text("#lost", "Connection lost")
        self.place.start()
        page.click("#lost-retry")
        page.wait_text("#link", "Live")

    def test_a_server_that_has_another_page(self):
        self.place.job("only", "s")
        page = self.page()
        page.wait(lambda: page.js("performance.getEntriesByType('resource').filter((e) => e.name.match(/[/](app.css|app.js)?$/)).length") == 5, "what the page is made of")
        page.js("window.stayed = true")
        self.place.stop()
        page.wait_text("#lost", "Connection lost")
        self.place.newer = b"window.newer = true;"
        self.place.start()
        page.wait(lambda: page.js("document.readyState === 'complete' && window.newer === true"), "the page of the other version")
        page.wait_text("#verdict", "All passing")
        self.assertFalse(page.js("'stayed' in window"))

    def test_undelivered_notifications(self):
        self.place.job("only", "s")
        sink = {"name": "oncall", "type": "webhook", "pending": 0, "delivered": 4, "dead": 0, "paused_until": None, "last_error": None}
        self.place.sinks = [sink]
        page = self.page()
        self.assertEqual(page.text("#notices"), "")
        self.place.sinks = [sink | {"pending": 3, "dead": 1, "last_error": "503 Service Unavailable"}]
        page.wait_text("#notices", "oncall (webhook): 1 given up, 3 waiting: 503 Service Unavailable")
        self.place.sinks = [sink]
        page.wait(lambda: page.text("#notices") == "", "the notice gone")

    def test_what_the_api_tells_is_text(self):
        self.place.job("only", "sf", {"team": "<img src=x onerror=alert(1)>"}, state="unreachable", error="<script>alert(1)</script>")
        self.place.jobs["only"]["past"][0]["source"]["url"] = "javascript:alert(1)"
        page = self.page()
        page.wait_text(".job", "<script>alert(1)</script>")
        page.wait_text(".job .labels", "<img src=x")
        page.js("location.hash = '#/job/only'")
        page.wait(lambda: page.texts(".builds tbody tr"), "the builds")
        self.assertEqual(page.js("[...document.querySelectorAll('.builds a')].map((a) => a.protocol)"), ["https:"])


if __name__ == "__main__":
    browsing.main()
