// The status page: asks /metrics every two seconds and shows what is there. Every part draws itself from whatever series
// exist and says so when there are none, so an older or half-started process is shown as far as it goes.

import { Plot, bars, make, nothing, show, table, tile } from "./draw.js";
import { all, by, duration, number, parse, quantile, rate, sum } from "./metrics.js";

const INTERVAL_MS = 2000;
const PATIENCE_MS = 5000;
const KEEP = 150; // samples: five minutes
const history = []; // {time (s), series: Map(name → [{labels, value}])}
let paused = false;

const last = () => history[history.length - 1];
const steps = (of) => history.map((sample, i) => of(history[i - 1], sample));
/** Growth a second over the last ten seconds: calmer than between two looks. */
const lately = (name, where) => rate(history[Math.max(0, history.length - 6)], last(), name, where);
const quantiles = (q, name) => history.map((sample, i) => (i ? quantile(q, history[Math.max(0, i - 5)], sample, name) : null));
const tell = (text) => (document.getElementById("told").textContent = text);
const plots = Object.fromEntries([["rates", number], ["bytes", number], ["latency", duration]]
  .map(([id, format]) => [id, new Plot(id, KEEP, INTERVAL_MS / 1000, format, tell)]));

function draw() {
  drawTiles();
  const flow = (kind, name) => [kind, steps((a, b) => rate(a, b, name))];
  plots.rates.draw([flow("in", "sluice_input_records_total"), flow("out", "sluice_output_records_total"),
    flow("quarantined", "sluice_quarantined_records_total")]);
  plots.bytes.draw([flow("in", "sluice_input_bytes_total"), flow("out", "sluice_output_bytes_total")]);
  plots.latency.draw([0.5, 0.99].map((q) => [`p${q * 100}`, quantiles(q, "sluice_end_to_end_latency_seconds")]));
  drawLag();
  drawCounters("findings", "sluice_findings_total", "entity", "", "Nothing found yet.");
  drawCounters("signals", "sluice_signals_total", "rule", "warm",
    all(last(), "sluice_signals_total").length ? "None yet." : "The config has no signals.");
  drawCounters("quarantine", "sluice_quarantined_records_total", "reason", "bad", "None: every record could be read.");
  drawWorkers();
  drawChanges();
  drawFacts();
}

function drawTiles() {
  const lag = sum(last(), "sluice_lag_records"), oldest = Math.max(0, ...all(last(), "sluice_lag_seconds").map((s) => s.value));
  const [p50, p99] = [0.5, 0.99].map((q) => quantiles(q, "sluice_end_to_end_latency_seconds").pop());
  const [quarantined, read] = ["sluice_quarantined_records_total", "sluice_input_records_total"].map((name) => lately(name));
  const share = read ? 100 * (quarantined || 0) / read : null;
  const held = sum(last(), "sluice_assigned_partitions"), stopped = sum(last(), "sluice_paused_partitions") || 0;
  const total = (name) => number(sum(last(), name)) + " since the start";
  show("tiles",
    tile("Records in", number(read), "/s", total("sluice_input_records_total")),
    tile("Records out", number(lately("sluice_output_records_total")), "/s", total("sluice_output_records_total")),
    tile("Latency", duration(p50), "p50", `p99 ${duration(p99)}`),
    tile("Lag", number(lag), "records", lag === null ? "" : `oldest ${duration(oldest)}`, oldest > 60),
    tile("Findings", number(lately("sluice_findings_total")), "/s", total("sluice_findings_total")),
    tile("Quarantined", share === null ? "–" : number(share, 2), "%", total("sluice_quarantined_records_total"), share > 1),
    tile("Partitions", number(held), "held", stopped ? `${stopped} stopped by the breaker` : "none stopped", stopped > 0));
}

function drawLag() {
  const name = (s) => s.labels.topic + "/" + s.labels.partition;
  const of = (metric) => new Map(all(last(), metric).map((s) => [name(s), s.value]));
  const [lag, seconds, stopped] = [of("sluice_lag_records"), of("sluice_lag_seconds"), of("sluice_paused_partitions")];
  if (!lag.size) return nothing("lag", "No partition is held.");
  const bad = (partition) => (stopped.get(partition) || 0) * 1e15;
  const rows = [...lag].sort((a, b) => bad(b[0]) - bad(a[0]) || b[1] - a[1] || a[0].localeCompare(b[0], "en", { numeric: true }));
  const cells = rows.slice(0, 48).map(([partition, records]) => {
    const age = seconds.get(partition);
    const [state, text] = stopped.get(partition) === 1 ? ["alarm", "stopped by the breaker"]
      : records > 0 ? [age > 5 ? "behind" : "", `${number(records)} behind, ${duration(age)}`] : ["", "at the end"];
    return make("li", { class: state }, make("b", { title: partition }, partition), make("span", {}, text));
  });
  show("lag", make("ul", { class: "cells", role: "list" }, ...cells));
  if (rows.length > 48) document.getElementById("lag").append(make("p", { class: "none" }, `and ${rows.length - 48} more`));
}

