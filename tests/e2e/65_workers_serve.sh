#!/bin/sh
# loadgen serve over two workers: the page, Locust's REST interface and the API show who is there, also while nothing
# runs and after the broker was away. A run at a rate is sent by them, is changed and stopped. Between tests, another
# command may use them. Then a search, and the users of a scenario.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

# begin JSON: starts a run. Sets ID.
begin() {
    curl -sS -o "$TMP/answer" -H "Content-Type: application/json" -d "$1" "$W/api/v1/runs"
    ID=$(json "$TMP/answer" "r['id']")
}

stop() { curl -sS -o "$TMP/answer" -X POST "$W/api/v1/runs/$ID/stop"; }

# tells PATH EXPRESSION: waits until it is true of the answer; on a busy machine, a worker may be missing for a moment
is_told() {
    curl -sS -o "$TMP/answer" "$W$1"
    [ "$(json "$TMP/answer" "$2")" = True ]
}
tells() { wait_for is_told "$@" || fail "$1 never tells $2: $(cat "$TMP/answer")"; }

start_log_target
start_nats
kill -KILL "$NATS_PID"
start_serve -nats "$NATS" -expect-workers 2 -rate 50 -slo "p50<500ms,errors<50%" -trial 1s "$U/"
wait_for grep -q 'cannot connect to the broker at .*; trying again' "$TMP/serve.err" || fail "nothing is said of the broker"
expect_has "the log has it, too" "$(page "[l['text'] for l in r['log']]")" "trying again"
tells /worker-count "r['worker_count'] == 0"
restart_nats
wait_for grep -q 'the broker answers' "$TMP/serve.err" || fail "the broker is not found: $(cat "$TMP/serve.err")"
expect_eq "it says so once" "$(grep -c 'trying again' "$TMP/serve.err")" 1

# Before the first test; the worker of a pod that is scaled away, and one that is killed.
start_worker a
start_worker c
C_PID=$WORKER_PID
start_worker b
tells /worker-count "r['worker_count'] == 3"
tells /api/v1/workers "[(w['id'], w['state'], w['threads'], w['users']) for w in r['workers']] == [(n, 'ready', 1, 0) for n in 'acb']"
tells /stats/requests "(r['worker_count'], sorted((w['id'], w['state'], w['user_count']) for w in r['workers'])) == (3, [(n, 'ready', 0) for n in 'abc'])"
shows "(r['state'], len(r['workers'])) == ('ready', 3)"
kill -TERM "$C_PID"
tells /api/v1/workers "[w['id'] for w in r['workers']] == ['a', 'b']"
kill -KILL "$WORKER_PID"
tells /api/v1/workers "[(w['id'], w['state']) for w in r['workers']] == [('a', 'ready'), ('b', 'missing')]"
tells /worker-count "r['worker_count'] == 1"
curl -sS -o "$TMP/metrics" "$W/metrics"
expect_eq "metrics" "$(sed -n 's/^loadgen_workers{state="\(.*\)"} /\1 /p' "$TMP/metrics" | tr '\n' ' ')" "ready 1 running 0 stopping 0 missing 1 "
start_worker b
tells /worker-count "r['worker_count'] == 2"

begin '{"kind": "rate", "rate": 100}'
shows "sorted((w['id'], w['state'], w['threads']) for w in r['workers']) == [('a', 'running', 1), ('b', 'running', 1)]"
shows "r['state'] == 'running' and second is not None and second['ended'] > 0 and all(w['cpu_percent'] is not None for w in r['workers'])"
tells /worker-count "r['worker_count'] == 2"
tells /stats/requests \
    "(r['worker_count'], r['slave_count'], sorted((w['id'], w['state'], w['user_count'], w['memory_usage'] > 0, w['cpu_usage'] >= 0) for w in r['workers']), r['slaves'] == r['workers']) == (2, 2, [('a', 'running', 0, True, True), ('b', 'running', 0, True, True)], True)"
