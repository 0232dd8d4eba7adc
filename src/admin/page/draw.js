// How things look: plots, bars, cells, tables. Text is never taken for HTML, and nothing here knows a metric.

import { number } from "./metrics.js";

const WIDTH = 600, HEIGHT = 100;

/** An element with attributes and children. */
export function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "path", "line"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Puts content into a section, below its heading. */
export function show(id, ...content) {
  const section = document.getElementById(id);
  [...section.children].filter((child) => child.tagName !== "H2").forEach((child) => child.remove());
  section.append(...content);
}

/** Says in a section that there is nothing to show, and why. */
export const nothing = (id, why = "No data yet.") => show(id, make("p", { class: "none" }, why));

/** The next number of 1, 2, 5 · 10ⁿ: the top of a scale. */
function roundUp(n) {
  const size = 10 ** Math.floor(Math.log10(n));
  return size * [1, 2, 5, 10].find((step) => n <= step * size * 1.0001);
}

/** A plot over the last minutes that keeps its place, its focus and its cursor while its lines change. */
export class Plot {
  constructor(id, keep, intervalSeconds, format, tell) {
    Object.assign(this, { id, keep, intervalSeconds, format, tell, cursor: null, lines: [] });
    this.svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.ticks = ["top", "middle", "bottom"].map((at) => make("span", { class: "tick " + at, "aria-hidden": "true" }));
    this.box = make("div", { class: "plot", tabindex: "0", role: "group", "aria-roledescription": "plot" }, this.svg, ...this.ticks);
    this.when = make("span", {}, "now");
    this.axis = make("div", { class: "axis", "aria-hidden": "true" },
      make("span", {}, `${Math.round(keep * intervalSeconds / 60)} min ago`), this.when);
    this.legend = make("ul", { class: "legend", role: "list" });
    this.box.addEventListener("pointermove", (event) => {
      const { left, width } = this.box.getBoundingClientRect();
      this.point(Math.round((event.clientX - left) / width * (keep - 1)) - (keep - 1));
    });
    this.box.addEventListener("pointerleave", () => this.point(null));
    this.box.addEventListener("blur", () => this.point(null));
    this.box.addEventListener("keydown", (event) => this.key(event));
  }

  /** Left and right move the cursor; Escape puts it away. */
  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -15, PageDown: 15 }[event.key];
    if (step) this.point(Math.min(0, Math.max(1 - this.keep, (this.cursor ?? 0) + step)));
    else if (event.key === "Escape") this.point(null);
    else return;
    event.preventDefault();
    this.tell(this.summary());
  }

  /** Shows the numbers of so many samples ago (0 or below); null: of now. */
  point(cursor) {
    this.cursor = cursor;
    if (this.lines.length) this.paint();
  }

  /** Draws lines: [[name, [value or null …]]], the newest value last. */
  draw(lines) {
    this.lines = lines.filter(([, values]) => values.some((v) => v !== null));
    if (!this.lines.length) return nothing(this.id);
    if (!this.box.isConnected) show(this.id, this.box, this.axis, this.legend);
    this.paint();
  }

  at([, values]) {
    return values[values.length - 1 + (this.cursor ?? 0)] ?? null;
  }

  summary() {
    const when = this.cursor ? `${-this.cursor * this.intervalSeconds} s ago` : "now";
    return `${when}: ` + this.lines.map((line) => `${line[0]} ${this.format(this.at(line))}`).join(", ");
  }

  paint() {
    const top = roundUp(Math.max(...this.lines.flatMap(([, values]) => values.filter((v) => v !== null)), 1e-3));
    const x = (ago) => (WIDTH * (this.keep - 1 + ago) / (this.keep - 1)).toFixed(1);
    const shapes = [0, HEIGHT / 2, HEIGHT].map((y) => make("line", { x1: 0, x2: WIDTH, y1: y, y2: y }));
    this.lines.forEach(([, values], i) => {
      let line = "", area = "", pen = null;
      values.forEach((v, n) => {
        const at = x(n - values.length + 1);
        if (v === null) {
          if (pen) area += `L${pen} ${HEIGHT}Z`;
          return (pen = null);
        }
        const y = (HEIGHT - HEIGHT * v / top).toFixed(2);
        line += `${pen ? "L" : "M"}${at} ${y}`;
        area += pen ? `L${at} ${y}` : `M${at} ${HEIGHT}L${at} ${y}`;
        pen = at;
      });
      if (pen) area += `L${pen} ${HEIGHT}Z`;
      if (i === 0) shapes.push(make("path", { d: area, class: "area k0" }));
      shapes.push(make("path", { d: line, class: "k" + i }));
    });
    if (this.cursor !== null) {
      shapes.push(make("line", { class: "cursor", x1: x(this.cursor), x2: x(this.cursor), y1: 0, y2: HEIGHT }));
    }
    this.svg.replaceChildren(...shapes);
    [top, top / 2, 0].forEach((v, i) => (this.ticks[i].textContent = this.format(v)));
    this.when.textContent = this.cursor ? `${-this.cursor * this.intervalSeconds} s ago` : "now";
    this.legend.replaceChildren(...this.lines.map((line, i) => make("li", {}, make("i", { class: "k" + i }), line[0] + " ",
      make("b", {}, this.format(this.at(line))))));
    this.box.setAttribute("aria-label", this.summary());
  }
}

/** Bars with count and rate: rows = [[name, count, rate or null]], the longest first. */
export function bars(id, rows, tone = "") {
  const most = Math.max(...rows.map((row) => row[1]), 1);
  show(id, make("ul", { class: "bars " + tone, role: "list" }, ...rows.slice(0, 14).map(([name, count, perSecond]) => {
    const bar = make("span", { class: "name", title: name }, make("span", {}, name));
    bar.style.setProperty("--share", (count / most).toFixed(4));
    return make("li", {}, bar, make("span", { class: "count" }, number(count)),
      make("span", { class: "rate" }, perSecond === null ? "" : number(perSecond) + "/s"));
  })));
  if (rows.length > 14) document.getElementById(id).append(make("p", { class: "none" }, `and ${rows.length - 14} more`));
}

/** A table: heads, and rows of texts and numbers; numbers to the right. */
export function table(caption, heads, rows) {
  const isNumber = (i) => rows.some((row) => typeof row[i] === "number");
  const numeric = (i) => (isNumber(i) ? { class: "number" } : {});
  const head = make("tr", {}, ...heads.map((h, i) => make("th", { scope: "col", ...numeric(i) }, h)));
  const text = (v) => (typeof v === "number" ? number(v) : v);
  const body = rows.map((row) => make("tr", {}, ...row.map((v, i) => i
    ? make("td", numeric(i), text(v)) : make("th", { scope: "row" }, text(v)))));
  return make("table", { "aria-label": caption }, make("thead", {}, head), make("tbody", {}, ...body));
}

/** A tile: what it tells, the value, its unit and a word more. */
export function tile(what, value, unit, more, alarm) {
  return make("div", { class: alarm ? "tile alarm" : "tile" }, make("p", { class: "what" }, what),
    make("p", { class: "value" }, value, make("small", {}, unit)), make("p", { class: "more" }, more || "\u00a0"));
}