/** Counters by one label, the greatest first. */
function drawCounters(id, name, label, tone, none) {
  const rows = [...by(last(), name, label)].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  if (!rows.length) return nothing(id, none);
  bars(id, rows.map(([value, n]) => [value, n, lately(name, (l) => l[label] === value)]), tone);
}

function drawWorkers() {
  const workers = [...by(last(), "sluice_assigned_partitions", "worker")].sort((a, b) => a[0] - b[0]);
  if (!workers.length) return nothing("workers");
  const rows = workers.map(([worker, partitions]) => {
    const of = (name, more = {}) => sum(last(), name, (l) => l.worker === worker && Object.entries(more).every(([k, v]) => l[k] === v)) || 0;
    const restoring = of("sluice_state_restoring_records");
    const states = all(last(), "sluice_worker_state").filter((s) => s.labels.worker === worker && s.value === 1).map((s) => s.labels.state);
    const state = restoring ? `restoring, ${number(restoring)} left` : states.includes("ready") ? "ready" : states.join(", ") || "starting";
    return [worker, state, partitions, of("sluice_transactions_total", { outcome: "committed" }),
      of("sluice_transactions_total", { outcome: "aborted" }), of("sluice_worker_recoveries_total"),
      of("sluice_state_accounts"), of("sluice_outstanding_bytes")];
  });
  show("workers", table("Workers", ["worker", "state", "partitions", "commits", "aborts", "recoveries", "accounts", "bytes under way"], rows));
}

function drawChanges() {
  const time = (s) => new Date(s * 1000).toLocaleString();
  const since = (s) => `${time(s)} (${duration(Math.max(0, Date.now() / 1000 - s))} ago)`;
  const rows = [];
  for (const { labels, value } of all(last(), "sluice_active_key_info")) if (value === 1) rows.push(["active key", labels.kid]);
  for (const { labels, value } of all(last(), "sluice_key_change_seconds")) rows.push(["next key", `${labels.kid}, from ${time(value)} on`]);
  for (const { value } of all(last(), "sluice_key_end_seconds")) rows.push(["no key after", time(value)]);
  for (const { labels } of all(last(), "sluice_config_info")) rows.push(["config and patterns", labels.digest]);
  for (const { value } of all(last(), "sluice_config_start_seconds")) rows.push(["taken over", since(value)]);
  const waits = sum(last(), "sluice_salt_wait_seconds");
  if (waits !== null) rows.push(["salt of the day", waits > 0 ? `missing for ${duration(waits)}: the stream waits` : "there"]);
  for (const [name, title] of [["sluice_config_reloads_total", "config reloads"], ["sluice_key_reloads_total", "key reloads"], ["sluice_suppression_reloads_total", "suppression list reloads"]]) {
    const results = [...by(last(), name, "result")];
    if (results.some(([, n]) => n > 0)) rows.push([title, results.map(([result, n]) => `${number(n)} ${result}`).join(", ")]);
  }
  if (!rows.length) return nothing("changes");
  show("changes", table("Config and keys", ["what", "now"], rows));
}

function drawFacts() {
  const facts = [];
  for (const { labels } of all(last(), "sluice_build_info")) facts.push(["version", `${labels.version} (${labels.commit})`], ["librdkafka", labels.librdkafka]);
  const start = sum(last(), "sluice_process_start_seconds");
  if (start) facts.push(["up", duration(Date.now() / 1000 - start)]);
  document.getElementById("facts").replaceChildren(...facts.map(([t, d]) => make("div", {}, make("dt", {}, t), make("dd", {}, d))));
}

function setState(text, good) {
  const pill = document.getElementById("state");
  if (pill.textContent !== text) pill.textContent = text; // a live region: only what is new is read out
  pill.className = "pill " + (good ? "good" : "bad");
  document.title = good ? "Sluice" : "! Sluice";
}

async function look() {
  // A process that is stopped takes the question and never answers.
  const ask = (path) => fetch(path, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  let text, ready;
  try {
    const answers = await Promise.all([ask("metrics"), ask("readyz")]);
    if (!answers[0].ok) throw new Error("no metrics");
    text = await answers[0].text();
    ready = await answers[1].json().catch(() => ({ ready: false, missing: ["an answer of /readyz"] }));
  } catch {
    return setState("does not answer since " + (last() ? new Date(last().time * 1000).toLocaleTimeString() : "the page was opened"), false);
  }
  history.push({ time: Date.now() / 1000, series: parse(text) });
  if (history.length > KEEP) history.shift();
  setState(ready.ready ? "ready" : "not ready: " + (ready.missing || []).join(", "), ready.ready);
  draw();
}

async function turn() {
  try {
    if (!paused) await look();
  } finally {
    setTimeout(turn, INTERVAL_MS);
  }
}

document.getElementById("pause").addEventListener("click", (event) => {
  paused = !paused;
  event.target.setAttribute("aria-pressed", String(paused));
});
document.getElementById("theme").addEventListener("click", () => {
  const dark = document.documentElement.classList.contains("dark")
    || (!document.documentElement.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.className = dark ? "light" : "dark";
});
turn();
