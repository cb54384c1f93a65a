"""What the browser's tests share: a headless Chromium, a page in it, a server that plays the daemon's API. And what the end-to-end tests have."""

import pathlib

__path__.append(str(pathlib.Path(__file__).resolve().parents[2] / "e2e/support"))
