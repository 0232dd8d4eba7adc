#!/bin/sh
# Fetches the jars of Apache Kafka once, with Maven, and prints the directory they are in.
#
# usage: scripts/fetch-kafka.sh
# The cache is ${SLUICE_CACHE:-$HOME/.cache/sluice}. Several may run at once: one fetches, the others wait.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$here/kafka/pom.xml")
cache=${SLUICE_CACHE:-$HOME/.cache/sluice}
home=$cache/kafka-$version

fail() {
    echo "fetch-kafka: $1" >&2
    exit 1
}

# Java is needed to run what is fetched, so its absence is worth saying before any test waits for a broker.
command -v java >/dev/null || fail "java is missing: install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless)"
java_major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
[ "${java_major:-0}" -ge 17 ] || fail "Java ${java_major:-?} is too old, Kafka $version needs 17 (Debian: apt-get install openjdk-17-jre-headless)"

if [ ! -d "$home" ]; then
    command -v mvn >/dev/null || fail "mvn is missing: it fetches Kafka's jars (Debian: apt-get install maven)"
    mkdir -p "$cache"
    exec 9>"$cache/.kafka-$version.lock"
    flock 9
    # Another process may have fetched while this one waited.
    if [ ! -d "$home" ]; then
        part=$(mktemp -d "$cache/.kafka-$version.XXXXXX")
        trap 'rm -rf "$part"' EXIT
        echo "fetch-kafka: fetching Kafka $version into $home (about 55 MB, once)" >&2
        # The plugin names its version: what copies the jars today copies them next year.
        mvn -q -B -f "$here/kafka/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
            -DincludeScope=runtime -DoutputDirectory="$part/libs" >&2 || fail "mvn could not fetch Kafka $version (its message is above)"
        mv "$part" "$home"
        chmod 755 "$home"
        trap - EXIT
    fi
fi
echo "$home"
