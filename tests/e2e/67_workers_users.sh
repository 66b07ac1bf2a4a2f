#!/bin/sh
# Users move: workers join and leave during a run of users, one is killed, and the number of users is changed on the
# page. A user never runs on two workers at a time, and starts anew on the next one; no request is lost but those of the
# worker that was killed.
#
# Long: a worker is lost only after 20 s.
# Not under sanitizers: many programs run beside each other; 65 and 66 have the same parts.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

# What a user asks for, in the order in which it must arrive, however often it moves.
write_users() {
    cat >"$TMP/users.lua" <<'LUA'
local U = User { wait = constant(0.1) }
function U:on_start() self:get("/items/" .. self.number .. "-start", { name = "start" }) end
U:task(function(self) self:get("/items/" .. self.number .. "-work", { name = "work" }) end)
function U:on_stop() self:get("/items/" .. self.number .. "-stop", { name = "stop" }) end
LUA
}

# lives EXPRESSION: of {number: "swwwpsww"}, what arrived of each user since $seen: start, work, stop
lives() {
    arrived "(lambda lives: $1)((lambda asked: {n: ''.join({'start': 's', 'work': 'w', 'stop': 'p'}[k] for m, k in asked if m == n) for n in {m for m, k in asked}})([(int(r['url'].split('/')[-1].split('-')[0]), r['url'].split('-')[-1]) for r in l if r['url'].startswith('/items/')]))"
}

# await_users N: until N users are alive at the target
await_users() { wait_for are_alive "$1" || fail "never $1 users: $(lives "lives"): $(cat "$TMP/err" 2>/dev/null)"; }
are_alive() { [ "$(lives "len([v for v in lives.values() if v[-1] == 'w'])")" = "$1" ]; }

# have_started N: users have started N times in all
have_started() { [ "$(lives "sum(v.count('s') for v in lives.values())")" = "$1" ]; }

# expect_one_at_a_time: each user has started, worked and stopped, once or several times in a row
expect_one_at_a_time() {
    expect_eq "users on two workers at a time" "$(lives "{n: v for n, v in lives.items() if not __import__('re').fullmatch('(sw*p)+', v)}")" "{}"
}

expect_balance_of_users() {
    expect_eq "the balance" "$(json "$TMP/report" "r['intended'] - r['requests'] - r['not_started'], r['unknown']")" "(0, 0)"
    expect_eq "all arrived" "$(json "$TMP/report" "r['requests']")" "$(arrived "len(l)")"
}

start_pair() {
    start_log_target
    start_nats
    start_worker a
    A_PID=$WORKER_PID
    start_worker b
    seen=0
    write_users
}

come_and_go() {
    start_pair
    "$BIN/loadgen" run "$TMP/users.lua" -nats "$NATS" -expect-workers 2 -H "$U" -u 12 -r 20 -report json \
        >"$TMP/report" 2>"$TMP/err" &
    RUN_PID=$!
    STARTED="$STARTED $RUN_PID"
    await_users 12
    expect_eq "nobody has moved" "$(lives "sum(v.count('s') for v in lives.values())")" 12
    for name in c d; do
        start_worker $name
        wait_for grep -q 'joins the run' "$TMP/$name.err" || fail "$name: $(cat "$TMP/$name.err")"
        await_users 12
    done
    moved=$(lives "sum(v.count('s') for v in lives.values()) - 12")
    [ "$moved" -ge 5 ] || fail "only $moved users have moved to c and d"
    kill -TERM "$A_PID"
    wait "$A_PID" || fail "status $? of the worker that left"
    await_users 12
    kill -INT "$RUN_PID"
    wait "$RUN_PID" || fail "the run: $(cat "$TMP/err")"
    expect_one_at_a_time
    expect_balance_of_users
    expect_eq "users moved" "$(json "$TMP/report" "r['users_moved']")" "$(lives "sum(v.count('s') for v in lives.values()) - 12")"
    expect_eq "all took part" "$(json "$TMP/report" "sorted(g['file'] for g in r['generators'])")" "['a', 'b', 'c', 'd']"
}


