#!/usr/bin/env python3
"""Writes helm/sluice/files/dashboard.json, the Grafana dashboard, from the list of panels below.

usage: scripts/dashboard.py           write it
       scripts/dashboard.py --check   fail when it is not what it should be
       scripts/dashboard.py --queries print every query, one a line
"""
import json
import pathlib
import sys

TARGET = pathlib.Path(__file__).resolve().parent.parent / "helm" / "sluice" / "files" / "dashboard.json"
# The pods that the variables on top choose.
PODS = 'namespace=~"$namespace",job=~"$job"'


def rate(metric, by, more=""):
    return f"sum{f' by ({by})' if by else ''} (rate({metric}{{{PODS}{more}}}[$__rate_interval]))"


def quantile(q, metric):
    return f"histogram_quantile({q}, sum by (le) (rate({metric}_bucket{{{PODS}}}[$__rate_interval])))"


# Rows of panels: (title, unit, what it tells, [(query, legend)]).
ROWS = [
    ("Flow", [
        ("Records in", "ops", "Records read, by topic.", [(rate("sluice_input_records_total", "topic"), "{{topic}}")]),
        ("Records out", "ops", "Scrubbed records delivered, by input topic.", [(rate("sluice_output_records_total", "topic"), "{{topic}}")]),
        ("Bytes", "Bps", "Keys and values.", [(rate("sluice_input_bytes_total", ""), "in"), (rate("sluice_output_bytes_total", ""), "out")]),
    ]),
    ("Behind", [
        ("Lag, records", "short", "Records between the position and the end.", [(f"sum by (topic, partition) (sluice_lag_records{{{PODS}}})", "{{topic}}/{{partition}}")]),
        ("Lag, time", "s", "Age of the record that was read last.", [(f"max by (topic, partition) (sluice_lag_seconds{{{PODS}}})", "{{topic}}/{{partition}}")]),
        ("Latency", "s", "From a record's Kafka timestamp to the commit of its scrubbed record.",
         [(quantile(q, "sluice_end_to_end_latency_seconds"), f"p{int(q * 1000) / 10:g}") for q in (0.5, 0.99, 0.999)]),
    ]),
    ("Privacy", [
        ("Findings", "ops", "Personal data found, by entity.", [(rate("sluice_findings_total", "entity"), "{{entity}}")]),
        ("Actions", "ops", "What was done with it.", [(rate("sluice_findings_total", "action"), "{{action}}")]),
        ("Unexpected findings", "short", "Fields that no rule names and that were seen to hold personal data since the start: name them in the config.",
         [(f"sum by (entity) (sluice_unexpected_findings_total{{{PODS}}})", "{{entity}}")]),
        ("Quarantined", "ops", "Records that could not be read safely, by reason.", [(rate("sluice_quarantined_records_total", "reason"), "{{reason}}")]),
    ]),
    ("Signals", [
        ("Signals", "ops", "Told, by rule.", [(rate("sluice_signals_total", "rule"), "{{rule}}")]),
        ("Severity", "ops", "Told, by severity: high and critical are alerts.", [(rate("sluice_signals_total", "severity"), "{{severity}}")]),
        ("In shadow", "ops", "What rules in shadow would have told.", [(rate("sluice_signals_shadowed_total", "rule"), "{{rule}}")]),
        ("Events that touch no account", "ops", "By what they lack.", [(rate("sluice_events_unmapped_total", "reason"), "{{reason}}")]),
    ]),
    ("State of accounts", [
        ("Accounts", "short", "In state, by pod.", [(f"sum by (pod) (sluice_state_accounts{{{PODS}}})", "{{pod}}")]),
        ("Bytes", "bytes", "That the state takes, by pod.", [(f"sum by (pod) (sluice_state_bytes{{{PODS}}})", "{{pod}}")]),
        ("Forgotten", "short", "Accounts per hour, by cause: capacity is a want of room.", [(f"sum by (cause) (increase(sluice_state_evictions_total{{{PODS}}}[1h]))", "{{cause}}")]),
        ("Restore", "short", "Records of the changelog still to be read.", [(f"sum by (pod) (sluice_state_restoring_records{{{PODS}}})", "{{pod}}")]),
        ("Changelog", "Bps", "Written.", [(rate("sluice_state_changelog_bytes_total", ""), "changelog")]),
    ]),
    ("Work", [
        ("Stages", "s", "Mean time of a batch in each stage.",
         [(f"sum by (stage) (rate(sluice_batch_stage_seconds_sum{{{PODS}}}[$__rate_interval])) / sum by (stage) (rate(sluice_batch_stage_seconds_count{{{PODS}}}[$__rate_interval]))", "{{stage}}")]),
        ("Transactions", "ops", "Committed and aborted.", [(rate("sluice_transactions_total", "outcome"), "{{outcome}}")]),
        ("Transaction time", "s", "From the first record of a transaction to its commit.", [(quantile(q, "sluice_transaction_seconds"), f"p{int(q * 100)}") for q in (0.5, 0.99)]),
        ("Outstanding", "bytes", "Bytes read and not yet delivered.", [(f"sum by (pod) (sluice_outstanding_bytes{{{PODS}}})", "{{pod}}")]),
    ]),
    ("Group", [
        ("Partitions held", "short", "By pod.", [(f"sum by (pod) (sluice_assigned_partitions{{{PODS}}})", "{{pod}}")]),
        ("Workers", "short", "In each state.", [(f"sum by (state) (sluice_worker_state{{{PODS}}})", "{{state}}")]),
        ("Stopped partitions", "short", "By the breaker.", [(f"sum(sluice_paused_partitions{{{PODS}}})", "stopped")]),
        ("Rebalances and recoveries", "short", "Per hour.",
         [(f"sum by (kind) (increase(sluice_rebalances_total{{{PODS}}}[1h]))", "rebalance: {{kind}}"), (f"sum(increase(sluice_worker_recoveries_total{{{PODS}}}[1h]))", "recoveries")]),
        ("Kafka errors", "short", "Per hour.", [(f"sum by (pod) (increase(sluice_kafka_errors_total{{{PODS}}}[1h]))", "{{pod}}")]),
    ]),
    ("Keys and config", [
        ("Active key", "short", "Pods that make tokens with each key: one line once all agree.", [(f"count by (kid) (sluice_active_key_info{{{PODS}}} == 1)", "{{kid}}")]),
        ("Next key change", "s", "Time until another key makes tokens; and until none does.",
         [(f"min by (kid) (sluice_key_change_seconds{{{PODS}}}) - time()", "{{kid}}"), (f"min(sluice_key_end_seconds{{{PODS}}}) - time()", "no key any more")]),
        ("Configs", "short", "Pods that run each config: one line once all agree.", [(f"count by (digest) (sluice_config_info{{{PODS}}})", "{{digest}}")]),
        ("Config reloads", "short", "Per hour, by result.", [(f"sum by (result) (increase(sluice_config_reloads_total{{{PODS}}}[1h]))", "{{result}}")]),
        ("Key reloads", "short", "Per hour, by result.", [(f"sum by (result) (increase(sluice_key_reloads_total{{{PODS}}}[1h]))", "{{result}}")]),
    ]),
    ("Salts and build", [
        ("Wait for the salt", "s", "Of the day: the stream waits meanwhile.", [(f"max by (pod) (sluice_salt_wait_seconds{{{PODS}}})", "{{pod}}")]),
        ("Without a salt", "ops", "Records whose values were redacted because their day has none, by topic.", [(rate("sluice_saltless_records_total", "topic"), "{{topic}}")]),
        ("Dropped by the suppression list", "ops", "By topic.", [(rate("sluice_suppressed_records_total", "topic"), "{{topic}}")]),
        ("Build", "short", "Pods by version.", [(f"count by (version, commit) (sluice_build_info{{{PODS}}})", "{{version}} {{commit}}")]),
        ("Uptime", "s", "By pod.", [(f"time() - max by (pod) (sluice_process_start_seconds{{{PODS}}})", "{{pod}}")]),
    ]),
]


