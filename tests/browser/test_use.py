"""How it is used: the filter and its URL, a job's own view, by keyboard alone, with many jobs."""

import time

from support import browsing
from support.browsing import Case
from support.scene import furnish

# Counts the questions for past builds that the page has open at a time.
COUNTING = """{ const ask = window.fetch; let open = 0; window.most_open = 0;
  window.fetch = async (path, ...more) => {
    if (!path.endsWith("/builds") && !path.includes("/builds?")) return ask(path, ...more);
    window.most_open = Math.max(window.most_open, ++open);
    try { return await ask(path, ...more); } finally { open -= 1; }
  }; }"""


class Use(Case):
    def test_filter_by_text_and_label_in_the_url(self):
        furnish(self.place)
        page = self.page()
        page.click("#filter-text")
        page.type("Installer")
        page.wait(lambda: self.names(page) == ["installer-arm64", "installer-x86_64"], "the jobs with that text")
        page.wait_text("#verdict", "All passing")
        page.wait_text("#tally", "2 of 25 jobs")
        page.js("{ const s = document.querySelector('#filter-label'); s.value = 'team=firmware'; s.dispatchEvent(new Event('change')); }")
        page.wait(lambda: self.names(page) == ["installer-arm64"], "the label too")
        self.assertEqual(page.js("location.hash"), "#/?q=Installer&label=team%3Dfirmware")
        other = self.page("/" + page.js("location.hash"))
        other.wait(lambda: self.names(other) == ["installer-arm64"], "the same from the URL alone")
        self.assertEqual(other.js("document.querySelector('#filter-text').value"), "Installer")
        other.click(".chips button")
        other.wait(lambda: self.names(other) == ["installer-arm64", "installer-x86_64"], "the label taken off")
        other.js("location.hash = '#/?q=nothing-like-it'")
        other.wait_text("#empty", "No job matches")
        self.assertEqual(other.text("#verdict"), "No jobs")

    def test_filter_survives_a_look_at_a_job(self):
        furnish(self.place)
        page = self.page("/#/?q=sdk")
        page.wait(lambda: self.names(page) == ["sdk-go", "sdk-python"], "the filtered list")
        page.click(".job .name")
        page.wait_text("#job-title", "sdk-go")
        page.js("history.back()")
        page.wait(lambda: self.names(page) == ["sdk-go", "sdk-python"], "the filtered list again")

    def test_a_job_of_its_own(self):
        self.place.job("steady.1", "sssss" + "s" * 40 + "fua", {"team": "apps"}, minutes=40)
        self.place.begin("steady.1", elapsed=600)
        page = self.page("/#/job/steady.1")
        page.wait(lambda: len(page.texts(".builds tbody tr")) == 49, "every build in the table")
        page.wait_text(".builds tbody tr", "#49")
        page.wait(lambda: page.js("document.querySelectorAll('.chart title').length") == 49, "a bar a build")
        self.assertIn("1 failed, 1 unstable, 1 aborted, 45 passed, 1 running", page.js("document.querySelector('.chart svg').getAttribute('aria-label')"))
        page.wait_text(".chart", "usually")
        page.wait_text(".facts", "Expected to end at")
        self.place.end("steady.1")
        page.wait(lambda: "passed" in page.text(".builds tbody tr"), "the end, live")
        page.js("location.hash = '#/job/no-such'")
        page.wait_text("#job-view", "No job has this name")

    def test_keyboard_only(self):
        furnish(self.place)
        page = self.page()
        self.settle(page)
        page.press("Tab")
        self.assertEqual(page.focused(), "Skip to the jobs")
        page.press("Enter")
        self.assertEqual(page.js("document.activeElement.id"), "main")
        page.press("Tab")
        self.assertEqual(page.focused(), "Filter")
        page.press("Tab")
        self.assertEqual(page.focused(), "Label")
        page.press("Tab")
        self.assertEqual(page.focused(), "firmware-nightly")
        self.assertTrue(page.js("getComputedStyle(document.activeElement, '::after').outlineStyle === 'solid'"), "the focus is seen")
        page.press("ArrowDown")
        self.assertEqual(page.focused(), "kernel-matrix")
        page.shot("keyboard")
        self.place.begin("billing-api")
        self.place.end("billing-api", "failure")
        page.wait_text("#verdict", "3 failing")
        self.assertEqual(page.focused(), "kernel-matrix")  # rows moved around it
        self.place.end("kernel-matrix")
        page.wait(lambda: "kernel-matrix" in self.names(page, "passing"), "the row that has the focus, moved")
        self.assertEqual(page.focused(), "kernel-matrix")
        page.press("Enter")
        page.wait_text("#job-title", "kernel-matrix")
        self.assertEqual(page.js("document.activeElement.id"), "job-title")
        page.press("Tab", shift=True)
        self.assertEqual(page.focused(), "← All jobs")
        page.press("Enter")
        page.wait(lambda: page.focused() == "kernel-matrix", "the focus where it was")

    def test_two_thousand_jobs(self):
        for number in range(2000):
            self.place.job(f"job-{number:04}", "s" * 29 + ("f" if number % 400 == 7 else "s"), {"team": f"team-{number % 20}"})
        self.place.job("running-far-below", "ssf")
        self.place.begin("running-far-below")
        began = time.monotonic()
        page = self.page(first=COUNTING)
        page.wait_text("#verdict", "6 failing")  # also the one whose past alone tells
        print(f"2,000 jobs: the verdict after {time.monotonic() - began:.2f} s", end="")
        page.wait(lambda: page.js("document.querySelectorAll('.job').length") == 2001, "every row")
        print(f", every row after {time.monotonic() - began:.2f} s", end="", flush=True)
        self.settle(page)
        page.shot("two-thousand")
        asked = [one for one in self.place.asked if "/builds" in one]
        self.assertLess(len(asked), 60)  # strips of what is in sight, no more
        self.assertIn(page.js("window.most_open"), range(1, 4))
        began = time.monotonic()
        self.place.begin("job-1500")
        page.wait(lambda: self.names(page, "running") == ["job-1500"], "one event")
        print(f", an event after {time.monotonic() - began:.2f} s", end="")
        began = time.monotonic()
        page.click("#filter-text")
        page.type("1999")
        page.wait(lambda: self.names(page) == ["job-1999"], "the filter")
        print(f", the filter after {time.monotonic() - began:.2f} s")
        page.wait(lambda: page.js("document.querySelectorAll('.strip .success').length > 20"), "the strip of the row that came into sight")


if __name__ == "__main__":
    browsing.main()