# The users of b start again on a.
lost() {
    start_pair
    "$BIN/loadgen" run "$TMP/users.lua" -nats "$NATS" -expect-workers 2 -H "$U" -u 6 -r 20 -report json \
        >"$TMP/report" 2>"$TMP/err" &
    RUN_PID=$!
    STARTED="$STARTED $RUN_PID"
    await_users 6
    kill -KILL "$WORKER_PID"
    wait_for have_started 9 || fail "the users of b do not start again: $(lives lives): $(cat "$TMP/err")"
    kill -INT "$RUN_PID"
    wait "$RUN_PID" || fail "the run: $(cat "$TMP/err")"
    expect_has "who is lost" "$(cat "$TMP/err")" "b is lost"
    expect_eq "users moved" "$(json "$TMP/report" "r['users_moved']")" 3
    expect_balance
}

# begin_to_move: users of a and b, which take a minute to end, are to move to c
begin_to_move() {
    start_pair
    cat >"$TMP/users.lua" <<'LUA'
local U = User { wait = 0 }
U:task(function(self)
    self:get("/items")
    sleep(60)
end)
LUA
    "$BIN/loadgen" run "$TMP/users.lua" -nats "$NATS" -expect-workers 2 -H "$U" -u 6 -r 20 -stop-timeout 1m -report json \
        >"$TMP/report" 2>"$TMP/err" &
    RUN_PID=$!
    STARTED="$STARTED $RUN_PID"
    wait_for has_arrived 6
    start_worker c
    sleep 6 # nobody says that an epoch waits for users: c is ready after 1 to 2 s, and the epoch is 2 s ahead
}
has_ended() { ! kill -0 "$1" 2>/dev/null; }
has_arrived() { [ "$(wc -l <"$TMP/log")" -ge "$1" ]; }

# expect_end: after two stops, as the tasks still sleep
expect_end() {
    kill -INT "$RUN_PID"
    sleep 1
    kill -INT "$RUN_PID"
    wait_for has_ended "$RUN_PID" || fail "the run does not end: $(cat "$TMP/err")"
    expect_eq "c is not lost" "$(grep -c 'c is lost' "$TMP/err")" 0
    expect_eq "users moved" "$(json "$TMP/report" "r.get('users_moved', 0)")" 0
}

# A worker that leaves before its users have come does not keep the run from ending.
leaves_before() {
    begin_to_move
    kill -TERM "$WORKER_PID"
    wait "$WORKER_PID" || fail "status $? of c"
    expect_end
}

# The run is stopped before the users have come.
stopped_before() {
    begin_to_move
    expect_end
}

# A run whose users have all ended by themselves has ended.
nobody_is_left() {
    start_pair
    cat >"$TMP/users.lua" <<'LUA'
local U = User { wait = 0 }
U:task(function(self)
    self:get("/items")
    self:stop_user()
end)
LUA
    run_users 0 "$TMP/users.lua" -nats "$NATS" -expect-workers 2 -H "$U" -u 4 -r 20
    expect_eq "each has asked once" "$(json "$TMP/report" "r['requests'], r['intended'], 'stopped early' in str(r['remarks'])")" "(4, 4, False)"
}

# users_are N: on the page, over all workers
users_are() { shows "r['state'] == 'running' and r['users'] == $1 and sum(w['users'] for w in r['workers']) == $1"; }

# On the page, while another worker joins.
changed() {
    start_pair
    start_serve -nats "$NATS" -expect-workers 2 -H "$U" "$TMP/users.lua"
    curl -sS -o "$TMP/answer" -F user_count=4 -F spawn_rate=20 "$W/swarm"
    users_are 4
    curl -sS -o "$TMP/answer" -F user_count=12 -F spawn_rate=20 "$W/swarm"
    users_are 12
    start_worker c
    users_are 12
    shows "[w['users'] for w in r['workers'] if w['id'] == 'c'] == [4]"
    curl -sS -o "$TMP/answer" -F user_count=3 -F spawn_rate=20 "$W/swarm"
    users_are 3
    curl -sS -o "$TMP/answer" "$W/stop"
    shows "r['state'] == 'stopped'"
    expect_one_at_a_time
    expect_eq "the target had each of them" "$(page "r['total']['requests'], r['problem']")" "($(arrived "len(l)"), None)"
    expect_eq "the number of users" "$(lives "len(lives)")" 12
    end_serve
}

beside come_and_go lost changed leaves_before stopped_before nobody_is_left
