"""Measures buildwatch beside its peers, the whole daemon on a schedule and under readers, and the store; prints rows as a table or as JSON lines."""

import argparse
import pathlib
import tempfile

import durability
import process
import readers
import report
import saturation
import schedule
import server


def options():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line a row instead of tables")
    parser.add_argument("--only", choices=["saturation", "schedule", "readers", "durability"], help="one of the groups of rows")
    parser.add_argument("--seconds", type=int, default=4, help="of each run of a saturated client (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each client; the medians count (%(default)s)")
    parser.add_argument("--connections", type=int, default=64, help="of each client (%(default)s)")
    parser.add_argument("--jobs", type=int, default=100_000, help="of the daemon on a schedule (%(default)s)")
    parser.add_argument("--interval", type=int, default=60, help="seconds between polls of a job (%(default)s)")
    parser.add_argument("--duration", type=int, default=60,
                        help="seconds that are measured, after one interval to settle (%(default)s)")
    parser.add_argument("--http-jobs", type=int, default=10_000, help="of the daemon whose API is read (%(default)s)")
    parser.add_argument("--transitions", type=int, default=10_000,
                        help="that are stored, with a delivery each (%(default)s)")
    parser.add_argument("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    wanted = options()
    cores = process.Cores()
    for note in cores.notes:
        report.note(note)
    with tempfile.TemporaryDirectory(prefix="buildwatch-bench-") as directory:
        home = pathlib.Path(directory)
        home.chmod(0o755)  # nginx's worker is another user where this one is root
        if wanted.only != "durability":
            with server.Server(home, cores.server) as nginx:
                if wanted.only in (None, "saturation"):
                    report.show(saturation.measure(wanted, nginx, cores.client), wanted.json, report.saturation_table)
                if wanted.only in (None, "schedule"):
                    report.show(schedule.measure(wanted, nginx, cores.client), wanted.json, report.schedule_table)
                if wanted.only in (None, "readers"):
                    report.show(readers.measure(wanted, nginx, cores), wanted.json, report.readers_table)
        if wanted.only in (None, "durability"):
            report.show(durability.measure(wanted, home, cores.client), wanted.json, report.durability_table)


if __name__ == "__main__":
    main()
