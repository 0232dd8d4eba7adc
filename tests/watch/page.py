#!/usr/bin/env python3
"""The status page in headless Chromium: what it shows, how it is reached, what it may load; with all, half and none of the data.

usage: page.py ADMIN WORK      ADMIN: host and port of a service with signals and load; pictures go to WORK
"""
import contextlib
import http.server
import json
import pathlib
import re
import sys
import threading
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser

PAGE = pathlib.Path(__file__).resolve().parents[2] / "src" / "admin" / "page"
TEXT = "return document.getElementById(arguments[0]).innerText"
SAMPLES = "return (document.querySelector('#rates path:not(.area)')?.getAttribute('d').split('L').length || 0)"


def counters(admin, name, label):
    text = urllib.request.urlopen(f"http://{admin}/metrics").read().decode()
    found = re.findall(rf'^{name}\{{.*?{label}="([^"]*)".*?\}} (\d+)$', text, re.M)
    sums = {}
    for value, n in found:
        sums[value] = sums.get(value, 0) + int(n)
    return {value: n for value, n in sums.items() if n}


def shows_everything(browser, admin):
    browser.until("forty seconds of rates", SAMPLES + " >= 20", 120)
    for plot in ("rates", "bytes", "latency"):
        label = browser.run("return document.querySelector(`#${arguments[0]} .plot`).getAttribute('aria-label')", plot)
        assert re.match(r"now: \w+ [\d.,]+", label), f"{plot}: {label}"
        assert browser.run("return document.querySelectorAll(`#${arguments[0]} path`).length", plot) >= 3, plot
    assert len(browser.run("return [...document.querySelectorAll('#lag li')].map((li) => li.innerText)")) == 18
    for section, name, label in [("findings", "sluice_findings_total", "entity"), ("signals", "sluice_signals_total", "rule"),
                                 ("quarantine", "sluice_quarantined_records_total", "reason")]:
        before = counters(admin, name, label)
        shown = browser.run("return [...document.querySelectorAll(`#${arguments[0]} .name`)].map((n) => n.title)", section)
        assert shown and set(shown) <= set(counters(admin, name, label)), f"{section}: {shown}"
        assert len(shown) >= min(len(before), 14), f"{section}: {shown} of {before}"
    workers = browser.run(TEXT, "workers")
    assert re.search(r"^0\s+ready\s+9\s", workers, re.M) and re.search(r"^1\s+ready\s+9\s", workers, re.M), workers
    changes = browser.run(TEXT, "changes")
    for part in (r"active key\s+k1", r"next key\s+k2, from ", r"no key after", r"config and patterns\s+[0-9a-f]{16}", r"taken over\s+.* ago\)",
                 r"salt of the day\s+there"):
        assert re.search(part, changes), f"{part}: {changes}"
    assert browser.run(TEXT, "state") == "ready"
    tiles = browser.run(TEXT, "tiles")
    assert all(word in tiles for word in ("Records in", "Latency", "Lag", "Partitions", "18")), tiles


def loads_nothing_else_and_runs_nothing_else(browser, admin):
    loaded = browser.run("return performance.getEntriesByType('resource').map((r) => r.name)")
    assert loaded and all(url.startswith(f"http://{admin}/") or url == "data:," for url in loaded), set(loaded)
    browser.complaints()
    refused = browser.run("""
        const script = document.createElement("script"), image = document.createElement("img");
        script.textContent = "window.ran = true";
        image.src = "/livez";
        document.body.append(script, image);
        document.body.setAttribute("onclick", "window.ran = true");
        document.body.click();
        script.remove(); image.remove(); document.body.removeAttribute("onclick");
        return window.ran === undefined""")
    assert refused, "a script in the page ran"
    told = " ".join(browser.complaints())
    assert "script-src" in told and "img-src" in told, told


def can_be_used_without_a_mouse(browser):
    where = "return document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
    browser.scheme("light")
    browser.run("document.activeElement.blur(); window.getSelection().removeAllRanges(); scrollTo(0, 0)")
    browser.press("Tab")
    assert browser.run(where) == "skip", browser.run(where)
    assert browser.run("return document.activeElement.getBoundingClientRect().left") >= 0, "the skip link cannot be seen"
    browser.press("Tab")
    assert browser.run(where) == "pause", browser.run(where)
    browser.press("Space")
    assert browser.run("return document.getElementById('pause').getAttribute('aria-pressed')") == "true"
    browser.press("Space", "Tab")
    assert browser.run(where) == "theme"
    browser.press("Enter")
    assert browser.run("return document.documentElement.className") == "dark"
    browser.press("Enter")
    assert browser.run("return document.documentElement.className") == "light"
    browser.press("Tab")
    assert browser.run(where) == "plot"
    browser.press("Left", "Left", "Left")
    told = browser.run("return document.getElementById('told').textContent")
    assert re.match(r"6 s ago: in [\d.,]+", told), told
    samples = browser.run(SAMPLES)
    browser.until("the plot goes on", SAMPLES + f" > {samples}")
    assert browser.run(where) == "plot", "a new sample took the focus away"
    browser.press("Escape")
    assert browser.run("return document.querySelectorAll('.cursor').length") == 0
    browser.run("document.documentElement.className = ''")


