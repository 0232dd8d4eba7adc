#!/bin/sh
# Checks that the tools are there; as root on a system with apt-get, installs what is missing. Says nothing when all
# is there, which takes a moment.
#
# usage: scripts/setup.sh build    what a build needs: cargo, cmake, a C++ compiler, perl, make, pkg-config
#        scripts/setup.sh test     that, and what the tests on a real Kafka need: Java 17, Maven
#        scripts/setup.sh chaos    that, and strace, where it can be installed: without it some faults are left out
#        scripts/setup.sh ci       that, and valgrind, where it can be installed
#        scripts/setup.sh peers    that, and what the peers are built with: Go, a JDK, Python
#        scripts/setup.sh deny     what a build needs, and cargo-deny, in target/tools if it is nowhere else
#        scripts/setup.sh image    what an image is made with: buildah, strip, certificates, python3
#        scripts/setup.sh cluster  what the tests on Kubernetes need besides their own build: Go, kcat, jq, openssl
#        scripts/setup.sh watch    what looks at a running service: Prometheus, Chromium, kcat, tmux; Java and Maven
set -eu

# Also in Cargo.toml (rust-version): a test compares them.
rust_min=1.95
java_min=17
deny_version=0.20.2

fail() {
    echo "setup: $1" >&2
    exit 1
}

# Debian packages of what is missing.
packages=
want() {
    command -v "$1" >/dev/null 2>&1 || packages="$packages $2"
}

java_major() {
    java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p'
}

check_rust() {
    command -v cargo >/dev/null 2>&1 ||
        fail "cargo is missing: install Rust $rust_min or newer with rustup (see rust-lang.org), then run this again"
    # A toolchain of rustup says its version for the folder it is asked in.
    version=$(rustc --version 2>/dev/null | sed -n 's/^rustc \([0-9]*\.[0-9]*\).*/\1/p')
    oldest=$(printf '%s\n%s\n' "$rust_min" "${version:-0.0}" | sort -t. -k1,1n -k2,2n | head -n 1)
    [ "$oldest" = "$rust_min" ] ||
        fail "Rust ${version:-of unknown version} is too old, this needs $rust_min: run 'rustup update stable'"
}

want_build() {
    want cmake cmake
    # Debian always has a perl, but not the modules that OpenSSL's build asks for.
    perl -MFindBin -MIPC::Cmd -e 1 >/dev/null 2>&1 || packages="$packages perl"
    want make make
    want pkg-config pkg-config
    # The vendored OpenSSL and librdkafka are C and C++.
    command -v c++ >/dev/null 2>&1 && command -v cc >/dev/null 2>&1 || packages="$packages build-essential"
}

want_test() {
    want mvn maven
    if ! command -v java >/dev/null 2>&1; then
        packages="$packages openjdk-17-jre-headless"
    elif [ "$(java_major)" -lt "$java_min" ] 2>/dev/null; then
        fail "Java $(java_major) is too old, Kafka needs $java_min: install openjdk-17-jre-headless and make it the default"
    fi
}

want_image() {
    want buildah buildah
    want strip binutils
    want python3 python3-minimal
    [ -e /etc/ssl/certs/ca-certificates.crt ] || packages="$packages ca-certificates"
}

want_cluster() {
    want kcat kcat
    want jq jq
    want openssl openssl
    command -v go >/dev/null 2>&1 || fail "Go is missing: install Go 1.24 or newer (go.dev), which builds Kubernetes and helm"
}

want_watch() {
    want prometheus prometheus
    want chromium chromium
    want chromedriver chromium-driver
    want kcat kcat
    want tmux tmux
    want pngquant pngquant
    want python3 python3-minimal
    [ -d /usr/share/fonts/truetype/dejavu ] || packages="$packages fonts-dejavu-core"
}

want_peers() {
    want javac openjdk-17-jdk-headless
    python3 -c 'import ensurepip' >/dev/null 2>&1 || packages="$packages python3-venv"
    command -v go >/dev/null 2>&1 || fail "Go is missing: install Go 1.24 or newer (go.dev), which builds Redpanda Connect's engine"
}

# Without optimisation: it is built in a third of the time, and runs for two seconds.
install_deny() {
    tools=$(cd "$(dirname "$0")/.." && pwd)/target/tools
    cargo deny --version >/dev/null 2>&1 || [ -x "$tools/bin/cargo-deny" ] ||
        cargo install --locked --debug --quiet --root "$tools" --version "$deny_version" cargo-deny >&2 ||
        fail "cargo-deny $deny_version could not be built (its message is above)"
}

install() {
    [ -n "$packages" ] || return 0
    command -v apt-get >/dev/null 2>&1 || fail "missing, by their Debian names:$packages"
    [ "$(id -u)" -eq 0 ] || fail "missing:$packages (sudo apt-get install --no-install-recommends$packages)"
    echo "setup: installing$packages" >&2
    # Only the programs are wanted: no service of a package is started.
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    apt-get -qq update >&2 || fail "apt-get update failed (its message is above)"
    # shellcheck disable=SC2086 # a list of words
    apt-get -qq install -y --no-install-recommends $packages >&2 || fail "apt-get could not install$packages"
}

case "${1:-}" in
build) want_build ;;
test) want_build && want_test ;;
chaos)
    want_build && want_test
    [ "$(id -u)" -ne 0 ] || want strace strace
    ;;
ci)
    want_build && want_test
    [ "$(id -u)" -ne 0 ] || { want strace strace && want valgrind valgrind; }
    ;;
peers) want_build && want_test && want_peers ;;
deny) want_build && check_rust && install && install_deny && exit ;;
image) want_image && install && exit ;;
cluster) want_image && want_cluster && install && exit ;;
watch) want_test && want_watch && install && exit ;;
*) sed -n '5,13s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
check_rust
install
