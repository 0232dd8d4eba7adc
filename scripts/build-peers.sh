#!/bin/sh
# Builds the peers of `make bench-peers` once, and prints the directory that they are in: `connect` (Go), `streams` with
# Kafka Streams' jars and the class Scrub (Java, Maven), `vrl-peer` (Rust), and `python`, an environment with what
# benches/peers/python asks for. What is there and not older than its source stays.
#
# usage: scripts/build-peers.sh
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
out=${SLUICE_CACHE:-$HOME/.cache/sluice}/peers
mkdir -p "$out"

fail() {
    echo "build-peers: $1" >&2
    exit 1
}

newer() {
    [ ! -e "$2" ] || [ -n "$(find "$1" -type f -newer "$2" | head -n 1)" ]
}

if newer "$here/benches/peers/connect" "$out/connect"; then
    command -v go >/dev/null || fail "go is missing: it builds the Redpanda Connect engine (Debian: golang-go, or go.dev)"
    (cd "$here/benches/peers/connect" && go build -trimpath -o "$out/connect" .) >&2
fi
if newer "$here/benches/peers/streams" "$out/streams/Scrub.class"; then
    command -v mvn >/dev/null || fail "mvn is missing: it fetches Kafka Streams (Debian: apt-get install maven)"
    command -v javac >/dev/null || fail "javac is missing (Debian: apt-get install openjdk-17-jdk-headless)"
    mvn -q -B -f "$here/benches/peers/streams/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$out/streams/libs" >&2 || fail "mvn could not fetch Kafka Streams"
    javac -Xlint:all --release 17 -cp "$out/streams/libs/*" -d "$out/streams" "$here"/benches/peers/streams/src/main/java/*.java >&2
fi
if newer "$here/benches/peers/vrl" "$out/vrl-peer"; then
    cargo build --quiet --release --locked --manifest-path "$here/benches/peers/vrl/Cargo.toml" --target-dir "$here/target/peers" >&2
    cp "$here/target/peers/release/vrl-peer" "$out/vrl-peer"
    # Half a gigabyte that nothing asks for again.
    rm -rf "$here/target/peers"
fi
if newer "$here/benches/peers/python/requirements.txt" "$out/python/installed"; then
    python3 -c 'import ensurepip' 2>/dev/null || fail "python3 or its venv is missing (Debian: apt-get install python3-venv)"
    python3 -m venv --clear "$out/python"
    "$out/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/benches/peers/python/requirements.txt" >&2 ||
        fail "pip could not fetch what benches/peers/python/requirements.txt names"
    touch "$out/python/installed"
fi
echo "$out"
