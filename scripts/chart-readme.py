#!/usr/bin/env python3
"""Writes helm/sluice/README.md from the comments of values.yaml that begin with `# --`.

usage: scripts/chart-readme.py           write it
       scripts/chart-readme.py --check   fail when it is not what it should be
"""
import pathlib
import re
import sys

CHART = pathlib.Path(__file__).resolve().parent.parent / "helm" / "sluice"
HEAD = """# The Sluice chart

<!-- Written by scripts/chart-readme.py from values.yaml: change the comments there. -->

Runs Sluice as a consumer group in Kubernetes: a StatefulSet (stable names for exactly-once delivery), its config and
patterns from values, its keys from a Secret, probes, a network policy, scaling by lag, alerts and a dashboard.

```sh
sluice keys new --dir keys
kubectl create secret generic sluice-keys --from-file=keys
helm install sluice helm/sluice --values my-values.yaml
helm test sluice
```

with, at the least, in `my-values.yaml`:

```yaml
image: {repository: registry.example.com/sluice}
keys: {existingSecret: sluice-keys}
config:
  kafka: {brokers: [my-cluster-kafka-bootstrap.kafka:9092]}
  input:
    topics:
      - {name: logins, format: json}
  output:
    create: {}
```

Values that contradict each other are refused with a sentence that says what to change. `docs/RUNBOOK.md` has a section
for every alert.

| value | default | |
|---|---|---|
"""


def rows(text):
    """(path, default, description) of every value that has a description."""
    path, description = [], ""
    for line in text.splitlines():
        if comment := re.match(r"\s*# -- (.*)", line):
            description = comment[1]
            continue
        key = re.match(r"( *)([A-Za-z]\w*):(?: (.*))?$", line)
        if not key:
            continue
        path = path[: len(key[1]) // 2] + [key[2]]
        if description:
            yield ".".join(path), (key[3] or "(see below)").strip(), description
            description = ""


def main():
    lines = []
    for path, default, description in rows((CHART / "values.yaml").read_text()):
        escape = lambda s: s.replace("|", "\\|")
        lines.append(f"| `{path}` | {'' if default.startswith('(') else f'`{escape(default)}`'} | {escape(description)} |\n")
    readme = HEAD + "".join(lines)
    target = CHART / "README.md"
    if "--check" in sys.argv:
        if target.read_text() != readme:
            sys.exit("chart: helm/sluice/README.md is not what values.yaml says: run scripts/chart-readme.py")
    else:
        target.write_text(readme)


main()
