#!/bin/sh
# target-api filled up to its limits with users of many sizes: every document is read, nothing is lost.
#
# Long: it fills a server with 200,000 users, several times.
set -eu
: "${BIN:=build/release/bin}"
. tests/e2e/lib.sh

# The sanitizers' copies are slow, and what they watch is the same with fewer users.
sizes="1 4 60 400 1000 30000"
case $BIN in
*asan*) sizes="1000 30000" ;;
*tsan*) sizes=30000 ;;
esac
# shellcheck disable=SC2086 # a list
timeout 500 tests/contract/many_users.py "$BIN/target-api" $sizes || fail "many users"
