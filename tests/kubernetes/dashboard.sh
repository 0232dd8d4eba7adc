#!/usr/bin/env bash
# Lets a Prometheus scrape the pods for a minute and asks it every query of the dashboard.
# usage: dashboard.sh WORK ROOT POD=ADDRESS…
set -euo pipefail
work=$1 root=$2
shift 2
{
    echo 'scrape_configs: [{job_name: sluice, scrape_interval: 2s, static_configs: ['
    for pod in "$@"; do
        echo "  {targets: ['${pod#*=}:9464'], labels: {namespace: default, pod: '${pod%=*}'}},"
    done
    echo ']}]'
} >"$work/prometheus.yaml"
prometheus --config.file "$work/prometheus.yaml" --storage.tsdb.path "$work/tsdb" --web.listen-address 127.0.0.1:29990 >"$work/prometheus.log" 2>&1 &
trap 'kill $!' EXIT
ask() { curl -sG "http://127.0.0.1:29990/api/v1/query" --data-urlencode "query=$1"; }
filled() { ask 'count(count_over_time(sluice_build_info[20s]) >= 8)' | grep -q "\"$1\""; }
for _ in {1..120}; do
    ! filled $# || break
    sleep 1
done
filled $# || { echo "FAILED: Prometheus did not scrape $# pods" >&2; exit 1; }
empty=0 asked=0
while IFS=$'\t' read -r title query; do
    query=${query//\$namespace/.*} query=${query//\$job/.*} query=${query//\$__rate_interval/20s}
    asked=$((asked + 1))
    # No stopped partition, no finding in a new field: these counters begin with their first event.
    if ! ask "$query" | grep -q '"value"'; then
        echo "no data: $title: $query"
        empty=$((empty + 1))
    fi
done < <("$root/scripts/dashboard.py" --queries)
echo "dashboard: $asked queries, $empty without data"
[ $empty = 0 ]