def is_told_to_a_screen_reader(browser):
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    said = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"] and "role" in node]
    for role in ("button", "link", "img", "image", "group", "table", "region", "heading"):
        nameless = [pair for pair in said if pair[0] == role and not pair[1]]
        assert not nameless, nameless
    roles = {role for role, _ in said}
    assert {"main", "banner", "heading", "table", "status", "button", "region"} <= roles, roles
    assert len([1 for role, _ in said if role == "heading"]) == 10, [pair for pair in said if pair[0] == "heading"]


CONTRAST = """
const parse = (c) => c.match(/[\\d.]+/g).map(Number);
const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
const low = [];
for (const e of document.querySelectorAll("body *")) {
  if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || e.closest("noscript, script, .hidden, .skip")) continue;
  const [a, b] = [light(parse(getComputedStyle(e).color).slice(0, 3)), light(ground(e))].sort((x, y) => y - x);
  if ((a + 0.05) / (b + 0.05) < 4.5) low.push(`${e.tagName} ${e.className} ${e.textContent.slice(0, 20)}: ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
}
return low;
"""


def can_be_read(browser, work):
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        low = browser.run(CONTRAST)
        assert not low, f"{scheme}: too little contrast: {low[:5]}"
        browser.run("document.activeElement.blur(); scrollTo(0, 0)")
        browser.picture(f"{work}/status-page-{scheme}.png", browser.run("return document.documentElement.scrollHeight"))
    for width in (1440, 800, 360):
        browser.devtools("Emulation.setDeviceMetricsOverride", width=width, height=1180, deviceScaleFactor=1, mobile=False)
        wide = browser.run("return document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"at {width} pixels the page is {wide} wider than the window"
        browser.picture(f"{work}/page-{width}.png")
    browser.devtools("Emulation.clearDeviceMetricsOverride")


class Half(http.server.BaseHTTPRequestHandler):
    """The page's files, and what a process may say that is old, half started, or broken; or nothing, if it is stopped."""
    answers = {}
    goes_on = threading.Event()

    def do_GET(self):
        path = self.path.split("?")[0]
        self.goes_on.wait()
        if path in self.answers:
            status, kind, body = self.answers[path]
        else:
            file = PAGE / (path.strip("/") or "index.html")
            status, body = (200, file.read_bytes()) if file.exists() else (404, b"")
            kind = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}.get(file.suffix, "text/plain")
        self.send_response(status)
        self.send_header("content-type", kind)
        self.end_headers()
        # Who asked may have given up meanwhile.
        with contextlib.suppress(BrokenPipeError):
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def works_with_half_of_the_data(browser, admin):
    whole = urllib.request.urlopen(f"http://{admin}/metrics").read().decode().splitlines()
    half = [line for line in whole if "lag" not in line and "signals" not in line and "worker_state" not in line]
    broken = 'sluice_lag_records{topic="<b>x</b>",partition="0"} 5\nsluice_input_records_total{topic="a"} nonsense\nno metric\n\x00\n'
    Half.goes_on.set()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Half)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    ready = json.dumps({"ready": True, "missing": []}).encode()
    missing = json.dumps({"ready": False, "missing": ["keys", "worker 0 joined"]}).encode()
    for metrics, readyz, pill, lag in [
        ("\n".join(half), (200, "application/json", ready), "ready", "No partition is held."),
        ("", (503, "application/json", missing), "not ready: keys, worker 0 joined", "No partition is held."),
        (broken, (200, "text/plain", b"what?"), "not ready: an answer of /readyz", "<b>x</b>/0\n5 behind, –"),
    ]:
        Half.answers = {"/metrics": (200, "text/plain", metrics.encode()), "/readyz": readyz}
        browser.open(url)
        browser.until(f"the page says {pill}", f"return document.getElementById('state').textContent === {json.dumps(pill)}")
        browser.until("tiles are there", "return document.querySelectorAll('.tile').length === 7")
        shown = browser.run(TEXT, "lag").split("\n", 1)[1].strip()
        assert shown == lag, shown
        told = [line for line in browser.complaints() if "readyz" not in line]
        assert not told, told
    silent = "return document.getElementById('state').textContent.startsWith('does not answer since ')"
    Half.goes_on.clear()
    browser.until("the page says that a stopped process does not answer", silent)
    Half.goes_on.set()
    browser.until("the page goes on with it", "return document.getElementById('state').textContent.startsWith('not ready')")
    server.shutdown()
    server.server_close()
    browser.until("the page says that nobody answers", silent)


def main(admin, work):
    with Browser() as browser:
        browser.open(f"http://{admin}/")
        shows_everything(browser, admin)
        assert not browser.complaints(), browser.complaints()
        can_be_read(browser, work)
        is_told_to_a_screen_reader(browser)
        can_be_used_without_a_mouse(browser)
        assert not browser.complaints(), "errors in the console"
        loads_nothing_else_and_runs_nothing_else(browser, admin)
        works_with_half_of_the_data(browser, admin)
    print("page: shows all, loads nothing else, can be read, heard and used without a mouse, and works with half of the data")


main(sys.argv[1], sys.argv[2])
