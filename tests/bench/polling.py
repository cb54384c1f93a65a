#!/usr/bin/python3
"""Fixed, exponential and adaptive polling on the histories of real jobs; the time left against Jenkins' way to tell it.

Of each job the builds are halved in order of start: what is adjustable was adjusted on the first halves, and the second ones are
reported. What a policy knows of a job when a build starts is the builds that had finished by then. A build is seen from its start;
its delay is the time from its end to the poll that sees it, and polls count up to that one. A budget of N polls per build is the
interval with which fixed polling makes N of an average build of the first half. Fixed polls after one interval, two, three, ...;
exponential with gaps that grow by a tenth each; both are tuned per job afterwards, on the very builds reported, to the mean number of
polls that adaptive made (where no interval makes exactly as many, the two next to it share the builds). Ends that were recorded in
whole seconds are spread evenly within their second."""

import argparse
import csv
import json
import pathlib
import subprocess
import sys

import polling_plot

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = ["job", "build_no", "start_epoch", "duration_s", "result"]
FIGURES = ["polls_per_build", "mean_s", "median_s", "p95_s", "max_s", "success_mean_s"]
POLICIES = ["fixed", "exponential", "adaptive"]
AIMS = [("mean_s", 2.2), ("median_s", 3), ("p95_s", 1.05), ("success_mean_s", 3)]


def read(folder):
    """All builds, as the program takes them: a line each, those of a job together."""
    jobs = {}
    files = sorted(folder.glob("*.csv"))
    if not files:
        sys.exit(f"{folder}: no CSV files there")
    for file in files:
        with file.open(newline="") as text:
            rows = csv.DictReader(text)
            missing = set(COLUMNS) - set(rows.fieldnames or [])
            if missing:
                sys.exit(f"{file}: no column {', '.join(sorted(missing))}")
            for row in rows:
                try:
                    numbers = [int(row["build_no"]), float(row["start_epoch"]), float(row["duration_s"])]
                except ValueError as wrong:
                    sys.exit(f"{file}:{rows.line_num}: {wrong}")
                name = " ".join(row["job"].split())
                fields = [file.name, name, *map(repr, numbers), row["result"].strip() or "UNKNOWN"]
                jobs.setdefault((file.name, name), []).append("\t".join(fields))
    return "".join(line + "\n" for lines in jobs.values() for line in lines)


def ratio(above, below):
    return above / below if below else float("inf")


class results:
    def __init__(self, lines):
        rows = [json.loads(line) for line in lines]
        self.polling = [row for row in rows if row["policy"]]
        self.time_left = [row for row in rows if "time_left_at" in row]
        self.by = {(row["file"], row.get("job"), row["budget"], row["policy"]): row for row in self.polling}
        self.files = list(dict.fromkeys(row["file"] for row in self.polling if "job" not in row))
        self.budgets = list(dict.fromkeys(row["budget"] for row in self.polling))

    def gain(self, file, job, budget, figure):
        return ratio(self.by[file, job, budget, "fixed"][figure], self.by[file, job, budget, "adaptive"][figure])

    def worse(self):
        """Jobs that adaptive polling does not help in the mean, worst first."""
        jobs = {(row["file"], row["job"], row["budget"]) for row in self.polling if "job" in row}
        return sorted((self.gain(*key, "mean_s"), *key) for key in jobs if self.gain(*key, "mean_s") < 1)


def label(budget):
    return budget if budget.endswith("s") else f"{budget} polls"


def show(found):
    for file in found.files:
        print(f"{file}\n{'':<12}{'policy':<13}{'polls/build':>12}{'mean s':>9}{'median s':>10}{'p95 s':>9}{'max s':>10}"
              f"{'successes':>11}")
        for budget in found.budgets:
            for policy in POLICIES:
                row = found.by[file, None, budget, policy]
                numbers = [row[figure] for figure in FIGURES]
                print(f"{label(budget) if policy == 'fixed' else '':<12}{policy:<13}{numbers[0]:>12.2f}{numbers[1]:>9.2f}"
                      f"{numbers[2]:>10.2f}{numbers[3]:>9.1f}{numbers[4]:>10.1f}{numbers[5]:>11.2f}")
            gains = [found.gain(file, None, budget, figure) for figure in FIGURES[1:]]
            print(f"{'':<12}{'fixed / adaptive':<25}{gains[0]:>9.2f}{gains[1]:>10.2f}{gains[2]:>9.2f}{gains[3]:>10.2f}"
                  f"{gains[4]:>11.2f}")
        for row in found.time_left:
            if row["file"] == file and "job" not in row:
                ours, theirs, rule = row["median_error"], row["jenkins_median_error"], row["jenkins_rule_median_error"]
                print(f"{'':<12}time left at {row['time_left_at']:.0%}: median error {ours:.1%} of what is left, mean of the last "
                      f"three successes {theirs:.1%} ({1 - ratio(ours, theirs):.0%} less), Jenkins' own rule {rule:.1%} "
                      f"({1 - ratio(ours, rule):.0%} less)")
        print()
    print("Fixed / adaptive of all, over the budgets (geometric mean):")
    for figure, aim in AIMS:
        product = 1.0
        for budget in found.budgets:
            product *= found.gain("all", None, budget, figure)
        print(f"  {figure:<16}{product ** (1 / len(found.budgets)):>6.2f}  (aim: {aim})")
    worse = found.worse()
    print(f"Jobs with a longer mean delay than fixed: {len(worse) or 'none'}")
    for gain, file, job, budget in worse:
        print(f"  {gain:.2f}  {file}, {job}, {label(budget)}")


def main():
    top = HERE.parents[1]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="DIR", nargs="?", type=pathlib.Path, default=top / "tests/data/traces",
                        help=f"its CSV files are played; columns {','.join(COLUMNS)} (default: tests/data/traces)")
    parser.add_argument("--json", action="store_true", help="one JSON line a figure, of each file and of all together")
    parser.add_argument("--jobs", action="store_true", help="with --json: lines of each job too")
    parser.add_argument("--svg", metavar="FILE", type=pathlib.Path, help="also plot delay against requests")
    parser.add_argument("--half", choices=["first", "second"], default="second", help="of each job's builds, to report")
    parser.add_argument("--program", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    lines = read(options.folder)
    run = subprocess.run([options.program, options.half], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    rows = run.stdout.splitlines()
    found = results(rows)
    if options.json:
        for row in rows:
            if options.jobs or "job" not in json.loads(row):
                print(row)
    else:
        show(found)
    if options.svg:
        options.svg.write_text(polling_plot.drawing(found))


if __name__ == "__main__":
    main()
