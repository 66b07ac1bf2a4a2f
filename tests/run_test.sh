#!/bin/sh
# run_test.sh - runs one test for tests/test.sh, and prints its verdict, seconds, seconds of CPU time and
# name; if it did not pass, its output follows.
#
#     tests/run_test.sh unit|e2e NAME FILE
#
# A sanitizer's report is a failure, whatever the status of the program that it is about.
#
# Environment: AGAIN=FILE: the arguments of a test that failed without such a report are added to it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log
reports=$work/reports
mkdir "$reports"
chmod 755 "$work"
chmod 1777 "$reports" # some programs give up root
test="$*"
again=${AGAIN:-}
unset AGAIN # not for tests that run this script

name="$1 $2"
case $1 in
unit) set -- "$BIN/unit" "$2" ;;
e2e) set -- sh "$3" ;;
esac
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:log_path=$reports/asan"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-}:log_path=$reports/ubsan"
export TSAN_OPTIONS="${TSAN_OPTIONS:-}:log_path=$reports/tsan"
# A hanging test fails after 15 minutes; under ThreadSanitizer the longest takes a few.
began=$(date +%s)
status=0
timeout -k 10 900 "$@" >"$log" 2>&1 || status=$?
took=$(($(date +%s) - began))
# The second line is about the children: 1m2.3s 0m4.5s.
times >"$work/times"
cpu=$(sed -n '2{y/ms/  /;p;}' "$work/times" | awk '{ printf "%.0f", 60 * $1 + $2 + 60 * $3 + $4 }')

case $status:$STRICT in
0:*) verdict=ok ;;
77:?*) # a busy machine is no fault of the test: whoever says so has seen others use the CPU
    verdict=FAILED
    ! tail -n 1 "$log" | grep -q '^machine busy: ' || verdict=SKIPPED
    ;;
77:) verdict=SKIPPED ;;
*) verdict=FAILED ;;
esac
if cat "$reports"/* >>"$log" 2>/dev/null; then
    verdict=FAILED
elif [ "$verdict" = FAILED ] && [ -n "$again" ]; then
    echo "$test" >>"$again"
fi
# One write: other tests print at the same time.
printf '%s\n' "$(
    printf '%-7s %4d s %4d CPU  %s' "$verdict" "$took" "$cpu" "$name"
    [ "$verdict" = ok ] || sed 's/^/        /; 1s/^/\n/' "$log"
)"
