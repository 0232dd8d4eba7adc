#!/bin/sh
# Runs `make bench` and `make bench-signals`, and adds their times to docs/benchmarks.csv: date, commit, CPU, benchmark, mean and
# its 95 % interval in nanoseconds, load average before. Of signals there is one number a run, so the interval is that of three runs. Rows of
# different CPUs do not compare; the numbers behind a CPU's name are its family, model and stepping, which a virtual machine's name leaves out.
#
# usage: scripts/bench-record.sh [BENCHMARK…]    criterion's filter, without signals; all without
set -eu
cd "$(dirname "$0")/.."

history=docs/benchmarks.csv
[ -s "$history" ] || echo "date,commit,cpu,benchmark,mean_ns,low_ns,high_ns,load" >"$history"
load=$(cut -d' ' -f1 /proc/loadavg)
started=$(mktemp)
signals=$(mktemp)
trap 'rm -f "$started" "$signals"' EXIT
cargo bench --locked --bench engine -- "$@"
if [ $# -eq 0 ]; then
    for _ in 1 2 3; do
        cargo bench --locked --bench signals -- events | tee -a "$signals"
    done
fi
SLUICE_LOAD=$load SLUICE_SINCE=$started SLUICE_SIGNALS=$signals python3 - >>"$history" <<'PY'
import collections, datetime, json, os, pathlib, re, subprocess

told = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", open("/proc/cpuinfo").read().split("\n\n")[0], re.M))
numbers = "/".join(told[name] for name in ("cpu family", "model", "stepping") if name in told)
cpu = f"{told.get('model name', 'unknown')} {numbers}".strip().replace(",", " ")
commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()

def row(name, *times):
    date = datetime.date.today().isoformat()
    print(",".join([date, commit, cpu, name.replace(",", " "), *(f"{ns:.1f}" for ns in times), os.environ["SLUICE_LOAD"]]))

since = os.stat(os.environ["SLUICE_SINCE"]).st_mtime
for path in sorted(pathlib.Path("target/criterion").glob("**/new/estimates.json")):
    if path.stat().st_mtime < since:
        continue
    mean = json.load(open(path))["mean"]
    interval = mean["confidence_interval"]
    name = json.load(open(path.with_name("benchmark.json")))["full_id"]
    row(name, mean["point_estimate"], interval["lower_bound"], interval["upper_bound"])
runs = collections.defaultdict(list)
for name, ns in re.findall(r"^(\w+)\s+(\d+) ns CPU an event", open(os.environ["SLUICE_SIGNALS"]).read(), re.M):
    runs[name].append(float(ns))
for name, times in runs.items():
    row(f"signals/{name}", sum(times) / len(times), min(times), max(times))
PY
echo "bench-record: $history" >&2
