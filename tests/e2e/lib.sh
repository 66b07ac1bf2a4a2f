# lib.sh - what the end-to-end tests share; sourced from the root of the tree, with BIN set to the folder
# of the programs.
#
# $TMP is a scratch folder, removed at the end; everything that was started is killed at the end.
# shellcheck shell=sh
# Debian's own programs come first: its Python packages are for /usr/bin/python3 alone, and a wrapper
# around another python3 can take ten times as long to start.
PATH=/usr/bin:/usr/sbin:/sbin:$PATH
PYTHONPYCACHEPREFIX=$PWD/build/pycache
export PATH PYTHONPYCACHEPREFIX
BIN=$(cd "${BIN:-build/release/bin}" && pwd)
SUPPORT=$(cd tests/support && pwd)
TMP=$(mktemp -d)
STARTED=

# A child that has ended may have left its number to a process of another test. SHELL_PID: of this (sub)shell.
SHELL_PID=$$
clean_up() {
    for pid in $STARTED; do
        ! grep -qs "^PPid:[[:space:]]*$SHELL_PID\$" "/proc/$pid/status" || kill -9 "$pid" 2>/dev/null || true
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

# Waits until the command succeeds, at most a minute: a busy machine, or a sanitizer, may take long.
wait_for() {
    wait_until=$(($(date +%s) + 60))
    until "$@"; do
        [ "$(date +%s)" -lt "$wait_until" ] || return 1
        sleep 0.05
    done
}

# ask KIND FILE [WORD...] EXPRESSION: prints its value; tests/support/expressions.py has the kinds. One question
# at a time: not in a function that runs in the background.
ask() {
    kill -0 "$ANSWERS" 2>/dev/null || fail "tests/support/expressions.py has ended"
    printf '%s\0' "$@" >"$TMP/.question"
    {
        read -r ask_status
        cat
    } <"$TMP/.answer"
    return "$ask_status"
}

# Starts what answers the questions of this (sub)shell. Others than tests, such as tests/run.sh, have none.
start_answers() {
    mkfifo "$TMP/.question" "$TMP/.answer"
    python3 "$SUPPORT/expressions.py" "$TMP/.question" "$TMP/.answer" &
    ANSWERS=$!
    STARTED="$STARTED $ANSWERS"
}
case $0 in *e2e/*) start_answers ;; esac

# json FILE EXPRESSION: the value of a Python expression over the JSON object `r` in FILE.
json() {
    case $1 in
    /*) ask json "$@" ;;
    *) ask json "$PWD/$1" "$2" ;;
    esac
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# hold_port: sets PORT to one that refuses connections, until the end.
hold_port() {
    python3 -c 'import signal, socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); signal.pause()' \
        >"$TMP/held" &
    STARTED="$STARTED $!"
    wait_for test -s "$TMP/held" || fail "no port could be held"
    PORT=$(cat "$TMP/held")
}

# start_on_free_port FUNCTION: runs it in the background with a port in $PORT, until a connection to that
# port succeeds. If another process takes the port first, FUNCTION runs again with another one.
start_on_free_port() {
    for _ in 1 2 3 4 5; do
        PORT=$(free_port)
        "$1" >"$TMP/$1.out" 2>"$TMP/$1.err" &
        STARTED="$STARTED $!"
        wait_for is_up_or_gone $! && kill -0 $! 2>/dev/null && return
    done
    fail "$1: $(cat "$TMP/$1.out" "$TMP/$1.err")"
}

# is_up_or_gone PID: true if something accepts connections at $PORT (7: curl could not connect), or if the
# process has ended
is_up_or_gone() {
    up=0
    curl -s -m 1 -o "$TMP/up" "http://127.0.0.1:$PORT/-up" || up=$?
    [ "$up" -ne 7 ] || ! kill -0 "$1" 2>/dev/null
}

# start_log_target: tests/contract/locust/target.py, which logs what arrives in $TMP/log. Sets U, its URL.
start_log_target() {
    python3 tests/contract/locust/target.py 0 "$TMP/log" >"$TMP/log_target.out" 2>"$TMP/log_target.err" &
    STARTED="$STARTED $!"
    wait_for test -s "$TMP/log_target.out" || fail "no target: $(cat "$TMP/log_target.err")"
    # shellcheck disable=SC2034 # for those who source this
    U=http://127.0.0.1:$(cat "$TMP/log_target.out")
}

# run_users STATUS SCENARIO FLAG...: `loadgen run`, which must end with STATUS; the SCENARIO - is stdin. Leaves
# $TMP/report, in JSON, and $TMP/err. Sets seen: how many lines $TMP/log had before.
run_users() {
    expected=$1 scenario=$2 actual=0
    shift 2
    if [ "$scenario" = - ]; then
        scenario=$TMP/scenario.lua
        cat >"$scenario"
    fi
    [ ! -e "$TMP/log" ] || seen=$(wc -l <"$TMP/log")
    timeout 60 "$BIN/loadgen" run "$scenario" -report json "$@" >"$TMP/report" 2>"$TMP/err" || actual=$?
    [ "$actual" = "$expected" ] || fail "status $actual, expected $expected: $*: $(cat "$TMP/err" "$TMP/report")"
}

# arrived EXPRESSION: of the list `l` of requests that $TMP/log has after the first $seen; sent(r, NAME) are the
# values of a header that is logged as a list
arrived() {
    ask arrived "$TMP/log" "$seen" "$1"
}

# start_nginx FOLDER: nginx with what stdin has for its http block (tests/support/nginx.py). Sets a
# variable for each @NAME@ there: its port.
start_nginx() {
    mkdir -p "$1"
    cat >"$1/http"
    python3 "$SUPPORT/nginx.py" "$1" <"$1/http" >"$1/nginx.out" 2>&1 &
    STARTED="$STARTED $!"
    wait_for test -s "$1/nginx.pid" || fail "nginx did not start: $(cat "$1/nginx.out" "$1/nginx.log")"
    # shellcheck source=/dev/null
    . "$1/ports"
}

in_own_folder() {
    TMP=$TMP/$(echo "$1" | tr ' ' '_')
    mkdir "$TMP"
    STARTED=
    SHELL_PID=$(exec sh -c 'echo $PPID')
    trap clean_up EXIT
    trap 'exit 1' INT TERM
    start_answers
    $1
}

# beside COMMAND...: runs these functions at the same time, each in a shell and a folder $TMP of its own;
# fails if one fails. What each starts is killed at its end.
beside() {
    commands=
    for command; do
        (in_own_folder "$command") &
        commands="$commands $!"
    done
    failed=
    for pid in $commands; do
        wait "$pid" || failed=yes
    done
    [ -z "$failed" ] || fail "one of them: $*"
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

# start_serve ARGUMENT...: `loadgen serve` with them, at a port that the kernel chooses unless they have another
# -web. Sets W, its URL, and SERVE_PID.
start_serve() {
    rm -f "$TMP/serve.err"
    "$BIN/loadgen" serve -web 127.0.0.1:0 "$@" >"$TMP/serve.out" 2>"$TMP/serve.err" &
    SERVE_PID=$!
    STARTED="$STARTED $SERVE_PID"
    await_serve "$TMP/serve.err"
}

# await_serve FILE: until the server whose stderr this is has said where it is. Sets W, its URL.
await_serve() {
    wait_for grep -qs '^loadgen: serving .*/$' "$1" || fail "not ready: $(cat "$1")"
    W=$(sed -n 's|^loadgen: serving \(.*\)/$|\1|p' "$1")
}

# end_serve: SIGTERM, after which it ends in order
end_serve() {
    kill "$SERVE_PID"
    wait "$SERVE_PID" || fail "status $? after SIGTERM: $(cat "$TMP/serve.err")"
}

# code PATH [CURL FLAG...]: the status of its answer, which is in $TMP/answer; the head is in $TMP/head
code() {
    path=$1
    shift
    curl -sS -o "$TMP/answer" -D "$TMP/head" -w '%{http_code}' "$@" "$W$path"
}

# get PATH [CURL FLAG...]: its answer, whose status must be 200, in $TMP/answer
get() {
    get_status=$(code "$@") || true
    expect_eq "status of $1: $(cat "$TMP/answer")" "$get_status" 200
}

# page EXPRESSION: of what its page shows, as tests/support/expressions.py has it
page() {
    curl -sS -o "$TMP/page" "$W/page/state" || return
    ask page "$TMP/page" "$1"
}
is_shown() { [ "$(page "$1")" = True ]; }

# shows EXPRESSION: waits until it is true of the page
shows() {
    wait_for is_shown "$1" || fail "the page never shows $1: $(cat "$TMP/page" "$TMP/serve.err")"
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
