#!/usr/bin/env bash
# Renders the chart for every file of cases/ and compares with what is recorded in golden/: manifests, or, for bad-*,
# the sentence that refuses them. Sluice must take each config that comes out. Then the schema of the values, the rules of
# Prometheus and the README of the chart.
#
# usage: tests/helm/run.sh [BINARY]  compare      BINARY: default target/release/sluice
#        UPDATE=1 tests/helm/run.sh  record anew; read the diff
set -euo pipefail
cd "$(dirname "$0")"
binary=${1:-../../target/release/sluice}
[ -x "$binary" ] || { echo "chart: there is no $binary: run 'make build'" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chart=../../helm/sluice
helm_bin=$(../../scripts/fetch-helm.sh)
PATH=$helm_bin:$PATH
# The version of Kubernetes is fixed, so that no cluster is asked. A case may name an API that the cluster has, and a
# release, in lines of comment: `# api: GROUP/VERSION`, `# release: NAME`.
render() {
    local api release
    api=$(sed -n 's/^# api: //p' "$1") release=$(sed -n 's/^# release: //p' "$1")
    helm template "${release:-sluice}" "$chart" --namespace sluice --kube-version 1.34.0 ${api:+--api-versions "$api"} --values "$1"
}
# A key that is drawn anew each time, and the version of the chart, are no difference.
stable() { sed -E 's/(k1\.yaml: ).*/\1(random)/'; }

failed=0
compare() { # NAME: standard input against the golden file
    local golden=golden/$1 actual
    actual=$(cat)
    if [ -n "${UPDATE:-}" ]; then
        printf '%s\n' "$actual" >"$golden"
    elif ! diff -u "$golden" <(printf '%s\n' "$actual"); then
        echo "FAILED: $1 (UPDATE=1 $0 records what is meant)"
        failed=1
    fi
}

# What pods find below /etc/sluice, so that the configs can be tried here.
"$binary" keys new --dir "$work/keys" >/dev/null
mkdir "$work/state-key" "$work/kafka-sasl" "$work/patterns"
printf '42%.0s' {1..32} >"$work/state-key/state-key"
echo password >"$work/kafka-sasl/password"
validate() { # NAME: config and patterns of the manifests on standard input
    rm -f "$work/patterns"/*
    awk -v folder="$work/patterns" '/^( ? ?)[^ ]/ {file = ""} /^  [a-z0-9_-]+\.yaml: \|2?$/ {file = folder "/" substr($1, 1, length($1) - 1); next}
        file {print substr($0, 5) >file}'
    sed "s|/etc/sluice|$work|" "$work/patterns/sluice.yaml" >"$work/sluice.yaml"
    rm "$work/patterns/sluice.yaml"
    "$binary" validate -c "$work/sluice.yaml" >"$work/said" 2>&1 || { echo "FAILED: $1: Sluice refuses its config"; cat "$work/said"; failed=1; }
}

mkdir -p golden
helm lint --quiet --strict "$chart" --values cases/defaults.yaml
for case in cases/*.yaml; do
    name=$(basename "$case" .yaml)
    if [[ $name == bad-* ]]; then
        if out=$(render "$case" 2>&1); then
            echo "FAILED: $name is not refused"
            failed=1
        else
            # From the sentence on: what stands before it are places inside of the templates. The schema's faults come in
            # any order.
            sed -E '/^(Use --debug|Error: values don|sluice:$|$)/d; s/^Error: execution error at [^)]*\): //' <<<"$out" | LC_ALL=C sort | compare "$name.txt"
        fi
    else
        render "$case" | stable >"$work/manifests"
        compare "$name.yaml" <"$work/manifests"
        validate "$name" <"$work/manifests"
    fi
done

# Every golden file has its case.
for golden in golden/*; do
    name=$(basename "$golden")
    [ -e "cases/${name%.*}.yaml" ] || { echo "FAILED: $golden has no case"; failed=1; }
done

# Every alert has a section in the runbook.
for alert in $(sed -n 's/^ *- alert: //p' "$chart/files/alerts.yaml"); do
    grep -q "^## $alert$" ../../docs/RUNBOOK.md || { echo "FAILED: docs/RUNBOOK.md has no section $alert"; failed=1; }
    grep -q "alertname: $alert$" alerts_test.yaml || { echo "FAILED: alerts_test.yaml does not try $alert"; failed=1; }
done
# The values that the guide shows are good ones.
sed -n '/^<!-- values -->$/,/^```$/p' ../../docs/GUIDE.md | sed '/^<!--/d; /^```/d' >"$work/guide.yaml"
render "$work/guide.yaml" >"$work/manifests" && grep -q 'kind: StatefulSet' "$work/manifests" || { echo "FAILED: the values of docs/GUIDE.md"; failed=1; }
validate "the values of docs/GUIDE.md" <"$work/manifests"

promtool check rules --lint=all --lint-fatal "$chart/files/alerts.yaml" >/dev/null
promtool test rules alerts_test.yaml
../../scripts/chart-schema.py --check "$binary"
../../scripts/chart-readme.py --check
../../scripts/dashboard.py --check
[ $failed = 0 ] && echo "chart: $(ls cases | wc -l) cases, rules and README are as they should be"
exit $failed
