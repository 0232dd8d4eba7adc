#!/usr/bin/env python3
"""Writes the part `config` of helm/sluice/values.schema.json from what `sluice schema` prints, so that helm refuses what
Sluice would refuse. The rest of that file is written by hand.

usage: scripts/chart-schema.py [BINARY]           write it
       scripts/chart-schema.py --check [BINARY]   fail when it is not what it should be
       BINARY: default target/release/sluice
"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "helm" / "sluice" / "values.schema.json"
# What Sluice reads besides what its schema for editors asks for: spaces around numbers and units.
PATTERNS = {
    "Duration": r"^\s*(\d+\s*h\s*)?(\d+\s*m\s*)?(\d+\s*s\s*)?(\d+\s*ms\s*)?$",
    "Size": r"^\s*\d+\s*(B|KiB|MiB|GiB|kB|KB|MB|GB)?\s*$",
}


def draft_7(node):
    """Helm before 3.18 knows draft 7 only. What no validator looks at is left out: defaults, examples, number formats."""
    if isinstance(node, list):
        return [draft_7(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": node["$ref"].replace("#/$defs/", "#/definitions/")}
    # As a list of words, a wrong one is answered with those that are right.
    if "oneOf" in node and all("const" in choice for choice in node["oneOf"]):
        return {"description": node["description"], "enum": [choice["const"] for choice in node["oneOf"]]}
    # Below `properties` and `$defs` stand names, not words of the schema.
    return {
        word: {name: draft_7(item) for name, item in value.items()} if word in ("properties", "$defs") else draft_7(value)
        for word, value in node.items()
        if word not in ("$schema", "title", "default", "examples", "format")
    }


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    binary = arguments[0] if arguments else ROOT / "target" / "release" / "sluice"
    config = draft_7(json.loads(subprocess.run([binary, "schema"], check=True, capture_output=True).stdout))
    definitions = config.pop("$defs")
    for name, pattern in PATTERNS.items():
        definitions[name]["pattern"] = pattern
    schema = json.loads(TARGET.read_text())
    # The chart looks into these two; `null` in the values would take them away.
    schema["properties"]["config"] = config | {"required": ["kafka", "input"]}
    schema["definitions"] = definitions
    text = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
    if "--check" in sys.argv:
        if TARGET.read_text() != text:
            sys.exit("chart: helm/sluice/values.schema.json is not what `sluice schema` says: run scripts/chart-schema.py")
    else:
        TARGET.write_text(text)


main()
