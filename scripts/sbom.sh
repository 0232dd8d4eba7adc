#!/bin/sh
# Writes the bill of materials (CycloneDX, JSON) of what the binary is built from: every crate of Cargo.lock that this
# target takes, with version, licence and check sum. The same lock file gives the same file.
# usage: scripts/sbom.sh FILE
set -eu
cd "$(dirname "$0")/.."
out=$1
version=0.5.9
cache=${SLUICE_CACHE:-$HOME/.cache/sluice}
tool=$cache/tools/bin/cargo-cyclonedx
if [ "$("$tool" cyclonedx --version 2>/dev/null | sed -n 's/.* //p')" != $version ]; then
    echo "sbom: installing cargo-cyclonedx $version into $cache/tools" >&2
    CARGO_TARGET_DIR=$cache/tools/target cargo install --quiet --locked --root "$cache/tools" "cargo-cyclonedx@$version" >&2
    rm -rf "$cache/tools/target"
fi
# Its own output goes beside Cargo.toml; its number and time are random, which would make each build another.
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-0}"
trap 'rm -f sluice-sbom.json' EXIT
"$tool" cyclonedx --quiet --format json --spec-version 1.5 --override-filename sluice-sbom \
    --target "$(rustc -vV | sed -n 's/^host: //p')"
python3 - "$out" <<'PY'
import json, sys
bom = json.load(open("sluice-sbom.json", encoding="utf-8"))
for random in ("serialNumber",):
    bom.pop(random, None)
bom.get("metadata", {}).pop("timestamp", None)
text = json.dumps(bom, indent=1, sort_keys=True)
# Paths of the machine that built it are nobody's business.
root = __import__("os").getcwd()
text = text.replace(root, ".")
open(sys.argv[1], "w", encoding="utf-8").write(text + "\n")
print(f"sbom: {len(bom['components'])} components in {sys.argv[1]}", file=sys.stderr)
PY
