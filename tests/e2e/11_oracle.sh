#!/bin/sh
# target-api beside the sample app itself, on what the contract does not list.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh

# Debian's own python: python3-fastapi and python3-uvicorn are for no other.
start_target_api
PYTHONDONTWRITEBYTECODE=1 timeout 120 /usr/bin/python3 tests/contract/oracle.py "http://$API" >"$TMP/oracle" ||
    fail "$(tail -n 30 "$TMP/oracle")"
expect_eq "/health after all that" "$(curl -s "http://$API/health")" '{"health":"ok"}'
