"""Row group 1: clients that fetch as fast as one core lets them, the daemon's poll path among them, side by side."""

import json
import re
import statistics

import process
import server


def _own(program):
    """A client of this benchmark: takes the same options as its sisters, answers with a JSON line (measurement.hpp)."""
    def command(wanted, nginx):
        return [wanted.programs / program, "--host", server.HOST, "--port", nginx.port, "--target", server.TARGET,
                "--ca-file", nginx.ca_file, "--connections", wanted.connections, "--measure-ms", wanted.seconds * 1000]

    def read(cost):
        return json.loads(cost.output)
    return command, read


def _wrk():
    def command(wanted, nginx):
        return ["wrk", "-t1", f"-c{wanted.connections}", f"-d{wanted.seconds}s", nginx.url(nginx.port) + server.TARGET]

    def read(cost):
        # All of its process counts, its start too: of four seconds that is a hundredth.
        requests, seconds, unit = re.search(r"(\d+) requests in ([\d.]+)(ms|s)", cost.output).groups()
        failed = re.findall(r"(?:connect|read|write|timeout|responses:) (\d+)", cost.output)
        return {"polls": int(requests), "failed": sum(map(int, failed)),
                "seconds": float(seconds) * {"ms": 0.001, "s": 1}[unit], "cpu_seconds": cost.cpu_seconds}
    return command, read


CLIENTS = {
    "buildwatch": _own("bench_poll_path"),
    "libcurl-multi": _own("bench_libcurl_multi"),
    "wrk": _wrk(),
    "raw-epoll": _own("bench_raw_epoll"),
}


def _run_once(client, wanted, nginx, cpu):
    command, read = client
    cost = process.run_pinned(command(wanted, nginx), cpu)
    told = read(cost)
    if told["polls"] == 0:
        raise SystemExit(f"bench: no answer in {wanted.seconds} s\n{cost.output}")
    return {"polls_per_s": told["polls"] / told["seconds"], "cpu_us_per_poll": told["cpu_seconds"] * 1e6 / told["polls"],
            "peak_rss_kib": cost.peak_rss_kib, "failed_polls": told["failed"],
            "core_share": told["cpu_seconds"] / told["seconds"]}


def measure(wanted, nginx, cpu):
    """A row a client: medians over the rounds. Rounds are interleaved, so that what disturbs the machine disturbs all."""
    runs = {name: [] for name in CLIENTS}
    for _ in range(wanted.rounds):
        for name, client in CLIENTS.items():
            runs[name].append(_run_once(client, wanted, nginx, cpu))
    return [_row(name, runs, wanted) for name in CLIENTS]


def _row(name, runs, wanted):
    results = runs[name]
    costs = [result["cpu_us_per_poll"] for result in results]
    return {
        "name": name, **{key: statistics.median(result[key] for result in results) for key in results[0]},
        "cpu_us_per_poll_lowest": min(costs), "cpu_us_per_poll_highest": max(costs),
        "cpu_to_libcurl_multi": _ratio(results, runs["libcurl-multi"]), "cpu_to_wrk": _ratio(results, runs["wrk"]),
        "connections": wanted.connections, "seconds": wanted.seconds, "rounds": wanted.rounds,
    }


def _ratio(results, peer):
    """Median of the rounds' own ratios: a machine that is slow for a while slows both sides of one."""
    return statistics.median(a["cpu_us_per_poll"] / b["cpu_us_per_poll"] for a, b in zip(results, peer))
