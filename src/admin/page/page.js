// The status page: asks /metrics every two seconds and shows what is there. Every part draws itself from whatever series
// exist and says so when there are none, so an older or half-started process is shown as far as it goes.
"use strict";

const INTERVAL_MS = 2000;
const KEEP = 150; // samples: five minutes
const history = []; // {time (s), series: Map(name → [{labels, value}])}
let paused = false;

/** Prometheus text → Map(name → [{labels, value}]). */
function parse(text) {
  const series = new Map();
  for (const line of text.split("\n")) {
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!found) continue;
    const labels = {};
    for (const [, name, value] of (found[2] || "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[name] = value.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
    }
    if (!series.has(found[1])) series.set(found[1], []);
    series.get(found[1]).push({ labels, value: Number(found[3]) });
  }
  return series;
}

const last = () => history[history.length - 1];
const all = (sample, name) => sample?.series.get(name) || [];
/** Sum of a metric's series in a sample, null when there is none. */
const sum = (sample, name, where = () => true) => {
  const series = all(sample, name).filter((s) => where(s.labels));
  return series.length ? series.reduce((total, s) => total + s.value, 0) : null;
};
/** Sums by one label: Map(value → sum). */
function by(sample, name, label) {
  const sums = new Map();
  for (const { labels, value } of all(sample, name)) sums.set(labels[label], (sums.get(labels[label]) || 0) + value);
  return sums;
}

/** Growth a second between two samples; a restart (the counter fell) counts from zero. */
function rate(before, after, name, where) {
  const [a, b] = [sum(before, name, where), sum(after, name, where)];
  if (b === null || !before) return null;
  return (b >= (a || 0) ? b - (a || 0) : b) / (after.time - before.time);
}

/** Quantile of what a histogram took in between two samples, in its unit. */
function quantile(q, before, after, name) {
  const bounds = [...by(after, name + "_bucket", "le")].map(([le, n]) => {
    const past = before ? by(before, name + "_bucket", "le").get(le) || 0 : 0;
    return [le === "+Inf" ? Infinity : Number(le), n - past];
  }).sort((a, b) => a[0] - b[0]);
  const total = bounds.length ? bounds[bounds.length - 1][1] : 0;
  if (total <= 0) return null;
  let low = 0, below = 0;
  for (const [bound, count] of bounds) {
    if (count >= q * total) {
      return bound === Infinity ? low : low + (bound - low) * (q * total - below) / (count - below || 1);
    }
    [low, below] = [bound, count];
  }
  return low;
}

const number = (n, digits = 3) => n === null || n === undefined || Number.isNaN(n) ? "–"
  : n >= 1e9 ? (n / 1e9).toPrecision(digits) + " G" : n >= 1e6 ? (n / 1e6).toPrecision(digits) + " M"
  : n >= 1e4 ? (n / 1e3).toPrecision(digits) + " k" : n >= 100 || Number.isInteger(n) ? Math.round(n).toString() : n.toPrecision(digits);
const duration = (s) => s === null || s === undefined ? "–" : s < 1 ? Math.round(s * 1000) + " ms" : s < 120 ? number(s) + " s"
  : s < 7200 ? Math.round(s / 60) + " min" : s < 172800 ? Math.round(s / 3600) + " h" : Math.round(s / 86400) + " days";

/** An element with text and children; text is never taken for HTML. */
function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "path"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function show(id, ...content) {
  const section = document.getElementById(id);
  const old = [...section.children].filter((child) => child.tagName !== "H2");
  old.forEach((child) => child.remove());
  section.append(...(content.length ? content : [make("p", { class: "none" }, "No data yet.")]));
}

