#!/bin/sh
# loadgen serve over two workers: a run at a rate is sent by them, is changed and stopped; the page and Locust's REST
# interface show who is there. Then a search.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

# begin JSON: starts a run. Sets ID.
begin() {
    curl -sS -o "$TMP/answer" -H "Content-Type: application/json" -d "$1" "$W/api/v1/runs"
    ID=$(json "$TMP/answer" "r['id']")
}

stop() { curl -sS -o "$TMP/answer" -X POST "$W/api/v1/runs/$ID/stop"; }

worker_count() {
    curl -sS -o "$TMP/answer" "$W/worker-count"
    json "$TMP/answer" "r['worker_count']"
}

start_log_target
start_nats
echo 'local A = User {} A:task(function(self) self:get("/") end)' >"$TMP/a.lua"
refused 2 "a scenario cannot be sent to workers" serve -nats "$NATS" -H "$U" "$TMP/a.lua"
start_worker a
start_worker b
start_serve -nats "$NATS" -expect-workers 2 -rate 50 -slo "p50<500ms,errors<50%" -trial 1s "$U/"
expect_eq "before the first run" "$(worker_count)" 0

begin '{"kind": "rate", "rate": 100}'
shows "sorted((w['id'], w['state'], w['threads']) for w in r['workers']) == [('a', 'running', 1), ('b', 'running', 1)]"
shows "r['state'] == 'running' and second is not None and second['ended'] > 0 and all(w['cpu_percent'] is not None for w in r['workers'])"
expect_eq "/worker-count" "$(worker_count)" 2
curl -sS -o "$TMP/answer" "$W/stats/requests"
expect_eq "/stats/requests" \
    "$(json "$TMP/answer" "r['worker_count'], r['slave_count'], sorted((w['id'], w['state'], w['user_count'], w['memory_usage'] > 0, w['cpu_usage'] >= 0) for w in r['workers']), r['slaves'] == r['workers']")" \
    "(2, 2, [('a', 'running', 0, True, True), ('b', 'running', 0, True, True)], True)"
curl -sS -o "$TMP/answer" -H "Content-Type: application/json" -d '{"rate": 300}' "$W/api/v1/runs/$ID/change"
shows "second['intended'] > 250"
start_worker c
shows "('c', 'running') in [(w['id'], w['state']) for w in r['workers']]"
stop
shows "r['state'] == 'stopped'"
expect_eq "at the end" "$(page "r['problem'], r['total']['failures'], r['verdict']['met'], sorted((w['id'], w['state']) for w in r['workers'])")" \
    "(None, 0, True, [('a', 'ready'), ('b', 'ready'), ('c', 'ready')])"
expect_eq "the target had each of them" "$(page "r['total']['requests']")" "$(wc -l <"$TMP/log")"

# a search: who is there is shown in each trial
begin '{"kind": "capacity", "min_rate": 50, "max_rate": 60, "quick": true}'
shows "len(r['search']['trials']) > 0 and len(r['workers']) == 3"
stop
shows "r['state'] == 'stopped'"
expect_eq "a stopped search" "$(page "r['problem'], r['search']['phase']")" "(None, 'done')"
end_serve

# stopped while workers are awaited: no error; and one that waits in vain
start_serve -nats "$NATS" -expect-workers 9 -expect-workers-max-wait 3s "$U/"
begin '{"kind": "rate", "rate": 100}'
shows "len(r['workers']) == 3"
stop
shows "r['state'] == 'stopped'"
expect_eq "stopped before the start" "$(page "r['problem'], r['total']['requests']")" "(None, 0)"
begin '{"kind": "rate", "rate": 100}'
shows "r['state'] == 'stopped'"
expect_has "in vain" "$(page "r['problem']")" "-expect-workers: after 3s 3 of 9 workers are ready: "
end_serve
