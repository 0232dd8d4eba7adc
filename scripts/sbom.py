#!/usr/bin/env python3
"""A software bill of materials of the binary (CycloneDX 1.6, JSON) from Cargo.lock and cargo's own metadata: every crate
that is built into it, with version, checksum and licence.

usage: scripts/sbom.py > sluice.cdx.json
"""
import json
import subprocess
import tomllib

TARGET = "x86_64-unknown-linux-gnu"


def reached(metadata):
    """Ids of the packages that normal and build dependencies of the root lead to."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    found, waiting = set(), [metadata["resolve"]["root"]]
    while waiting:
        package = waiting.pop()
        if package in found:
            continue
        found.add(package)
        for dep in nodes[package]["deps"]:
            if any(kind["kind"] != "dev" for kind in dep["dep_kinds"]):
                waiting.append(dep["pkg"])
    return found


def component(package, checksums):
    name, version = package["name"], package["version"]
    purl = f"pkg:cargo/{name}@{version}"
    entry = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if package["license"]:
        entry["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if checksum := checksums.get((name, version)):
        entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return entry


def main():
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]
    metadata = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    with open("Cargo.lock", "rb") as lock:
        packages = tomllib.load(lock)["package"]
    checksums = {(p["name"], p["version"]): p["checksum"] for p in packages if "checksum" in p}
    root, wanted = metadata["resolve"]["root"], reached(metadata)
    own = next(p for p in metadata["packages"] if p["id"] == root)
    components = [component(p, checksums) for p in metadata["packages"] if p["id"] in wanted and p["id"] != root]
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**component(own, {}), "type": "application"}},
        "components": sorted(components, key=lambda c: c["bom-ref"]),
    }
    print(json.dumps(bom, indent=1))


main()
