#!/bin/sh
# fuzz.sh - runs the fuzz targets: all, or the ones that are named (`make fuzz T=answer`).
#
#     tests/fuzz/fuzz.sh [NAME...]
#
# A target starts from tests/data/fuzz/NAME and from what earlier runs found, in build/fuzz/corpus.
# What it finds goes there; an input that fails is kept as build/fuzz/NAME-*. Each run has another
# seed, from the clock; the line of each target has it, so that a failure can be repeated.
#
# Environment: BIN=build/fuzz/bin, where the targets are; FUZZ_SECONDS=10 for each; FUZZ_SEED, from
# 1 to 4294967295, in place of the clock's.
set -eu
BIN=${BIN:-build/fuzz/bin}
FUZZ_SECONDS=${FUZZ_SECONDS:-10}
seed=${FUZZ_SEED:-$(($(date +%s%N) / 1000 % 4294967295 + 1))}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0

if [ $# -eq 0 ]; then
    for source in tests/fuzz/fuzz_*.c; do
        name=${source##*/fuzz_}
        set -- "$@" "${name%.c}"
    done
fi
for name; do
    seeds=tests/data/fuzz/$name
    found=build/fuzz/corpus/$name
    mkdir -p "$found"
    result=ok
    "$BIN/fuzz_$name" -seed="$seed" -max_total_time="$FUZZ_SECONDS" -max_len=4096 -timeout=10 \
        -print_final_stats=1 -artifact_prefix="build/fuzz/$name-" "$found" "$seeds" >"$log" 2>&1 || result=FAILED
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    seconds=$(sed -n 's/^Done [0-9]* runs in \([0-9]*\) second.*/ in \1 s/p' "$log")
    printf '%-7s fuzz %s: %s executions%s, seed %s\n' "$result" "$name" "${executions:-no}" "$seconds" "$seed"
    if [ "$result" = FAILED ]; then
        input=$(sed -n 's/.*Test unit written to //p' "$log")
        if [ -n "$input" ]; then echo "        input: $input"; fi
        echo "        to repeat: make fuzz T=$name FUZZ_SEED=$seed FUZZ_SECONDS=$FUZZ_SECONDS"
        grep -v '^#' "$log" | sed 's/^/        /'
        status=1
    fi
done
exit "$status"
