#!/usr/bin/env bash
# Builds the image from a binary with buildah: nothing is pulled, nothing runs inside. In it are the binary, the parts of
# the C library that it asks for, the certificates of public authorities, the bill of materials and the licence; no
# shell, no package manager, no other user than 65532. The same inputs give the same image, byte for byte.
#
# usage: scripts/image.sh ARCHIVE.tar [BINARY]    NAME=localhost/sluice:0.1.0 in the environment for another name;
#                                                 BINARY: default target/release/sluice
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '6,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
archive=$1 binary=${2:-target/release/sluice}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
name=${NAME:-localhost/sluice:$version}
size_max=$((40 * 1000 * 1000)) # bytes, unpacked
umask 022

scripts/setup.sh image
[ -x "$binary" ] || { echo "image: there is no $binary: run 'make build'" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scripts/rootfs.sh "$work/root" "$binary"
size=$(du -sb "$work/root" | cut -f1)

commit=$(git rev-parse HEAD 2>/dev/null || echo unknown)
# Times in the image are those of the commit, so that it can be built again.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
b() { buildah --root "$work/store" --runroot "$work/run" --storage-driver vfs "$@"; }
container=$(b from scratch)
b copy --quiet "$container" "$work/root" / >/dev/null
labels=(
    "title=sluice"
    "description=$(sed -n 's/^description = "\(.*\)"/\1/p' Cargo.toml)"
    "licenses=Apache-2.0"
    "version=$version"
    "revision=$commit"
    "created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)"
)
b config --created-by "scripts/image.sh" --user 65532:65532 --port 9464 --env PATH=/ --workingdir / \
    --entrypoint '["/sluice"]' --cmd 'run -c /etc/sluice/config/sluice.yaml' "${labels[@]/#/--label=org.opencontainers.image.}" "$container"
rm -f "$archive"
b commit --quiet --identity-label=false --timestamp "$SOURCE_DATE_EPOCH" "$container" "docker-archive:$archive:$name" >/dev/null
echo "image: $name, $((size / 1000)) kB unpacked, in $archive ($(du -b "$archive" | cut -f1) bytes, sha256 $(sha256sum "$archive" | cut -c1-16)…)"
[ "$size" -le $size_max ] || { echo "image: larger than $size_max bytes" >&2; exit 1; }
