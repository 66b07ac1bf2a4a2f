#!/bin/sh
# target-api compared with the sample app, on requests that the contract does not list.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh

start_target_api
timeout 120 python3 tests/contract/oracle.py "http://$API" >"$TMP/oracle" ||
    fail "$(tail -n 30 "$TMP/oracle")"
expect_eq "/health after all that" "$(curl -s "http://$API/health")" '{"health":"ok"}'
