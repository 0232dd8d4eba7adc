#!/usr/bin/env bash
# Runs every fuzz target for a while: under libFuzzer where nightly Rust and cargo-fuzz are installed, else with the
# mutations of tests/fuzz on the stable toolchain, which see no coverage and so find less.
#
# usage: scripts/fuzz.sh SECONDS [TARGET…]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=$1
shift
targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
    for file in fuzz/fuzz_targets/*.rs; do
        targets+=("$(basename "$file" .rs)")
    done
fi

if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo "fuzz: nightly Rust or cargo-fuzz is missing (rustup toolchain install nightly; cargo install --locked cargo-fuzz):" >&2
    echo "fuzz: all targets run on the stable toolchain instead" >&2
    SLUICE_FUZZ_SECONDS=$seconds exec cargo test --locked --test tests fuzz:: -- --nocapture
fi

# What a target begins with: lines of samples, whole configs and entities (their first byte chooses which).
seeds=fuzz/corpus/seeds
if [[ ! -d $seeds ]]; then
    mkdir -p "$seeds"
    for file in tests/profiles/*/in/*; do
        split -l 1 -a 3 "$file" "$seeds/$(basename "$file")-"
    done
    for file in patterns/profiles/*.yaml examples/config/*.yaml; do
        { printf '\0'; cat "$file"; } >"$seeds/config-$(basename "$file")"
    done
    for file in patterns/entities/*/*.yaml; do
        { printf '\001'; cat "$file"; } >"$seeds/entity-$(basename "$file")"
    done
fi

for target in "${targets[@]}"; do
    echo "==> $target, $seconds s"
    mkdir -p "fuzz/corpus/$target"
    # No address sanitizer: the code under test has no unsafe, and runs twice as fast.
    cargo +nightly fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "$seeds" -- \
        -max_total_time="$seconds" -max_len=4096 -print_final_stats=1
done
