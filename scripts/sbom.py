#!/usr/bin/env python3
"""Writes the bill of materials (CycloneDX 1.5, JSON) of what the binary is made of: every crate that this target takes, with
version, licence and check sum, and the C libraries that some of them build in. From Cargo.lock and `cargo metadata`
alone; the same lock file gives the same bytes. For an image also the Debian packages of the files that go along: an image
without dpkg's database shows a scanner no C library.

usage: scripts/sbom.py FILE [FILE THAT GOES ALONG]...
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib
from urllib.parse import quote

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Crates that carry the source of a C library; its version stands behind the `+` of theirs, or in a header.
CARRIES = {"rdkafka-sys": "librdkafka", "openssl-src": "openssl", "zstd-sys": "zstd", "curl-sys": "curl", "libz-sys": "zlib"}
HEADERS = {"libz-sys": ("src/zlib/zlib.h", r'#define ZLIB_VERSION "([0-9.]+)"')}


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def reached(metadata, host):
    """Ids of the packages that the binary takes, and whether only its build does: {id: is only for the build}."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    found, todo = {}, [(metadata["resolve"]["root"], False)]
    while todo:
        at, build = todo.pop()
        if at in found and (build or not found[at]):
            continue
        found[at] = build
        for dep in nodes[at]["deps"]:
            kinds = {kind["kind"] for kind in dep["dep_kinds"]}
            if None in kinds:
                todo.append((dep["pkg"], build))
            elif "build" in kinds:
                todo.append((dep["pkg"], True))
    return found, nodes


def component(package, build, sums):
    name, version = package["name"], package["version"]
    made = {"type": "library", "bom-ref": f"{name}@{version}", "name": name, "version": version, "purl": f"pkg:cargo/{name}@{version}"}
    if package.get("license"):
        made["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if sums.get((name, version)):
        made["hashes"] = [{"alg": "SHA-256", "content": sums[name, version]}]
    if build:
        made["scope"] = "excluded"  # it builds the binary, and is not in it
    return made


def carried(package):
    """The C library that a crate brings, if it does."""
    library = CARRIES.get(package["name"])
    number = re.search(r"\+\D*([0-9][0-9.]*)", package["version"])
    if package["name"] in HEADERS:
        header, pattern = HEADERS[package["name"]]
        number = re.search(pattern, (pathlib.Path(package["manifest_path"]).parent / header).read_text(encoding="utf-8", errors="replace"))
    if not library or not number:
        return None
    return {"type": "library", "bom-ref": f"{library}@{number[1]}", "name": library, "version": number[1], "purl": f"pkg:generic/{library}@{number[1]}"}


def debian(files):
    """The packages that files of this system are from; none where the system is not Debian's."""
    if not shutil.which("dpkg-query"):
        return []
    # With /lib as a link to /usr/lib a package may know its file by either path.
    paths = {path for file in files for path in (file, file.removeprefix("/usr"), "/usr" + file)}
    owned = subprocess.run(["dpkg-query", "--search", *paths], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    # Some files are made at the installation, and no package lists them.
    packages = {line.split(":")[0] for line in owned.splitlines() if not line.startswith("diversion ")} | {"ca-certificates" for file in files if file.endswith("/ca-certificates.crt")}
    distribution = dict(re.findall(r'^(ID|VERSION_ID)="?([^"\n]*)', pathlib.Path("/etc/os-release").read_text(encoding="utf-8"), re.M))
    made = []
    for package in sorted(packages):
        version, architecture, source = output("dpkg-query", "--show", "--showformat", "${Version} ${Architecture} ${source:Package}\\n", package).splitlines()[0].split()
        ref = f"{package}@{version}"
        purl = f"pkg:deb/{distribution['ID']}/{quote(package)}@{quote(version)}?arch={architecture}&distro={distribution['ID']}-{distribution.get('VERSION_ID', 'unknown')}&upstream={quote(source)}"
        made.append({"type": "library", "bom-ref": ref, "name": package, "version": version, "purl": purl})
    return made


def main(target, *files):
    host = re.search(r"^host: (.*)$", output("rustc", "-vV"), re.M)[1]
    metadata = json.loads(output("cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", host))
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))
    sums = {(package["name"], package["version"]): package.get("checksum") for package in lock["package"]}
    packages = {package["id"]: package for package in metadata["packages"]}
    found, nodes = reached(metadata, host)
    root = metadata["resolve"]["root"]
    ref = lambda at: f"{packages[at]['name']}@{packages[at]['version']}"
    components = [component(packages[at], build, sums) for at, build in found.items() if at != root]
    dependencies = [{"ref": ref(at), "dependsOn": sorted(ref(dep["pkg"]) for dep in nodes[at]["deps"] if dep["pkg"] in found)} for at in found]
    for at in found:
        library = carried(packages[at])
        if library:
            components.append(library)
            next(d for d in dependencies if d["ref"] == ref(at))["dependsOn"].append(library["bom-ref"])
    along = debian(files)
    components += along
    dependencies += [{"ref": package["bom-ref"], "dependsOn": []} for package in along]
    next(d for d in dependencies if d["ref"] == ref(root))["dependsOn"].extend(package["bom-ref"] for package in along)
    missing = sorted(set(CARRIES) & {packages[at]["name"] for at in found} - {packages[at]["name"] for at in found if carried(packages[at])})
    if missing:
        sys.exit(f"sbom: the version of the library in {missing} is not known: mend scripts/sbom.py")
    bom = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"component": {**component(packages[root], False, {}), "type": "application"}},
        "components": sorted(components, key=lambda c: c["bom-ref"]),
        "dependencies": sorted(dependencies, key=lambda d: d["ref"]),
    }
    pathlib.Path(target).write_text(json.dumps(bom, indent=1) + "\n", encoding="utf-8")
    print(f"sbom: {len(components)} components in {target}", file=sys.stderr)


main(*sys.argv[1:])
