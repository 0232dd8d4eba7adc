#!/bin/sh
# Looks at all dependencies with cargo-deny, by deny.toml. Advisories are fetched from where RustSec keeps them; where that cannot
# be reached this says so and looks at the rest: a fault of the network is none of the dependencies.
#
# usage: scripts/deny.sh
set -eu
cd "$(dirname "$0")/.."

PATH=$PATH:$PWD/target/tools/bin
cargo deny --locked --log-level error check licenses bans sources
if cargo deny --locked --log-level error fetch db 2>/dev/null; then
    cargo deny --locked --offline --log-level error check advisories
else
    echo "deny: the database of advisories cannot be fetched: NOT LOOKED AT" >&2
fi