/** A plot over the last minutes: lines = [[name, [value or null …]]]. */
function plot(id, lines, format) {
  const drawn = lines.filter(([, values]) => values.some((v) => v !== null));
  if (!drawn.length) return show(id);
  const top = Math.max(...drawn.flatMap(([, values]) => values.filter((v) => v !== null))) * 1.1 || 1;
  const latest = drawn.map(([name, values]) => `${name} ${format(values[values.length - 1])}`);
  const svg = make("svg", { viewBox: "0 0 300 100", preserveAspectRatio: "none", role: "img", "aria-label": latest.join(", ") });
  drawn.forEach(([, values], i) => {
    let d = "", pen = "M";
    values.forEach((v, x) => {
      if (v === null) return (pen = "M");
      d += `${pen}${(300 * (KEEP - values.length + x) / (KEEP - 1)).toFixed(1)} ${(100 - 100 * v / top).toFixed(1)}`;
      pen = "L";
    });
    svg.append(make("path", { d, class: "k" + i }));
  });
  const axis = make("div", { class: "axis", "aria-hidden": "true" }, make("span", {}, `5 min ago, 0 to ${format(top)}`), make("span", {}, "now"));
  const legend = make("ul", { class: "legend" }, ...latest.map((text, i) => make("li", {}, make("i", { class: "k" + i }), text)));
  show(id, svg, axis, legend);
}

/** A table: heads, and rows of texts; numbers to the right. */
function table(id, caption, heads, rows) {
  if (!rows.length) return show(id);
  const cell = (tag, value, i) => value instanceof Node ? make(tag, {}, value)
    : make(tag, i && typeof value !== "string" ? { class: "number" } : {}, typeof value === "number" ? number(value) : String(value));
  const head = make("tr", {}, ...heads.map((h, i) => make("th", { scope: "col", ...(i && typeof rows[0][i] === "number" ? { class: "number" } : {}) }, h)));
  const body = rows.map((row) => make("tr", {}, ...row.map((v, i) => i ? cell("td", v, i) : make("th", { scope: "row" }, v))));
  show(id, make("table", { "aria-label": caption }, make("thead", {}, head), make("tbody", {}, ...body)));
}

/** A table of counters by one label: total, rate, share. */
function counters(id, caption, name, label) {
  const now = by(last(), name, label), before = history[Math.max(0, history.length - 6)];
  const rows = [...now].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]).slice(0, 20);
  const most = rows.length ? rows[0][1] : 1;
  table(id, caption, [label, "total", "a second", "share"], rows.map(([value, n]) => [value, n,
    history.length > 1 ? rate(before, last(), name, (l) => l[label] === value) || 0 : 0,
    make("meter", { min: 0, max: most, value: n, "aria-label": `${value}: ${number(n)}` })]));
}

const steps = (of) => history.map((sample, i) => of(history[i - 1], sample));

