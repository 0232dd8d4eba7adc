#!/usr/bin/env bash
# Runs every fuzz target under libFuzzer for a while. cargo-fuzz is not needed, nor is nightly: what it asks of the compiler
# is a pass of LLVM that stable Rust runs, too (coverage, comparisons), and the code under test has no `unsafe` that an
# address sanitizer could watch.
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

coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-trace-compares"
coverage+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
host=$(rustc -vV | sed -n 's/^host: //p')
# The versions of the program, as far as both have them. With `--target` build scripts are left as they are.
[[ -e fuzz/Cargo.lock ]] || cp Cargo.lock fuzz/Cargo.lock
RUSTFLAGS="--cfg fuzzing -Cdebug-assertions $coverage" cargo build --release --manifest-path fuzz/Cargo.toml \
    --target "$host" --target-dir target/fuzz

for target in "${targets[@]}"; do
    echo "==> $target, $seconds s"
    corpus=fuzz/corpus/$target
    mkdir -p "$corpus" fuzz/artifacts
    "target/fuzz/$host/release/$target" "$corpus" "$seeds" -max_total_time="$seconds" -max_len=4096 -timeout=20 \
        -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="fuzz/artifacts/$target-"
done
