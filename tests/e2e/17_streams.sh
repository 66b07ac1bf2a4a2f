#!/bin/sh
# Descriptors 0 to 2 closed at the start, in every combination: neither program opens a file or socket under
# these numbers, so its messages never end up in the results.
#
# Not under tsan: descriptors are opened before threads start.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api

# closed COMBINATION COMMAND...: with descriptors closed as the letters i, o and e say
closed() {
    case $1 in
    *i*) exec <&- ;;
    esac
    case $1 in
    *o*) exec >&- ;;
    esac
    case $1 in
    *e*) exec 2>&- ;;
    esac
    shift
    exec "$@"
}

# streams PID: what the first three descriptors are
streams() {
    for fd in 0 1 2; do
        readlink "/proc/$1/fd/$fd"
    done | xargs
}

# It prints its port on stdout, which may be closed.
closed_target_api() {
    rm -f "$TMP"/store*
    exec </dev/null
    closed "$which" "$BIN/target-api" -bind 127.0.0.1 -port "$PORT" -admin-port 0 -store "sqlite:$TMP/store"
}

for which in - i o e io ie oe ioe; do
    rm -f "$TMP/results"
    status=0
    (closed $which "$loadgen" attack -rate 100 -duration 300ms -output "$TMP/results" -report json "http://$API/health") \
        </dev/null >"$TMP/out" 2>"$TMP/err" || status=$?
    expect_eq "$which: status" "$status" 0
    "$loadgen" report -type json "$TMP/results" >"$TMP/json" 2>"$TMP/told"
    expect_eq "$which: the file" "$(cat "$TMP/told") $(json "$TMP/json" "r['requests'], r['cut_short']")" " (30, False)"
    case $which in
    *o*) expect_eq "$which: stdout" "$(cat "$TMP/out")" "" ;;
    *) expect_eq "$which: the report" "$(json "$TMP/out" "r['requests']")" 30 ;;
    esac

    # results that are read and written again
    (closed $which "$loadgen" encode -to bin -output "$TMP/again" "$TMP/results") </dev/null || fail "$which: encode ended with $?"
    cmp "$TMP/results" "$TMP/again" || fail "$which: encode"
    (closed $which "$loadgen" report -output "$TMP/text" "$TMP/results") </dev/null || fail "$which: report ended with $?"
    expect_has "$which: report" "$(cat "$TMP/text")" "30, "
    (closed $which "$loadgen" report "$TMP/missing") </dev/null >"$TMP/out" 2>"$TMP/err" && fail "$which: a missing file is no error"
    expect_eq "$which: stdout of an error" "$(cat "$TMP/out")" ""

    # target-api with a store of its own
    start_on_free_port closed_target_api
    pid=${STARTED##* }
    curl -fsS -o "$TMP/health" "http://127.0.0.1:$PORT/health" || fail "$which: target-api does not answer"
    case $(streams "$pid") in
    *socket* | *store* | *event*) fail "$which: target-api has $(streams "$pid")" ;;
    esac
    kill -TERM "$pid"
    wait "$pid" || fail "$which: target-api ended with $?"
done
