"""What the browser's tests share: a headless Chromium, a page in it, a server that plays the daemon's API."""
