"""Rows for people and for programs."""

import json
import sys


def note(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def show(rows, as_json, table):
    if as_json:
        for row in rows:
            rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
            print(json.dumps(rounded), flush=True)
    else:
        table(rows)


def saturation_table(rows):
    first = rows[0]
    print(f"Saturated clients: one core, {first['connections']} connections, TLS 1.3 kept alive, medians of "
          f"{first['rounds']} rounds of {first['seconds']} s")
    print(f"{'':<15}{'polls/s':>10}{'CPU us/poll':>13}{'(from - to)':>16}{'peak MiB':>10}{'failed':>8}")
    for row in rows:
        spread = f"{row['cpu_us_per_poll_lowest']:.1f} - {row['cpu_us_per_poll_highest']:.1f}"
        print(f"{row['name']:<15}{row['polls_per_s']:>10,.0f}{row['cpu_us_per_poll']:>13.1f}{spread:>16}"
              f"{row['peak_rss_kib'] / 1024:>10.1f}{row['failed_polls']:>8.0f}")
    print(f"CPU per poll, buildwatch to libcurl-multi: {first['cpu_to_libcurl_multi']:.2f} (aim: at most 0.45)")
    print(f"CPU per poll, buildwatch to wrk:           {first['cpu_to_wrk']:.2f} (aim: at most 1.5)")
    print(flush=True)


def schedule_table(rows):
    *daemons, floor = rows
    for row, what in zip(daemons, ("all of them running", "all of them idle")):
        print(f"buildwatchd: {row['jobs']:,} jobs every {row['interval_s']} s, {what}, {row['duration_s']} s of steady state")
        lines = [
            ("polls", f"{row['polls']:,} ({row['failed_polls']} failed), {row['polls_per_s']:,.0f}/s", ""),
            ("schedule lag p50", f"{row['lag_p50_ms']:.1f} ms", ""),
            ("schedule lag p99", f"{row['lag_p99_ms']:.1f} ms", "aim: under 15 ms"),
            ("share of a core", f"{row['core_share']:.2%}", "aim: under 3.5 %"),
            ("  in the first round", f"{row['core_share_first_round']:.2%}", "what each job was and is, stored"),
            ("CPU per poll", f"{row['cpu_us_per_poll']:.1f} us", f"{row['cpu_to_floor']:.2f} of raw-epoll's at this pace"),
            ("  raw-epoll alike", f"{floor['cpu_us_per_poll']:.1f} us, {floor['core_share']:.2%} of a core", ""),
            ("bytes a job", f"{row['bytes_per_job']:,.0f}", "aim: at most 512"),
            ("memory, steady", f"{row['rss_kib'] / 1024:.1f} MiB", f"{row['rss_one_job_kib'] / 1024:.1f} MiB with one job"),
            ("memory, loading", f"{row['load_peak_rss_kib'] / 1024:.1f} MiB", "aim: under 128 MiB"),
            ("start to first poll", f"{row['load_seconds']:.2f} s", f"{row['configuration_bytes'] / 2**20:.1f} MiB of YAML"),
            ("check", f"{row['check_seconds']:.2f} s", f"{row['check_peak_rss_kib'] / 1024:.1f} MiB"),
        ]
        for name, value, remark in lines:
            print(f"  {name:<22}{value:<32}{remark}".rstrip())
    print(flush=True)


def readers_table(rows):
    first = rows[0]
    print(f"The HTTP API read by wrk while the daemon polls, {first['seconds']} s each")
    print(f"{'':<22}{'jobs':>8}{'every':>7}{'requests/s':>12}{'MB/s':>8}{'polls/s':>9}{'core':>7}{'lag p50 ms':>12}{'p99':>8}{'longest under':>15}")
    for row in rows:
        read = f"{row['requests_per_s']:>12,.0f}{row['mb_per_s']:>8.1f}" if "requests_per_s" in row else f"{'-':>12}{'-':>8}"
        print(f"{row['name']:<22}{row['jobs']:>8,}{row['interval_s']:>5} s{read}{row['polls_per_s']:>9,.0f}{row['core_share']:>7.0%}"
              f"{row['lag_p50_ms']:>12.1f}{row['lag_p99_ms']:>8.1f}{row['lag_longest_ms']:>15.1f}")
    print(flush=True)


def durability_table(rows):
    ours, plain = rows
    print(f"Store and outbox: {ours['transitions']:,} transitions with a delivery each, one core, medians of "
          f"{ours['rounds']} rounds")
    print(f"{'':<15}{'transitions/s':>14}{'commits':>10}{'commits/s':>11}{'deliveries/s':>14}{'CPU us':>9}{'peak MiB':>10}")
    for row in rows:
        delivered = f"{row['deliveries_per_s']:,.0f}" if "deliveries_per_s" in row else "-"
        print(f"{row['name']:<15}{row['transitions_per_s']:>14,.0f}{row['commits']:>10,.0f}{row['commits_per_s']:>11,.0f}"
              f"{delivered:>14}{row['cpu_us_per_poll']:>9.1f}{row['peak_rss_kib'] / 1024:>10.1f}")
    print(f"Transitions stored, to plain SQLite's transactions in one thread: {ours['transitions_to_plain']:.1f} times as "
          f"many a second")
    print(flush=True)
