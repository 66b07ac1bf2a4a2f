#!/bin/sh
# fuzz.sh - runs the fuzz targets: all, or the ones that are named (`make fuzz T=answer`).
#
#     tests/fuzz/fuzz.sh [NAME...]
#
# A target starts from tests/data/fuzz/NAME and from what earlier runs found, in build/fuzz/corpus.
# What it finds goes there; an input that fails is kept as build/fuzz/NAME-*.
#
# Environment: BIN=build/fuzz/bin, where the targets are; FUZZ_SECONDS=10 for each.
set -eu
BIN=${BIN:-build/fuzz/bin}
FUZZ_SECONDS=${FUZZ_SECONDS:-10}
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
    if "$BIN/fuzz_$name" -max_total_time="$FUZZ_SECONDS" -max_len=4096 -timeout=10 \
        -print_final_stats=1 -artifact_prefix="build/fuzz/$name-" "$found" "$seeds" >"$log" 2>&1; then
        sed -n "s/^Done \([0-9]*\) runs in \([0-9]*\) second.*/ok      fuzz $name: \1 executions in \2 s/p" "$log"
    else
        echo "FAILED  fuzz $name"
        grep -v '^#' "$log" | sed 's/^/        /'
        status=1
    fi
done
exit "$status"
