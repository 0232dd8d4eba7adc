#!/usr/bin/env bash
# Renders the chart for every file of cases/ and compares with what is recorded in golden/: manifests, or, for bad-*,
# the sentence that refuses them. Then the rules of Prometheus and the README of the chart.
#
# usage: tests/helm/run.sh           compare
#        UPDATE=1 tests/helm/run.sh  record anew; read the diff
set -euo pipefail
cd "$(dirname "$0")"
chart=../../helm/sluice
helm_bin=$(../../scripts/fetch-helm.sh)
PATH=$helm_bin:$PATH
# The version of Kubernetes is fixed, so that no cluster is asked.
render() { helm template sluice "$chart" --namespace sluice --kube-version 1.34.0 --values "$1"; }
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

mkdir -p golden
helm lint --quiet --strict "$chart" --values cases/defaults.yaml
for case in cases/*.yaml; do
    name=$(basename "$case" .yaml)
    if [[ $name == bad-* ]]; then
        if out=$(render "$case" 2>&1); then
            echo "FAILED: $name is not refused"
            failed=1
        else
            # From the sentence on: what stands before it are places inside of the templates.
            sed -E '/^Use --debug/d; /^$/d; s/^Error: execution error at [^)]*\): //' <<<"$out" | compare "$name.txt"
        fi
    else
        render "$case" | stable | compare "$name.yaml"
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
sed -n '/^<!-- values -->$/,/^```$/p' ../../docs/GUIDE.md | sed '/^<!--/d; /^```/d' >"${TMPDIR:-/tmp}/guide-values.$$.yaml"
render "${TMPDIR:-/tmp}/guide-values.$$.yaml" | grep -c 'kind: StatefulSet' >/dev/null || { echo "FAILED: the values of docs/GUIDE.md"; failed=1; }
rm -f "${TMPDIR:-/tmp}/guide-values.$$.yaml"

promtool check rules --lint=all --lint-fatal "$chart/files/alerts.yaml" >/dev/null
promtool test rules alerts_test.yaml
../../scripts/chart-readme.py --check
../../scripts/dashboard.py --check
[ $failed = 0 ] && echo "chart: $(ls cases | wc -l) cases, rules and README are as they should be"
exit $failed
