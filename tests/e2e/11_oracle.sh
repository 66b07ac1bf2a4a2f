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

# Beyond 64 bits, which the sample app stores.
long=$(printf '%0400d' 0 | tr 0 9)
for id in "$long" 9223372036854775808 -9223372036854775809; do
    expect_eq "the id $id" \
        "$(curl -s -o /dev/null -w '%{http_code}' "http://$API/users_name/$id")" 422
    expect_eq "a user with the id $id" "$(curl -s -o /dev/null -w '%{http_code}' \
        -d "{\"id\":$id,\"name\":\"a\",\"age\":\"1\"}" -H 'Content-Type: application/json' \
        "http://$API/add_users/")" 422
done
