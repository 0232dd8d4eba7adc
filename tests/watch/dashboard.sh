#!/usr/bin/env bash
# Lets a Prometheus scrape a running service for half a minute, then asks it every query of the dashboard, and loads the
# alerts: each query must return data, each alert must be one that this Prometheus can evaluate.
#
# usage: tests/watch/dashboard.sh [BINARY]      BINARY: default target/release/sluice
set -euo pipefail
# shellcheck source=tests/watch/service.sh
. "$(dirname "$0")/service.sh"
binary=${1:-$root/target/release/sluice}
start_service "$binary"

cat >"$work/prometheus.yaml" <<YAML
scrape_configs:
  - job_name: sluice
    scrape_interval: 2s
    static_configs: [{targets: ["$admin"], labels: {namespace: default, pod: sluice-0}}]
rule_files: ["$root/helm/sluice/files/alerts.yaml"]
YAML
prometheus --config.file "$work/prometheus.yaml" --storage.tsdb.path "$work/tsdb" --web.listen-address 127.0.0.1:29990 \
    >"$work/prometheus.log" 2>&1 &
started+=($!)
ask() { curl -sG "http://127.0.0.1:29990/api/v1/query" --data-urlencode "query=$1"; }
scraped() { ask 'count_over_time(sluice_build_info[1m]) >= 15' | grep -q '"value"'; }
until_true 120 "Prometheus has scraped 15 times" scraped

empty=0 asked=0
while IFS=$'\t' read -r title query; do
    query=${query//\$namespace/.*} query=${query//\$job/.*} query=${query//\$__rate_interval/20s}
    asked=$((asked + 1))
    if ! ask "$query" | grep -q '"value"'; then
        echo "no data: $title: $query"
        empty=$((empty + 1))
    fi
done < <("$root/scripts/dashboard.py" --queries)
rules=$(curl -s http://127.0.0.1:29990/api/v1/rules)
wrong=$(grep -o '"health":"[a-z]*"' <<<"$rules" | grep -vc '"ok"\|"unknown"' || true)
firing=$(python3 -c 'import json,sys; print(" ".join(sorted(r["name"] for g in json.load(sys.stdin)["data"]["groups"] for r in g["rules"] if r["state"] == "firing")))' <<<"$rules")
echo "dashboard: $asked queries, $empty without data; alerts: $(grep -o '"type":"alerting"' <<<"$rules" | wc -l) loaded, $wrong cannot be evaluated, firing: ${firing:-none}"
[ $empty = 0 ] && [ "$wrong" = 0 ]
