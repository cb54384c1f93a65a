"""How it looks, to eyes and to assistive tools: both themes, a phone, a wall; axe-core finds nothing, nothing comes from elsewhere."""

import unittest

from support import case, page as pages
from support.case import Case
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
        self.assertEqual(page.text("#theme"), "Theme: light")
        self.assertGreater(self.ground(page), 200)
        page.js("location.reload()")
        page.wait_text("#theme", "Theme: light")
        self.assertGreater(self.ground(page), 200)
        page.click("#theme")
        self.assertEqual(page.text("#theme"), "Theme: auto")
        self.assertLess(self.ground(page), DARK)

    def test_phone(self):
        page = self.page(width=360, height=740)
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

    @unittest.skipUnless(pages.AXE, "BUILDWATCH_AXE names no folder of packages")
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
        self.place.stop()
        page.wait_text("#lost", "Connection lost")
        self.assertEqual(page.axe(), [])

    def test_nothing_comes_from_elsewhere(self):
        page = self.page()
        self.settle(page)
        self.job_view(page, "firmware-nightly")
        self.assertEqual([url for url in page.asked if not url.startswith((self.place.url + "/", "data:image/svg+xml,", "data:,"))], [])


if __name__ == "__main__":
    case.main()