function draw() {
  plot("rates", [["in", steps((a, b) => rate(a, b, "sluice_input_records_total"))],
    ["out", steps((a, b) => rate(a, b, "sluice_output_records_total"))],
    ["quarantined", steps((a, b) => rate(a, b, "sluice_quarantined_records_total"))]], number);
  plot("bytes", [["in", steps((a, b) => rate(a, b, "sluice_input_bytes_total"))],
    ["out", steps((a, b) => rate(a, b, "sluice_output_bytes_total"))]], number);
  plot("latency", [0.5, 0.99].map((q) => [`p${q * 100}`,
    steps((a, b) => (a ? quantile(q, a, b, "sluice_end_to_end_latency_seconds") : null))]), duration);
  const seconds = new Map(all(last(), "sluice_lag_seconds").map((s) => [s.labels.topic + "/" + s.labels.partition, s.value]));
  const stopped = new Set(all(last(), "sluice_paused_partitions").filter((s) => s.value === 1).map((s) => s.labels.topic + "/" + s.labels.partition));
  const lag = all(last(), "sluice_lag_records").map((s) => [s.labels.topic + "/" + s.labels.partition, s.value])
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0], "en", { numeric: true }));
  table("lag", "Lag by partition", ["partition", "records", "time", "state"], lag.slice(0, 64)
    .map(([name, n]) => [name, n, duration(seconds.get(name) ?? null), stopped.has(name) ? "stopped by the breaker" : "runs"]));
  counters("findings", "Findings by entity", "sluice_findings_total", "entity");
  counters("signals", "Signals by rule", "sluice_signals_total", "rule");
  counters("quarantine", "Quarantined by reason", "sluice_quarantined_records_total", "reason");
  const workers = [...by(last(), "sluice_assigned_partitions", "worker")].sort((a, b) => a[0] - b[0]);
  table("workers", "Workers", ["worker", "state", "partitions", "commits", "aborts", "recoveries", "bytes under way"], workers.map(([worker, partitions]) => {
    const of = (name, more = {}) => sum(last(), name, (l) => l.worker === worker && Object.entries(more).every(([k, v]) => l[k] === v)) || 0;
    const states = all(last(), "sluice_worker_state").filter((s) => s.labels.worker === worker && s.value === 1).map((s) => s.labels.state);
    return [worker, states.join(", ") || "starting", partitions, of("sluice_transactions_total", { outcome: "committed" }),
      of("sluice_transactions_total", { outcome: "aborted" }), of("sluice_worker_recoveries_total"), of("sluice_outstanding_bytes")];
  }));
  const changes = [];
  for (const { labels, value } of all(last(), "sluice_active_key_info")) if (value === 1) changes.push(["active key", labels.kid]);
  for (const { labels, value } of all(last(), "sluice_active_salt_info")) if (value === 1) changes.push(["salt of the day", Object.values(labels).join(" ")]);
  for (const [name, title] of [["sluice_key_reloads_total", "key files"], ["sluice_config_reloads_total", "config"]]) {
    for (const { labels, value } of all(last(), name)) changes.push([`${title}: ${labels.result}`, number(value)]);
  }
  for (const { value } of all(last(), "sluice_config_reload_seconds")) if (value > 0) changes.push(["last reload", new Date(value * 1000).toLocaleString()]);
  table("changes", "Config and keys", ["what", "now"], changes);
  const facts = [];
  for (const { labels } of all(last(), "sluice_build_info")) facts.push(["version", `${labels.version} (${labels.commit})`], ["librdkafka", labels.librdkafka]);
  const start = sum(last(), "sluice_process_start_seconds");
  if (start) facts.push(["up", duration(Date.now() / 1000 - start)]);
  document.getElementById("facts").replaceChildren(...facts.map(([t, d]) => make("div", {}, make("dt", {}, t), make("dd", {}, d))));
}

function state(text, good) {
  const pill = document.getElementById("state");
  if (pill.textContent !== text) pill.textContent = text; // a live region: only what is new is read out
  pill.className = "pill " + (good ? "good" : "bad");
}

async function turn() {
  if (!paused) {
    try {
      const answers = await Promise.all([fetch("metrics", { cache: "no-store" }), fetch("readyz", { cache: "no-store" })]);
      const [text, ready] = [await answers[0].text(), await answers[1].json()];
      history.push({ time: Date.now() / 1000, series: parse(text) });
      if (history.length > KEEP) history.shift();
      state(ready.ready ? "ready" : "not ready: " + ready.missing.join(", "), ready.ready);
      draw();
    } catch {
      state("does not answer since " + (last() ? new Date(last().time * 1000).toLocaleTimeString() : "the page was opened"), false);
    }
  }
  setTimeout(turn, INTERVAL_MS);
}

document.getElementById("pause").addEventListener("click", (event) => {
  paused = !paused;
  event.target.setAttribute("aria-pressed", String(paused));
  event.target.textContent = paused ? "Go on" : "Pause";
});
document.getElementById("theme").addEventListener("click", () => {
  const dark = document.documentElement.classList.contains("dark")
    || (!document.documentElement.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.className = dark ? "light" : "dark";
});
turn();