def variable(name, query):
    return {
        "name": name, "type": "query", "label": name, "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "query": {"query": query, "refId": name}, "includeAll": True, "multi": True, "allValue": ".*",
        "current": {"text": "All", "value": "$__all"}, "refresh": 2, "sort": 1,
    }


def dashboard():
    panels, y, number = [], 0, 1
    for title, row in ROWS:
        panels.append({"type": "row", "id": number, "title": title, "collapsed": False, "panels": [], "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}})
        number, y = number + 1, y + 1
        width = 24 // len(row)
        for i, (name, unit, description, queries) in enumerate(row):
            panels.append({
                "type": "timeseries", "id": number, "title": name, "description": description,
                "datasource": {"type": "prometheus", "uid": "${datasource}"},
                "gridPos": {"h": 8, "w": width, "x": i * width, "y": y},
                "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"fillOpacity": 8, "showPoints": "never"}}, "overrides": []},
                "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}},
                "targets": [{"refId": chr(65 + j), "expr": expr, "legendFormat": legend, "datasource": {"type": "prometheus", "uid": "${datasource}"}} for j, (expr, legend) in enumerate(queries)],
            })
            number += 1
        y += 8
    return {
        "title": "Sluice", "uid": "sluice", "tags": ["sluice", "kafka", "privacy"], "schemaVersion": 39, "version": 1, "editable": True,
        "refresh": "30s", "time": {"from": "now-1h", "to": "now"}, "timezone": "browser", "graphTooltip": 1,
        "templating": {"list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "data source", "current": {}},
            variable("namespace", "label_values(sluice_build_info, namespace)"),
            variable("job", 'label_values(sluice_build_info{namespace=~"$namespace"}, job)'),
        ]},
        "panels": panels,
    }


def main():
    text = json.dumps(dashboard(), indent=1) + "\n"
    if "--queries" in sys.argv:
        for _, row in ROWS:
            for title, _, _, queries in row:
                for expr, _ in queries:
                    print(f"{title}\t{expr}")
    elif "--check" in sys.argv:
        if TARGET.read_text() != text:
            sys.exit("chart: helm/sluice/files/dashboard.json is not what scripts/dashboard.py writes: run it")
    else:
        TARGET.write_text(text)


main()
