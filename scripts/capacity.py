#!/usr/bin/env python3
"""What a rate of events needs, from measured figures of one event; and, simulated second by second, how long a group is
behind after it lost a pod. Prints the tables of docs/PERFORMANCE.md; another machine's figures go on the command line.

usage: scripts/capacity.py [NAME=NUMBER…]    such as cpu_us=3.1 event_bytes=900
"""
import math
import sys

# Of one event, everything on, exactly once: `make bench-peers` and its column of changelog bytes; the rest says where from.
FIGURES = {
    "cpu_us": 5.5,  # CPU of the process: client, engine, signals
    "broker_cpu_us": 3.0,  # CPU of the brokers, per copy of input and output that is written or read (docs: FACTS of a shared machine)
    "event_bytes": 362,
    "output_bytes": 430,  # tokens are longer than most values, and flags come on top
    "changelog_bytes": 181,
    "compression": 3.0,  # lz4 on JSON of this kind; 1 without
    "accounts_per_event_s": 10,  # active within the TTL, for each event a second; a million at least
    "account_bytes": 300,  # 110 to 190 at rest by `make bench-signals`, the table's own, and what a transaction has open
    "restore_accounts_s": 700_000,  # accounts a second and worker: `make bench-restart`, a million in 1.1 to 1.4 s, the broker beside it
    "partition_events_s": 40_000,  # of one partition, so that a worker can hold two and be moved
    "cores_per_pod": 2,
    "utilisation": 0.6,  # planned, so that a lost pod is caught up with
    "copies": 3,
    "pod_network_mb_s": 1_000,  # a NIC of 10 Gbit/s, nearly
    "session_s": 45,
}


def accounts(rate, f):
    return max(1_000_000, rate * f["accounts_per_event_s"])


def needs(rate, f):
    cores = rate * f["cpu_us"] / 1e6 / f["utilisation"]
    pods = max(2, math.ceil(cores / f["cores_per_pod"]))
    workers = pods * f["cores_per_pod"]
    partitions = max(workers * 2, math.ceil(rate / f["partition_events_s"]))
    read = rate * f["event_bytes"] / f["compression"] / 1e6
    written = rate * (f["output_bytes"] + f["changelog_bytes"]) / f["compression"] / 1e6
    state = accounts(rate, f) * f["account_bytes"] / pods / 1e6
    restore = accounts(rate, f) / workers / f["restore_accounts_s"]
    per_pod = (read + written) / pods
    limits = {
        "NIC of a pod": per_pod / f["pod_network_mb_s"],
        "memory of a pod (2 GiB)": (state + 150) / 2048,
        "restore (10 s)": restore / 10,
        "writes of the brokers (1 GB/s)": written * f["copies"] / 1000,
    }
    first = max(limits, key=limits.get)
    return [
        f"{rate:,}", f"{cores:.1f}", str(pods), str(partitions), f"{read:.0f} / {written:.0f}", f"{per_pod:.1f}",
        f"{written * f['copies']:.0f}", f"{rate * f['broker_cpu_us'] * f['copies'] / 1e6:.0f}", f"{state + 150:.0f}", f"{restore:.1f}",
        f"{first}, {limits[first]:.0%}",
    ]  # fmt: skip


def seconds_behind(pods, utilisation, away_s):
    """Until the lag is below a second again, after one of `pods` died and its partitions rested for `away_s`."""
    own = 1.0 / pods  # what a pod gets, of a stream of 1 a second
    spare = (pods - 1) * (own / utilisation - own) - own  # of the others, when they have also what the dead one got
    if spare <= 0:
        return None
    behind, second = own * away_s, away_s
    while behind > own:
        behind, second = behind - spare, second + 1
    return second


def table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def main():
    figures = dict(FIGURES)
    for argument in sys.argv[1:]:
        name, _, number = argument.partition("=")
        if name not in figures:
            sys.exit(f"capacity: no figure is called {name}; there are {', '.join(figures)}")
        figures[name] = float(number)
    head = ["events/s", "cores", "pods", "partitions, at least", "read / written MB/s", "per pod MB/s", "broker writes MB/s",
            "broker cores", "MB a pod", "restore s", "nearest limit"]  # fmt: skip
    table(head, [needs(rate, figures) for rate in (10_000, 1_000_000, 10_000_000)])
    busy = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    rows = []
    for pods in (2, 5, 46):
        behind = [seconds_behind(pods, utilisation, figures["session_s"] + 5) for utilisation in busy]
        rows.append([str(pods), *("never" if s is None else f"{s:.0f} s" for s in behind)])
    table(["pods", *(f"{u:.0%} busy" for u in busy)], rows)


main()
