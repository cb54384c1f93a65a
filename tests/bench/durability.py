"""Row group 4: transitions made durable and delivered by the daemon's own store and delivery loop, beside plain SQLite."""

import json
import statistics

import process

PROGRAMS = {"outbox": "bench_outbox", "plain-sqlite": "bench_plain_sqlite"}


def _run_once(program, wanted, home, cpu, number):
    file = home / f"{program}-{number}.db"
    cost = process.run_pinned([wanted.programs / program, file, wanted.transitions], cpu)
    told = json.loads(cost.output)
    for leftover in home.glob(file.name + "*"):
        leftover.unlink()
    count, stored = told["transitions"], told["stored_seconds"]
    row = {"polls_per_s": count / stored, "cpu_us_per_poll": told["cpu_seconds"] * 1e6 / count, "peak_rss_kib": cost.peak_rss_kib,
           "transitions_per_s": count / stored, "commits": told["commits"], "commits_per_s": told["commits"] / stored}
    if "deliveries" in told:
        row["deliveries_per_s"] = told["deliveries"] / told["seconds"]
    return row


def measure(wanted, home, cpu):
    """A row a program, medians over the rounds, which are interleaved. A transition stands for the poll that found it."""
    runs = {name: [] for name in PROGRAMS}
    for number in range(wanted.rounds):
        for name, program in PROGRAMS.items():
            runs[name].append(_run_once(program, wanted, home, cpu, number))
    rows = []
    for name, results in runs.items():
        rows.append({"name": name, **{key: statistics.median(one[key] for one in results) for key in results[0]},
                     "transitions": wanted.transitions, "rounds": wanted.rounds})
    rows[0]["transitions_to_plain"] = statistics.median(
        ours["transitions_per_s"] / plain["transitions_per_s"] for ours, plain in zip(*runs.values()))
    return rows
