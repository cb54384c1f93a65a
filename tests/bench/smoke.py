"""Runs the benchmark with tiny numbers; holds its JSON lines to the names and fields readers rely on. Judges no time."""

import json
import subprocess
import sys

EVERY_ROW = {"name", "polls_per_s", "cpu_us_per_poll", "peak_rss_kib"}
CONNECTIONS = 4
CLIENT_ROWS = ["buildwatch", "libcurl-multi", "wrk", "raw-epoll"]
CLIENT_FIELDS = EVERY_ROW | {"failed_polls", "core_share", "connections", "cpu_to_libcurl_multi", "cpu_to_wrk"}
DAEMON_FIELDS = EVERY_ROW | {"jobs", "interval_s", "lag_p50_ms", "lag_p99_ms", "core_share", "bytes_per_job", "load_seconds",
                             "load_peak_rss_kib", "check_seconds", "failed_polls", "cpu_to_floor"}
STORE_FIELDS = EVERY_ROW | {"transitions", "transitions_per_s", "commits_per_s"}
LAG_FIELDS = {"name", "jobs", "interval_s", "seconds", "polls_per_s", "peak_rss_kib", "core_share", "lag_p50_ms", "lag_p99_ms", "lag_longest_ms"}
READER_FIELDS = LAG_FIELDS | {"requests_per_s", "mb_per_s", "failed_requests"}
READER_ROWS = {f"readers-{many}{what}": READER_FIELDS if what != "none" else LAG_FIELDS
               for many, rows in (("", ["none", "metrics", "page", "pages"]), ("many-", ["none", "metrics", "pages"])) for what in rows}
FIELDS = READER_ROWS | {"buildwatchd": DAEMON_FIELDS, "buildwatchd-idle": DAEMON_FIELDS, "raw-epoll-paced": EVERY_ROW | {"core_share"},
          "outbox": STORE_FIELDS | {"deliveries_per_s", "transitions_to_plain"}, "plain-sqlite": STORE_FIELDS}
DAEMON_ROWS = ["buildwatchd", "buildwatchd-idle", "raw-epoll-paced", *READER_ROWS, "outbox", "plain-sqlite"]


def main():
    main_script, programs = sys.argv[1:]
    tiny = {"--seconds": 1, "--rounds": 1, "--connections": CONNECTIONS, "--jobs": 200, "--interval": 1, "--duration": 1,
            "--transitions": 100, "--http-jobs": 1500}
    numbers = [str(word) for pair in tiny.items() for word in pair]
    run = subprocess.run([sys.executable, "-B", main_script, "--programs", programs, "--json", *numbers],
                         stdout=subprocess.PIPE, text=True)
    assert run.returncode == 0, f"the benchmark ended with {run.returncode}"
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert [row["name"] for row in rows] == [*CLIENT_ROWS, *DAEMON_ROWS], run.stdout
    for row in rows:
        missing = FIELDS.get(row["name"], CLIENT_FIELDS) - row.keys()
        assert not missing, f"{row['name']} lacks {missing}"
        assert row["polls_per_s"] > 0 and row["peak_rss_kib"] > 0, row
        assert row.get("failed_requests", 0) == 0 and row.get("requests_per_s", 1) > 0, row
        # The daemon's stop may cut off what is in flight.
        assert row.get("failed_polls", 0) <= (CONNECTIONS if row["name"].startswith("buildwatchd") else 0), row
    daemon = rows[len(CLIENT_ROWS)]
    assert daemon["jobs"] == 200 and daemon["polls"] >= 200, daemon


if __name__ == "__main__":
    main()
