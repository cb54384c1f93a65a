"""The base of the browser's tests: one Chromium a class of tests, fresh pages for each test."""

import json
import sys
import unittest

from support import chromium
from support.chromium import Chromium
from support.page import Page
from support.standin import StandIn


class Browsing:
    """Mixed into a test case, whose `url` tells where the page is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not chromium.PROGRAM:
            raise unittest.SkipTest("no chromium")
        cls.browser = Chromium()
        cls.addClassCleanup(cls.browser.close)

    def page(self, path="/", ready=True, url=None, user=None, **more):
        """A page that shows `path`; whatever its console complains of fails the test. `user`: a name and a password, for a server that asks."""
        page = Page(self.browser, **more)
        self.addCleanup(page.close)
        self.addCleanup(lambda: self.assertEqual(page.complaints, []))
        if user:
            page.sign_in(*user)
        page.open((url or self.url) + path)
        if ready:
            page.wait_text("#link", "Live")
            page.wait(lambda: "Loading" not in page.text("#verdict"), "the jobs")
        return page

    def stay(self, page):
        """A mark that a reload would lose."""
        page.js("window.stayed = true")
        self.addCleanup(lambda: self.assertTrue(page.js("window.stayed"), "the page was loaded anew"))

    def names(self, page, group=None):
        """The jobs shown, in order."""
        return page.texts(f"section[aria-labelledby='group-{group}'] .name" if group else "#groups .name")

    def strip(self, page, name):
        """What the strip of that job says of its builds."""
        return page.js(f"[...document.querySelectorAll('.job')].find((job) => job.querySelector('.name').innerText === {json.dumps(name)})"
                       "?.querySelector('.strip').getAttribute('aria-label') ?? ''")

    def settle(self, page):
        """Waits until every row in sight has its strip."""
        page.wait(lambda: page.js("[...document.querySelectorAll('.strip')].filter((s) => s.getBoundingClientRect().top < innerHeight"
                                  " && s.getAttribute('aria-label').includes('not read')).length === 0"), "the strips")

    def fits(self, page):
        """Nothing is wider than the window, nor cut off by what it stands in."""
        self.assertEqual(page.js("[...document.querySelectorAll('header *, main *')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)"
                                 ".map((e) => e.outerHTML.slice(0, 100))"), [])
        self.assertLessEqual(page.js("document.documentElement.scrollWidth"), page.js("document.documentElement.clientWidth"))


class Case(Browsing, unittest.TestCase):
    """A fresh server, that plays the daemon, for each test."""

    def setUp(self):
        self.place = StandIn()
        self.addCleanup(self.place.close)

    @property
    def url(self):
        return self.place.url


def main():
    """Exits with 77 if something was skipped and the rest went well, so that ctest says so."""
    result = unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]], exit=False).result
    sys.exit(1 if not result.wasSuccessful() else 77 if result.skipped else 0)
