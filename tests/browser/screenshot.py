#!/usr/bin/env python3
"""Takes a picture of the dashboard: screenshot.py FILE [--url URL]; of made-up jobs unless a daemon's URL is given.

The README's is tests/data/dashboard.png, made by `screenshot.py tests/data/dashboard.png --dark`. Fonts are those of the machine:
there it was fonts-inter, preferred by fontconfig.
"""

import argparse
import base64
import pathlib
import sys

from support.chromium import Chromium
from support.page import Page
from support.scene import poster
from support.standin import StandIn

DRAWN = ("document.querySelector('#link').innerText === 'Live' && document.querySelectorAll('.job').length > 0 && "
         "![...document.querySelectorAll('.strip')].some((s) => s.getBoundingClientRect().top < innerHeight && s.getAttribute('aria-label').includes('not read'))")


def main():
    wanted = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    wanted.add_argument("file", type=pathlib.Path)
    wanted.add_argument("--url", help="of a daemon; without: made-up jobs")
    wanted.add_argument("--width", type=int, default=1280)
    wanted.add_argument("--height", type=int, default=880)
    wanted.add_argument("--dark", action="store_true")
    wanted = wanted.parse_args()
    place = None if wanted.url else StandIn()
    browser = Chromium()
    try:
        if place:
            poster(place)
        page = Page(browser, wanted.width, wanted.height, wanted.dark)
        page.open(wanted.url or place.url)
        page.wait(lambda: page.js(DRAWN), "the jobs with their strips")
        wanted.file.write_bytes(base64.b64decode(page.call("Page.captureScreenshot", format="png")["data"]))
    finally:
        browser.close()
        if place:
            place.close()


if __name__ == "__main__":
    sys.exit(main())
