#!/usr/bin/env python3
"""Makes a picture of what a terminal shows (`tmux capture-pane -e -p`), with headless Chromium.

usage: terminal.py TEXT PNG
"""
import html
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser

COLOURS = {31: "#ff8a80", 32: "#52c47a", 33: "#f0c060", 36: "#58c7d8"}


def to_html(text):
    out, style = [], ""
    for part in re.split(r"(\x1b\[[0-9;]*m)", text):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if not code:
            out.append(f"<span style='{style}'>{html.escape(part)}</span>")
            continue
        for number in (int(n or 0) for n in code[1].split(";")):
            if number in (0, 39):
                style = "" if number == 0 else re.sub("color:[^;]*;", "", style)
            elif number == 1:
                style += "font-weight:bold;"
            elif number in COLOURS:
                style = re.sub("color:[^;]*;", "", style) + f"color:{COLOURS[number]};"
    return "".join(out)


def main(source, target):
    text = pathlib.Path(source).read_text(encoding="utf-8").rstrip("\n")
    lines = text.split("\n")
    width = max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines)
    page = ("<!doctype html><meta charset=utf-8><body style='margin:0;background:#0c1116'><pre style=\"margin:0;padding:14px;color:#e5ebf1;"
            f"font:14px/1.2 'DejaVu Sans Mono',monospace\">{to_html(text)}</pre>")
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as file, Browser() as browser:
        file.write(page)
        file.flush()
        browser.open("file://" + file.name)
        size = browser.run("const b = document.querySelector('pre'); b.style.display = 'inline-block'; return [b.offsetWidth, b.offsetHeight]")
        browser.devtools("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False)
        browser.picture(target)
    print(f"{target}: {len(lines)} lines of {width} columns")


main(*sys.argv[1:])
