# lib.sh - what the end-to-end tests share; sourced, with BIN set to the folder of the programs.
#
# $TMP is a scratch folder, removed at the end; everything that was started is killed at the end.
# shellcheck shell=sh
BIN=$(cd "${BIN:-build/release/bin}" && pwd)
TMP=$(mktemp -d)
STARTED=

clean_up() {
    for pid in $STARTED; do
        kill -9 "$pid" 2>/dev/null || true
    done
    rm -rf "$TMP"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# need PROGRAM WHAT: ends the test as skipped where there is no such program (tests/test.sh says so)
need() {
    command -v "$1" >/dev/null || { echo "needs $2"; exit 77; }
}

# expect_eq WHAT ACTUAL EXPECTED
expect_eq() {
    [ "$2" = "$3" ] || fail "$1: got \"$2\", expected \"$3\""
}

# expect_has WHAT TEXT PART
expect_has() {
    case "$2" in
    *"$3"*) ;;
    *) fail "$1: \"$3\" is not in: $2" ;;
    esac
}

# Waits at most 10 s until the command succeeds.
wait_for() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || return 1
        sleep 0.05
    done
}

# start_target_api [flags]: on ports that the kernel chooses. Sets API, ADMIN (host:port), API_PID.
start_target_api() {
    rm -f "$TMP/target-api.out"
    "$BIN/target-api" -port 0 -admin-port 0 "$@" >"$TMP/target-api.out" 2>"$TMP/target-api.err" &
    API_PID=$!
    STARTED="$STARTED $API_PID"
    wait_for grep -qs '^target-api: ready on' "$TMP/target-api.out" ||
        fail "target-api did not start: $(cat "$TMP/target-api.err")"
    # shellcheck disable=SC2034 # for those who source this
    API=$(sed -n 's/^target-api: ready on \(.*\), admin .*/\1/p' "$TMP/target-api.out")
    # shellcheck disable=SC2034
    ADMIN=$(sed -n 's/^target-api: ready on .*, admin \(.*\)/\1/p' "$TMP/target-api.out")
}

# json FILE EXPRESSION: the value of a Python expression over the JSON object `r` in FILE.
json() {
    python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

# refused STATUS MESSAGE ARGUMENT...: loadgen ends with STATUS, and one line on stderr has MESSAGE.
refused() {
    status=$1 message=$2
    shift 2
    actual=0
    timeout 20 "$BIN/loadgen" "$@" </dev/null >"$TMP/refused.out" 2>"$TMP/refused.err" || actual=$?
    expect_eq "status of: $*" "$actual" "$status"
    expect_has "message of: $*" "$(cat "$TMP/refused.err")" "$message"
    expect_eq "lines of: $*" "$(wc -l <"$TMP/refused.err")" 1
}
