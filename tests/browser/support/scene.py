"""Jobs as a firm has them: most pass, some run, one or two fail; for screenshots, and for whatever needs a full page."""

import time

from support.standin import instant

TEAMS = ["firmware", "platform", "apps", "tools"]
PASSING = ["billing-api", "billing-web", "compiler-cache", "docs-site", "edge-agent", "gateway", "identity", "image-base", "installer-arm64",
           "installer-x86_64", "ledger-sync", "metrics-relay", "mobile-android", "mobile-ios", "search-index", "sdk-go", "sdk-python", "update-server"]


def furnish(place):
    """A wall's worth of jobs in a stand-in."""
    for index, name in enumerate(PASSING):
        history = ["s" * 30, "ssssfssssssssssssssssfssssssss", "ssssssssssssassssssssssssssuss", "sssssssss"][index % 4]
        place.job(name, history, {"team": TEAMS[index % 4], "branch": "main"}, minutes=3 + 5 * (index % 7))
    place.job("firmware-nightly", "sssssssfsssssssssssussssssssssssssssssssff", {"team": "firmware", "kind": "nightly"}, minutes=70)
    place.job("kernel-matrix", "ssssssssfffsssssssssssssssssss" "f", {"team": "platform"}, minutes=34)
    place.begin("kernel-matrix", elapsed=900)
    place.job("bootloader", "s" * 25, {"team": "firmware"}, minutes=9)
    place.begin("bootloader", elapsed=200)
    place.job("console-web", "ssssssssssssfsssssssasssssssss", {"team": "apps"}, minutes=22)
    place.begin("console-web", elapsed=1100)
    place.job("new-service", "s", {"team": "apps"}, minutes=5)
    place.begin("new-service", elapsed=45, forecast=False)
    place.job("legacy-import", "ssssssssssss", {"team": "tools"}, state="unreachable",
              error="no answer within 10 s: connection to cloudbuild-ext.cn-north-4.myhuaweicloud.com timed out")
    place.job("release-train", "", {"team": "platform"}, state="pending")
    place.sinks = [
        {"name": "console", "type": "stdout", "pending": 0, "delivered": 812, "dead": 0, "paused_until": None, "last_error": None},
        {"name": "oncall", "type": "webhook", "pending": 3, "delivered": 411, "dead": 1, "paused_until": instant(time.time() + 240),
         "last_error": "503 Service Unavailable"}]


def poster(place):
    """The same, with fewer of the rare kinds, so that a picture of the upper part of the page shows each."""
    furnish(place)
    del place.jobs["new-service"], place.jobs["release-train"]
    place.jobs["legacy-import"]["last_error"] = "no answer within 10 s"
    place.sinks[1]["dead"] = 0
