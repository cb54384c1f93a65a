"""Runs the benchmark of shared rate limits on a few jobs; holds its lines to the fields readers rely on, and to its promise."""

import json
import subprocess
import sys

FIELDS = {"policy", "jobs", "rate", "requests_per_s", "builds", "mean_s", "median_s", "p95_s", "max_s"}


def main():
    run = subprocess.run([sys.argv[1], "--json", "--jobs", "40"], stdout=subprocess.PIPE, text=True, check=True)
    ours, equal, ratio = (json.loads(line) for line in run.stdout.splitlines())
    assert ours.keys() == equal.keys() == FIELDS, run.stdout
    assert ours["requests_per_s"] <= ours["rate"] * 1.01, "the limit holds"
    assert abs(equal["requests_per_s"] / ours["requests_per_s"] - 1) < 0.05, "equal shares are given as many requests"
    assert ratio["ratio_of_means"] > 1, f"worse than equal shares: {run.stdout}"
    assert subprocess.run([sys.argv[1], "--nonsense"], stderr=subprocess.DEVNULL).returncode == 2
    print(run.stdout)


if __name__ == "__main__":
    main()
