"""Runs the benchmark of polling on two made-up jobs; holds its JSON lines to the fields readers rely on, and to what adaptive
polling promises of jobs as regular as these. Judges no time of its own."""

import csv
import json
import pathlib
import random
import subprocess
import sys
import tempfile

FIELDS = {"file", "budget", "policy", "polls_per_build", "mean_s", "median_s", "p95_s", "max_s"}
BUDGETS = ["5", "10", "20", "30s"]
POLICIES = ["fixed", "exponential", "adaptive"]
SCRIPT = pathlib.Path(__file__).with_name("polling.py")


def made_up(folder):
    chance = random.Random(5)
    with (folder / "made-up.csv").open("w", newline="") as text:
        rows = csv.writer(text)
        # Another order of columns, one more, a comma in a name.
        rows.writerow(["result", "job", "build_no", "start_epoch", "duration_s", "branch"])
        for number in range(1, 161):
            rows.writerow(["SUCCESS", "steady, always", number, 4000 * number, chance.gauss(900, 20), "main"])
            failed = chance.random() < 0.2
            rows.writerow(["FAILURE" if failed else "SUCCESS", "sometimes fails", number, 4000 * number,
                           round(chance.gauss(60, 10) if failed else chance.gauss(300, 15)), "main"])


def play(program, folder, *options):
    command = [sys.executable, "-B", SCRIPT, "--program", program, folder, *options]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def check(program, folder):
    made_up(folder)
    run = play(program, folder, "--json", "--jobs", "--svg", folder / "plot.svg")
    assert run.returncode == 0, run.stdout
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    polling = [row for row in rows if row["policy"]]
    assert all(not FIELDS - row.keys() for row in rows), rows
    for row in polling:
        assert row["polls_per_build"] >= 1 and 0 <= row["median_s"] <= row["p95_s"] <= row["max_s"], row
    by = {(row["file"], row.get("job"), row["budget"], row["policy"]): row for row in polling}
    wholes = [("made-up.csv", None), ("made-up.csv", "steady, always"), ("made-up.csv", "sometimes fails"), ("all", None)]
    assert by.keys() == {(*whole, budget, policy) for whole in wholes for budget in BUDGETS for policy in POLICIES}, by.keys()
    for (*key, policy), row in by.items():
        if policy == "adaptive":
            fixed = by[(*key, "fixed")]
            assert row["mean_s"] < fixed["mean_s"], f"{key}: {row['mean_s']} s, fixed {fixed['mean_s']} s"
            assert abs(row["polls_per_build"] - fixed["polls_per_build"]) < 0.01, (row, fixed)
    left = [row for row in rows if "time_left_at" in row and row["file"] == "all" and "job" not in row]
    assert [row["time_left_at"] for row in left] == [0.25, 0.5, 0.75], left
    assert all(0 < row["median_error"] < 1 < row["builds"] for row in left), left
    assert (folder / "plot.svg").read_text().count("<polyline") == len(POLICIES)
    assert play(program, folder, "--json").stdout == play(program, folder, "--json").stdout, "two runs differ"
    table = play(program, folder)
    assert table.returncode == 0 and "fixed / adaptive" in table.stdout, table.stdout
    (folder / "made-up.csv").write_text("job,build_no\na,1\n")
    wrong = play(program, folder)
    assert wrong.returncode == 1 and "no column duration_s" in wrong.stdout, wrong.stdout


def main():
    with tempfile.TemporaryDirectory() as folder:
        check(sys.argv[1], pathlib.Path(folder))


if __name__ == "__main__":
    main()
