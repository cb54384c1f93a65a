"""How it looks, to eyes and to assistive tools: both themes, a phone, a wall; axe-core finds nothing, nothing comes from elsewhere."""

import unittest

from support import browsing, page as pages
from support.browsing import Case
from support.scene import furnish

DARK = 60  # the ground's brightness at most, of 255, where it is dark


class Looks(Case):
    def setUp(self):
        super().setUp()
        furnish(self.place)

    def ground(self, page):
        """How bright the page's ground is, 0 to 255."""
        return page.js("(() => { const c = new OffscreenCanvas(1, 1).getContext('2d'); c.fillStyle = getComputedStyle(document.body).backgroundColor;"
                       " c.fillRect(0, 0, 1, 1); return c.getImageData(0, 0, 1, 1).data[1]; })()")

    def colour(self, page):
        return page.js("getComputedStyle(document.querySelector('#banner')).backgroundColor")

    def job_view(self, page, name):
        page.js(f"location.hash = '#/job/{name}'")
        page.wait(lambda: page.js("document.querySelectorAll('.chart title').length > 5"), "the chart")

    def test_both_themes_and_the_switch(self):
        page = self.page()
        self.settle(page)
        self.assertGreater(self.ground(page), 200)
        page.shot("list-light")
        page.prefer(dark=True)
        self.assertLess(self.ground(page), DARK)
        page.shot("list-dark")
        page.click("#theme")
        page.click("#theme")
        page.wait_text("#theme", "Theme: light")
        self.assertGreater(self.ground(page), 200)
        page.reload()
        page.wait_text("#theme", "Theme: light")
        self.assertGreater(self.ground(page), 200)
        page.click("#theme")
        page.wait_text("#theme", "Theme: auto")
        self.assertLess(self.ground(page), DARK)

    def test_phone(self):
        page = self.page(width=360, height=740)
        page.size(320, 640, phone=True)
        self.settle(page)
        self.fits(page)
        page.size(360, 740, phone=True)
        self.settle(page)
        self.fits(page)
        page.shot("phone-list")
        self.place.job("a-name-that-is-as-long-as-names-may-be." + "x" * 61, "ssf", {"a-long-label": "y" * 60})
        self.place.sinks[1]["last_error"] = "z" * 300
        page.wait(lambda: page.text("#notices").endswith("zzz"), "the long error")
        page.wait(lambda: "3 failing" in page.text("#verdict"), "the long name")
        self.fits(page)
        self.job_view(page, "firmware-nightly")
        self.fits(page)
        page.shot("phone-job")

    def test_the_wall_is_red_green_or_neither(self):
        page = self.page(width=1920, height=1080, dark=True)
        self.settle(page)
        page.shot("wall-failing")
        shapes, colours = [], []

        def seen(verdict):
            page.wait_text("#verdict", verdict)
            shapes.append(page.js("document.querySelector('#banner-shape').getAttribute('href')"))
            colours.append(self.colour(page))
            self.assertGreater(page.js("document.querySelector('#verdict').getBoundingClientRect().height"), 80)

        seen("2 failing")
        for name in ("firmware-nightly", "kernel-matrix"):
            if name == "firmware-nightly":
                self.place.begin(name)
            self.place.end(name)
        seen("1 out of sight")
        self.place.jobs["legacy-import"]["state"] = "idle"
        seen("All passing")
        self.settle(page)
        page.shot("wall-passing")
        self.place.stop()
        seen("Connection lost")
        self.assertEqual(len(set(shapes)), 4)
        self.assertEqual(len(set(colours[:3])), 3)

    def test_a_strip_shows_durations_and_outcomes(self):
        self.place.job("strip", "s" * 20 + "ssssssssssssssssssssssssss" "fua?", {"only": "strip"}, minutes=30)
        page = self.page("/#/?label=only%3Dstrip")
        self.settle(page)
        bars = page.js("[...document.querySelectorAll('.strip g')].map((g) => { const r = g.querySelector('rect'), b = r.getBoundingClientRect();"
                       " return [g.querySelector('title').textContent, b.height, getComputedStyle(r).fill, g.querySelectorAll('rect').length]; })")
        past = self.place.jobs["strip"]["past"][:30][::-1]
        self.assertEqual([int(title.split()[0][1:]) for title, *_ in bars], [build["number"] for build in past])
        unit = bars[0][1] / past[0]["duration_seconds"]
        for (title, height, *_), build in zip(bars, past):
            self.assertAlmostEqual(height, unit * build["duration_seconds"], delta=0.7, msg=title)
        colours = {build["outcome"]: fill for (_, _, fill, _), build in zip(bars, past)}
        self.assertEqual(len({colours[outcome] for outcome in ("success", "failure", "unstable", "aborted")}), 4)
        self.assertEqual([parts for *_, parts in bars][-4:], [2, 2, 1, 1])  # a foot below what failed, for those who see no colours

    def test_the_chart_shows_durations(self):
        page = self.page()
        self.job_view(page, "firmware-nightly")
        page.wait(lambda: page.js("document.querySelectorAll('.chart g').length") == 42, "every build")
        bars = page.js("[...document.querySelectorAll('.chart g rect:first-of-type')].map((r) => r.getBoundingClientRect().height)")
        past = self.place.jobs["firmware-nightly"]["past"][::-1]
        for height, build in zip(bars, past):
            self.assertAlmostEqual(height, bars[0] * build["duration_seconds"] / past[0]["duration_seconds"], delta=0.7)
        page.js("document.querySelector('.chart').scrollIntoView()")
        x, y = page.js("(() => { const b = document.querySelectorAll('.chart g rect:first-of-type')[7].getBoundingClientRect(); return [b.x + b.width / 2, b.y + 9]; })()")
        page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        page.wait_text(".readout", "#8 failed")

    def test_no_text_of_the_chart_is_cut_off(self):
        for name, seconds in (("minutes", 60), ("hours", 3600), ("days", 2 * 86400), ("below", 58)):
            for build in self.place.job(name, "sssss")["past"]:
                build["duration_seconds"] = seconds
        page = self.page()
        for name in ("minutes", "hours", "days", "below"):
            page.js(f"location.hash = '#/job/{name}'")
            page.wait(lambda: page.text("#job-title") == name and "usually" in page.text(".chart"), f"the chart of {name}")
            self.assertEqual(page.js("(() => { const s = document.querySelector('.chart svg').getBoundingClientRect();"
                                     " return [...document.querySelectorAll('.chart text')].filter((t) => { const b = t.getBoundingClientRect();"
                                     " return b.top < s.top || b.bottom > s.bottom || b.left < s.left || b.right > s.right; }).map((t) => t.textContent); })()"), [], name)

    def test_what_a_screen_reader_is_told(self):
        page = self.page()
        self.settle(page)
        told = page.tree()
        for one in (("banner", ""), ("main", ""), ("search", ""), ("searchbox", "Filter"), ("combobox", "Label"), ("heading", "2 failing"),
                    ("heading", "Failing 2"), ("region", "Undelivered notifications"), ("link", "firmware-nightly"), ("status", "")):
            self.assertIn(one, told)
        names = [name for role, name in told if role == "progressbar"]
        self.assertIn("Progress of kernel-matrix", names)
        self.assertTrue(any(role == "image" and name.startswith("Last 30 builds: 2 failed, 1 unstable") for role, name in told))
        self.job_view(page, "firmware-nightly")
        told = page.tree()
        for one in (("heading", "firmware-nightly"), ("table", "Builds"), ("columnheader", "Outcome"), ("rowheader", "#42")):
            self.assertIn(one, told)

    @unittest.skipUnless(pages.AXE.exists(), "BUILDWATCH_AXE names no folder with axe-core")
    def test_axe_finds_nothing(self):
        for dark in (False, True):
            with self.subTest(dark=dark):
                page = self.page(dark=dark)
                self.settle(page)
                self.assertEqual(page.axe(), [])
                self.job_view(page, "firmware-nightly")
                self.assertEqual(page.axe(), [])
                page.shot("job-dark" if dark else "job-light")
                self.job_view(page, "kernel-matrix")  # runs
                self.assertEqual(page.axe(), [])
                page.js("location.hash = '#/?q=nightly&label=kind%3Dnightly'")
                page.wait(lambda: page.texts(".chips li"), "the filter")
                self.assertEqual(page.axe(), [])
        self.place.full = True
        self.place.break_streams()
        page.wait_text("#link", "Updated every 10 s")
        self.assertEqual(page.axe(), [])
        page.shot("polling-dark")
        self.place.stop()
        page.wait_text("#lost", "Connection lost")
        self.assertEqual(page.axe(), [])

    def test_nothing_comes_from_elsewhere(self):
        page = self.page()
        self.settle(page)
        self.job_view(page, "firmware-nightly")
        self.assertEqual([url for url in page.asked if not url.startswith((self.place.url + "/", "data:image/svg+xml,", "data:,"))], [])


if __name__ == "__main__":
    browsing.main()