curl -sS -o "$TMP/answer" -H "Content-Type: application/json" -d '{"rate": 300}' "$W/api/v1/runs/$ID/change"
shows "second['intended'] > 250"
start_worker c
shows "('c', 'running') in [(w['id'], w['state']) for w in r['workers']]"
stop
shows "r['state'] == 'stopped'"
expect_eq "at the end" "$(page "r['problem'], r['total']['failures'], r['verdict']['met'] in (True, False)")" "(None, 0, True)"
expect_eq "the target had each of them" "$(page "r['total']['requests']")" "$(wc -l <"$TMP/log")"
shows "[w['state'] for w in r['workers'] if w['state'] != 'missing'] == ['ready', 'ready', 'ready']"

# Nothing runs, so another command may use the workers; meanwhile, a test is refused.
attack_with_workers 3 -rate 50 -duration 5m
shows "'running' in [w['state'] for w in r['workers']]"
begin '{"kind": "rate", "rate": 100}'
shows "r['state'] == 'stopped'"
expect_has "while another command is the controller" "$(page "r['problem']")" "is the controller (work: order "
kill -INT "$ATTACK_PID"
end_attack
expect_balance

# a search: who is there is shown in each trial
begin '{"kind": "capacity", "min_rate": 50, "max_rate": 60, "quick": true}'
shows "len(r['search']['trials']) > 0 and len(r['workers']) == 3"
stop
shows "r['state'] == 'stopped'"
expect_eq "a stopped search" "$(page "r['problem'], r['search']['phase']")" "(None, 'done')"
end_serve

# stopped while workers are awaited: no error
start_serve -nats "$NATS" -expect-workers 9 "$U/"
begin '{"kind": "rate", "rate": 100}'
shows "len(r['workers']) == 3"
stop
shows "r['state'] == 'stopped'"
expect_eq "stopped before the start" "$(page "r['problem'], r['total']['requests']")" "(None, 0)"
end_serve

# in vain
start_serve -nats "$NATS" -expect-workers 9 -expect-workers-max-wait 1s "$U/"
begin '{"kind": "rate", "rate": 100}'
shows "r['state'] == 'stopped'"
expect_has "in vain" "$(page "r['problem']")" "-expect-workers: after 1s, "
end_serve

# users: a swarm; its errors; more and fewer users
cat >"$TMP/a.lua" <<'LUA'
local Clumsy = User { wait = constant(0.1) }
Clumsy:task(function(self)
    local r <close> = self:get("/items", { check = true })
    if self.number == 4 then r:failure("no good") end
    if self.number == 5 then error("fell") end
end)
LUA
start_serve -nats "$NATS" -expect-workers 3 -H "$U" -slo "p99<2s" "$TMP/a.lua"
BEFORE=$(wc -l <"$TMP/log")
curl -sS -o "$TMP/answer" -F user_count=6 -F spawn_rate=100 "$W/swarm"
expect_eq "/swarm" "$(json "$TMP/answer" "r['success']")" True
shows "r['state'] == 'running' and r['users'] == 6 and sum(w['users'] for w in r['workers']) == 6"
curl -sS -o "$TMP/answer" -F user_count=8 -F spawn_rate=100 "$W/swarm"
expect_eq "a change" "$(json "$TMP/answer" "r['success']")" True
shows "r['state'] == 'running' and r['users'] == 8 and sum(w['users'] for w in r['workers']) == 8"
curl -sS -o "$TMP/answer" -F user_count=5 -F spawn_rate=100 "$W/swarm"
shows "r['state'] == 'running' and r['users'] == 5 and sum(w['users'] for w in r['workers']) == 5"
curl -sS -o "$TMP/answer" "$W/stop"
shows "r['state'] == 'stopped'"
expect_eq "the target had each of them" "$(page "r['total']['requests']")" "$(($(wc -l <"$TMP/log") - BEFORE))"
expect_eq "failures" "$(page "[(e['method'], e['name'], e['text'], e['count'] == r['total']['failures'] > 0) for e in r['failures']]")" \
    "[('GET', '/items', 'no good', True)]"
expect_eq "errors of the script" "$(page "r['problem'], [(e['message'][-4:], e['count'] > 0) for e in r['exceptions']]")" "(None, [('fell', True)])"
end_serve
printf 'Shape { tick = function() return 1, 1 end }\nlocal A = User {}\nA:task(function(self) self:get("/") end)\n' >"$TMP/a.lua"
refused 2 "the tick of a Shape cannot be sent to workers yet" serve -nats "$NATS" -H "$U" "$TMP/a.lua"
