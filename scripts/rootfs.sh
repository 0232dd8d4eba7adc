#!/bin/sh
# Lays out the files of the image in an empty folder: what scripts/image.sh packs, and what the Containerfile copies.
# usage: scripts/rootfs.sh FOLDER BINARY
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$1 binary=$2
mkdir -p "$root/etc/ssl/certs" "$root/usr/share/sluice"
cp "$binary" "$root/sluice"
strip "$root/sluice"
chmod 755 "$root/sluice"

# A dynamic binary takes along what it names, and nothing else. Names are resolved by libc itself since glibc 2.34.
certificates=/etc/ssl/certs/ca-certificates.crt
libraries=$(ldd "$binary" 2>/dev/null | grep -oE '/[^ )]+' || true)
for library in $libraries; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done

cp $certificates "$root/etc/ssl/certs/"
echo 'sluice:x:65532:65532::/:/sbin/nologin' >"$root/etc/passwd"
echo 'sluice:x:65532:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
cp "$here/../LICENSE" "$root/usr/share/sluice/LICENSE"
# shellcheck disable=SC2086 # a list of files
"$here/sbom.py" "$root/usr/share/sluice/sbom.cdx.json" $libraries $certificates
