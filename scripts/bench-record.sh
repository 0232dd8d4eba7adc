#!/bin/sh
# Runs `make bench` and adds its times to docs/benchmarks.csv: date, commit, CPU, benchmark, mean and its 95 % interval in
# nanoseconds, load average before. Rows of different CPUs do not compare.
#
# usage: scripts/bench-record.sh [BENCHMARK…]    criterion's filter; all without
set -eu
cd "$(dirname "$0")/.."

history=docs/benchmarks.csv
[ -s "$history" ] || echo "date,commit,cpu,benchmark,mean_ns,low_ns,high_ns,load" >"$history"
load=$(cut -d' ' -f1 /proc/loadavg)
started=$(mktemp)
trap 'rm -f "$started"' EXIT
cargo bench --locked --bench engine -- "$@"
SLUICE_LOAD=$load SLUICE_SINCE=$started python3 - >>"$history" <<'PY'
import datetime, json, os, pathlib, subprocess

cpu = next((line.split(": ", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
since = os.stat(os.environ["SLUICE_SINCE"]).st_mtime
for path in sorted(pathlib.Path("target/criterion").glob("**/new/estimates.json")):
    if path.stat().st_mtime < since:
        continue
    name = json.load(open(path.with_name("benchmark.json")))["full_id"]
    mean = json.load(open(path))["mean"]
    interval = mean["confidence_interval"]
    times = [f"{ns:.1f}" for ns in (mean["point_estimate"], interval["lower_bound"], interval["upper_bound"])]
    date = datetime.date.today().isoformat()
    print(",".join([date, commit, cpu.replace(",", " "), name.replace(",", " "), *times, os.environ["SLUICE_LOAD"]]))
PY
echo "bench-record: $history" >&2
