#!/bin/sh
# -store sqlite:PATH: users whose POST was answered survive kill -9 under load.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh
FILE=$TMP/users.db

for seconds in 0.3 0.7 0.45 0.6; do
    start_target_api -store "sqlite:$FILE" -threads 2
    if [ -s "$TMP/answered" ]; then
        timeout 30 tests/contract/kill.py check "$API" "$TMP/answered" || fail "users were lost"
    fi
    timeout 30 tests/contract/kill.py write "$API" "$API_PID" "$seconds" "$TMP/answered" ||
        fail "writing until the death"
    wait "$API_PID" || true
done
start_target_api -store "sqlite:$FILE"
timeout 30 tests/contract/kill.py check "$API" "$TMP/answered" || fail "users were lost"

# One process at a time.
got=0
timeout 20 "$BIN/target-api" -port 0 -admin-port 0 -store "sqlite:$FILE" >"$TMP/out" 2>"$TMP/err" ||
    got=$?
expect_eq "exit status of a second process" "$got" 1
expect_has "the second process" "$(cat "$TMP/err")" "another process uses it"

# An orderly end keeps them too, and fewer may be held than there are.
before=$(curl -s "http://$API/metadata" | cksum)
kill -TERM "$API_PID"
wait "$API_PID" || fail "exit status"
start_target_api -store "sqlite:$FILE"
expect_eq "the metadata after a restart" "$(curl -s "http://$API/metadata" | cksum)" "$before"
kill -TERM "$API_PID"
wait "$API_PID" || fail "exit status"
for arguments in "sqlite:$FILE -max-users 3" "sqlite:$TMP/no/such/folder" "sqlite:" "file:x"; do
    got=0
    # shellcheck disable=SC2086 # words
    "$BIN/target-api" -port 0 -admin-port 0 -store $arguments >"$TMP/out" 2>"$TMP/err" || got=$?
    [ "$got" -eq 1 ] || [ "$got" -eq 2 ] || fail "-store $arguments: exit status $got"
    expect_has "-store $arguments" "$(cat "$TMP/err")" "target-api: -store"
done
