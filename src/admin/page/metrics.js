// What /metrics says, read back: series with labels, sums, rates and quantiles between two looks.

/** Prometheus text → Map(name → [{labels, value}]). Lines that are none are left out. */
export function parse(text) {
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

/** All series of a metric in a sample. */
export const all = (sample, name) => sample?.series.get(name) || [];

/** Sum of a metric's series in a sample, null when there is none. */
export function sum(sample, name, where = () => true) {
  const series = all(sample, name).filter((s) => where(s.labels));
  return series.length ? series.reduce((total, s) => total + s.value, 0) : null;
}

/** Sums by one label: Map(value → sum). */
export function by(sample, name, label) {
  const sums = new Map();
  for (const { labels, value } of all(sample, name)) sums.set(labels[label], (sums.get(labels[label]) || 0) + value);
  return sums;
}

/** Growth a second between two samples; a restart (the counter fell) counts from zero. */
export function rate(before, after, name, where) {
  const [a, b] = [sum(before, name, where), sum(after, name, where)];
  if (b === null || !before) return null;
  return (b >= (a || 0) ? b - (a || 0) : b) / (after.time - before.time);
}

/** Quantile of what a histogram took in between two samples, in its unit; null when it took in nothing. */
export function quantile(q, before, after, name) {
  if (!before) return null;
  const past = by(before, name + "_bucket", "le");
  const bounds = [...by(after, name + "_bucket", "le")]
    .map(([le, n]) => [le === "+Inf" ? Infinity : Number(le), Math.max(0, n - (past.get(le) || 0))])
    .sort((a, b) => a[0] - b[0]);
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

/** A number for people: 1.23 M. */
export function number(n, digits = 3) {
  if (n === null || n === undefined || Number.isNaN(n)) return "–";
  for (const [size, unit] of [[1e12, " T"], [1e9, " G"], [1e6, " M"], [1e4, " k"]]) {
    if (n >= size) return (n / (size === 1e4 ? 1e3 : size)).toPrecision(digits) + unit;
  }
  return n >= 100 || Number.isInteger(n) ? Math.round(n).toLocaleString("en") : n.toPrecision(digits);
}

/** A time span for people: 42 ms, 3 min. */
export function duration(s) {
  if (s === null || s === undefined) return "–";
  if (s === 0) return "0";
  if (s < 1) return Math.round(s * 1000) + " ms";
  if (s < 120) return number(s) + " s";
  if (s < 7200) return Math.round(s / 60) + " min";
  return s < 172800 ? Math.round(s / 3600) + " h" : Math.round(s / 86400) + " days";
}
