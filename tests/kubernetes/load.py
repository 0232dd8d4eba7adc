#!/usr/bin/env python3
"""Made-up logins for the Kubernetes test, each with an id of its own and values that must never come out.

usage: load.py write STOP RATE          events to standard output until the file STOP exists, then their number to stderr
       load.py check ISSUED OUTPUT...   every id once, no raw value; prints what it saw, exit code 1 if not so
"""
import collections
import json
import os
import sys
import time


def event(n):
    return {
        "id": f"e-{n}", "event": "login", "user": f"u{n % 500}", "email": f"canary.{n}@example.com",
        "ip": f"203.0.{n // 250 % 250}.{n % 250 + 1}", "note": f"order C-{n % 10_000_000:07d}, call 0812-3456-{n % 10000:04d}",
    }


def write(stop, rate):
    n, began = 0, time.monotonic()
    while not os.path.exists(stop):
        due = int((time.monotonic() - began) * rate)
        while n < due:
            record = event(n)
            sys.stdout.write(f"{record['user']}\t{json.dumps(record)}\n")
            n += 1
        sys.stdout.flush()
        time.sleep(0.05)  # the pace of the load, not a wait for anything
    print(n, file=sys.stderr)


def check(issued, files):
    ids, keys, patterns, bad = collections.Counter(), collections.Counter(), 0, []
    for name in files:
        for line in open(name, encoding="utf-8"):
            if "canary" in line or "203.0." in line or "0812-3456" in line:
                bad.append("raw value in " + json.loads(line).get("id", "?"))
            record = json.loads(line)
            ids[record["id"]] += 1
            keys[record["email"].split("_")[1]] += 1
            patterns += "cus_1" in record["note"]
    missing = [n for n in range(issued) if f"e-{n}" not in ids]
    twice = [i for i, n in ids.items() if n > 1]
    print(f"{issued} issued, {sum(ids.values())} came out, {len(missing)} missing, {len(twice)} twice, {len(bad)} with a raw value; "
          f"tokens by key {dict(keys)}, {patterns} with the pattern that was added")
    if missing or twice or bad or len(ids) != issued:
        sys.exit(f"FAILED: missing {missing[:5]}, twice {twice[:5]}, {bad[:5]}")
    if len(keys) < 2 or not patterns:
        sys.exit("FAILED: the rotated key or the added pattern was never used")


if sys.argv[1] == "write":
    write(sys.argv[2], float(sys.argv[3]))
else:
    check(int(sys.argv[2]), sys.argv[3:])
