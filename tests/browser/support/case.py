"""The base of the browser's tests: one Chromium a file, a fresh place (server) and fresh pages for each test."""

import sys
import unittest

from support import chromium
from support.chromium import Chromium
from support.page import Page
from support.standin import StandIn


@unittest.skipUnless(chromium.PROGRAM, "no chromium")
class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Chromium()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.place = StandIn()
        self.addCleanup(self.place.close)

    def page(self, path="/", ready=True, url=None, **more):
        """A page that shows `path`; whatever its console complains of fails the test."""
        page = Page(self.browser, **more)
        self.addCleanup(page.close)
        self.addCleanup(lambda: self.assertEqual(page.complaints, []))
        page.open((url or self.place.url) + path)
        if ready:
            page.wait_text("#link", "Live")
            page.wait(lambda: "Loading" not in page.text("#verdict"), "the jobs")
        return page

    def names(self, page, group=None):
        """The jobs shown, in order."""
        return page.texts(f"section[aria-labelledby='group-{group}'] .name" if group else "#groups .name")

    def settle(self, page):
        """Waits until every row in sight has its strip."""
        page.wait(lambda: page.js("[...document.querySelectorAll('.strip')].filter((s) => s.getBoundingClientRect().top < innerHeight"
                                  " && s.getAttribute('aria-label').includes('not read')).length === 0"), "the strips")

    def fits(self, page):
        """Nothing is wider than the window, nor cut off by what it stands in."""
        self.assertEqual(page.js("[...document.querySelectorAll('header *, main *')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)"
                                 ".map((e) => e.outerHTML.slice(0, 100))"), [])
        self.assertLessEqual(page.js("document.documentElement.scrollWidth"), page.js("document.documentElement.clientWidth"))


def main():
    """Exits with 77 if something was skipped and the rest went well, so that ctest says so."""
    result = unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]], exit=False).result
    sys.exit(1 if not result.wasSuccessful() else 77 if result.skipped else 0)
