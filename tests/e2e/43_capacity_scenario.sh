#!/bin/sh
# capacity -scenario: the rate of iterations that a scenario sustains, against a known truth.
#
# Long: it searches for a rate.
# Not under tsan: the search is one thread, and its runs are those of 45_run_rate.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen

start_log_target

# Sixteen users, each busy for 100 ms and three requests: at most 160 iterations a second.
cat >"$TMP/known.lua" <<'LUA'
local Known = User { wait = constant(1000) }
function Known:on_start() self:post("/login", { json = { user = "eva" } }) end
Known:task(function(self)
    self:get("/")
    sleep(0.1)
    self:get("/items/1", { name = "/items/{id}" })
    self:get("/items/2", { name = "/items/{id}" })
end)
LUA

known() {
    known=$TMP/../known.lua
    search() { "$loadgen" capacity -quick -trial 1s -slo "errors<50%" -scenario "$known" -H "$U" -u 16 -cpus 1 -max-rate 400 "$@"; }
    search -output "$TMP/result" -journal "$TMP/journal" >"$TMP/out" 2>"$TMP/err" || fail "capacity: $(cat "$TMP/err" "$TMP/out")"
    expect_eq "found" "$(json "$TMP/result" "r['verdict'], 96 <= r['capacity']['rate'] < 160")" "('found', True)"
    expect_eq "why more is too much" "$(json "$TMP/result" "all('were dropped, because no user was free; raise -u' in t['reason'] for t in r['trials'] if t['outcome'] == 'bad')")" True
    expect_eq "plan" "$(json "$TMP/result" "r['plan']['scenario']['file'], r['plan']['scenario']['users']")" "('known.lua', 16)"
    expect_has "text" "$(cat "$TMP/out")" "iterations per second of known.lua, 16 users"
    python3 tests/support/report_schema.py -schema capacity.schema.json "$TMP/result" >"$TMP/schema" 2>&1 || fail "schema: $(cat "$TMP/schema")"

    # the journal belongs to this scenario and its users
    refused 2 "another search (targets: " capacity -quick -trial 1s -slo "errors<50%" -scenario "$known" -H "$U" -u 17 -cpus 1 \
        -max-rate 400 -journal "$TMP/journal" -resume
    search -journal "$TMP/journal" -resume >"$TMP/out" 2>"$TMP/err" || fail "resumed: $(cat "$TMP/err")"
    expect_has "resumed" "$(cat "$TMP/err")" "Trials read from the journal: "

    refused 2 "-scenario replaces the URL" capacity -slo "p50<1s" -scenario "$known" "$U"
}

# Users that all end early leave iterations that nobody starts: no rate is good, although each answer is.
users_that_end() {
    echo 'local Short = User {} Short:task(function(self) self:get("/") self:stop_user() end)' >"$TMP/short.lua"
    "$loadgen" capacity -quick -trial 1s -slo "errors<50%" -scenario "$TMP/short.lua" -H "$U" -u 40 -cpus 1 -min-rate 100 -max-rate 200 \
        -output "$TMP/short" >"$TMP/out" 2>&1 && fail "users that end early: $(cat "$TMP/out")"
    expect_eq "users that end early" "$(json "$TMP/short" "r['verdict'], {t['outcome'] for t in r['trials']}")" "('below-minimum', {'bad'})"
    expect_has "why" "$(json "$TMP/short" "r['trials'][0]['reason']")" "60 of 100 iterations"
}

errors_of_scripts() {
    echo 'local A = User {} A:task(function(self) self:get("/") error("no") end)' >"$TMP/broken.lua"
    if "$loadgen" capacity -quick -trial 1s -slo "errors<50%" -scenario "$TMP/broken.lua" -H "$U" -u 4 -min-rate 10 -max-rate 11 \
        >"$TMP/out" 2>"$TMP/err"; then
        fail "errors of scripts are not told"
    fi
    expect_has "errors of scripts" "$(cat "$TMP/err")" "loadgen: scripts raised "
    expect_has "where" "$(cat "$TMP/err")" "broken.lua:1: no"
}

beside known users_that_end errors_of_scripts
