#!/bin/sh
# loadgen serve -target-metrics: what the target uses while a test runs, and whether the generator is the limit
# now. As root, the target and the generator get a CPU quota in a cgroup.
set -eu
. "$(dirname "$0")/lib.sh"
programs=$BIN
DIRS=

# In a subshell (`beside`), STARTED and DIRS are its own.
end() {
    clean_up
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        # shellcheck disable=SC2086 # several folders
        { [ -n "$DIRS" ] && ! rmdir $DIRS 2>/dev/null; } || break
        sleep 0.1
    done
}

# make_group CPUS: a cgroup. Sets DIRS to its folders; "": none can be made here
make_group() {
    DIRS=$(python3 -c 'import os, sys; sys.path.append("tests/capacity"); from cpu_group import CpuGroup, why_not
print("" if why_not() else " ".join(CpuGroup("serve", float(sys.argv[1])).dirs))' "$1")
    trap end EXIT
}

# limit_group CPUS: its quota from now on
limit_group() {
    for dir in $DIRS; do
        quota=$(python3 -c "print(int(100000 * $1))")
        [ ! -e "$dir/cpu.max" ] || echo "$quota 100000" >"$dir/cpu.max"
        [ ! -e "$dir/cpu.cfs_quota_us" ] || echo "$quota" >"$dir/cpu.cfs_quota_us"
    done
}

# in_group PROGRAM: from now on, $BIN/PROGRAM starts in the group
in_group() {
    BIN=$TMP/bin
    mkdir "$BIN"
    ln -s "$programs/target-api" "$programs/loadgen" "$BIN"
    rm "$BIN/$1"
    cat >"$BIN/$1" <<SCRIPT
#!/bin/sh
for dir in $DIRS; do echo \$\$ >"\$dir/cgroup.procs"; done
exec "$programs/$1" "\$@"
SCRIPT
    chmod +x "$BIN/$1"
}

serve() { start_serve "$TMP/scenario.lua" "$@"; }

# swarm USERS: starts a test
swarm() {
    curl -sS -o "$TMP/answer" -d "user_count=$1&spawn_rate=100" "$W/swarm"
    expect_has "swarm" "$(cat "$TMP/answer")" '"success": true'
}

# A target that needs 2 ms of CPU time for each request of four users, with a fifth of a CPU if there are cgroups
limited_target() {
    make_group 0.2
    [ -z "$DIRS" ] || in_group target-api
    start_target_api -test-endpoints -threads 1
    cat >"$TMP/scenario.lua" <<'LUA'
local Worker = User { wait = constant(0.01) }
Worker:task("work", function(self) self:get("/work/2000") end)
LUA
    serve -H "http://$API" -target-metrics "http://$ADMIN/metrics"
    expect_eq "before" "$(page "r['target']")" None
    swarm 4
    shows "len(points) >= 5 and r['target']['cpu'] is not None and r['target']['cpu'] > 0.05"
    expect_eq "pods" "$(page "r['target']['pods'], r['target']['read'], r['target']['restarts']")" "(1, 1, 0)"
    # Each second but the first few has a scrape of its own.
    shows "sum(p['target_cpu_ms'] is not None for p in points[-4:]) >= 3"
    expect_eq "charts" "$(page "all(0 <= p['target_cpu_ms'] < 2000 for p in points if p['target_cpu_ms'] is not None)")" True
    if [ -n "$DIRS" ]; then
        shows "r['target']['class'] == 'limit' and r['target']['throttled'] > 0.05"
        expect_eq "limit" "$(page "r['target']['cpu_limit'], 0.1 < r['target']['cpu'] < 0.25")" "(0.2, True)"
        expect_has "words" "$(page "r['target']['text']")" "The target reached its CPU limit: in the last "
        expect_has "words" "$(page "r['target']['text']")" " of 0.2 CPUs and was throttled for at least "
        expect_eq "throttled" "$(page "sum(p['target_throttled_ms'] or 0 for p in points) > 100")" True
    fi
    dies_and_returns
    curl -sS -o "$TMP/answer" "$W/stop"
    expect_has "the whole test" "$(page "r['target']['text'].lower()")" "during the test"
    expect_eq "now" "$(page "r['generator']['recent']")" None
}

# A target without an answer leaves a gap, and a new one counts from its start.
dies_and_returns() {
    kill -9 "$API_PID"
    shows "'The target\'s metrics cannot be read ($ADMIN: Couldn\'t connect to server).' in r['target']['text']"
    shows "points[-1]['target_cpu_ms'] is None"
    start_target_api -test-endpoints -threads 1 -port "${API##*:}" -admin-port "${ADMIN##*:}"
    shows "r['target']['restarts'] == 1 and points[-1]['target_cpu_ms'] is not None"
    expect_has "words" "$(page "r['target']['text']")" "The target restarted 1 time."
    expect_eq "charts" "$(page "all(0 <= p['target_cpu_ms'] < 2000 for p in points if p['target_cpu_ms'] is not None)")" True
}

# One of two pods accepts connections and never answers.
mute_pod() {
    start_target_api -test-endpoints
    python3 -c 'import signal, socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); signal.pause()' \
        >"$TMP/mute" &
    STARTED="$STARTED $!"
    wait_for test -s "$TMP/mute" || fail "no mute server"
    mute=127.0.0.1:$(cat "$TMP/mute")
    cat >"$TMP/scenario.lua" <<'LUA'
local Worker = User { wait = constant(0.02) }
Worker:task("work", function(self) self:get("/work/1000") end)
LUA
    serve -H "http://$API" -target-metrics "http://$ADMIN/metrics" -target-metrics "http://$mute/metrics"
    swarm 2
    shows "r['target'] and 'The metrics of 1 of 2 pods cannot be read ($mute: no complete response in time).' in r['target']['text']"
    shows "(r['target']['cpu'] or 0) > 0 and any(p['target_cpu_ms'] is None for p in points)"
    # The numbers of the test come once a second all the same, and a stop does not wait for the mute pod.
    before=$(date +%s%N)
    curl -sS -o "$TMP/answer" "$W/stop"
    took_ms=$((($(date +%s%N) - before) / 1000000))
    [ "$took_ms" -lt 1500 ] || fail "the stop took $took_ms ms"
    expect_eq "seconds" "$(page "[p['first'] for p in points] == list(range(len(points)))")" True
    refused 2 "-target-metrics: " serve "$TMP/scenario.lua" -target-metrics pods/metrics
}

# A generator that gets too little CPU for some seconds in the middle of a test
generator_now() {
    make_group 8
    [ -n "$DIRS" ] || { echo "what limits the generator now is not tested: no cgroup with a CPU quota can be made here"; return 0; }
    start_target_api
    in_group loadgen
    cat >"$TMP/scenario.lua" <<'LUA'
local Visitor = User {}
Visitor:task("visit", function(self) self:get("/health") end)
LUA
    serve -H "http://$API"
    swarm 2
    shows "r['generator'] and 'throttled' not in r['generator']['recent']['text']"
    limit_group 0.1
    shows "r['generator']['recent']['class'] == 'limit' and 'throttled' in r['generator']['recent']['text']"
    sleep 2 # so that it was throttled for over 1% of the whole time, too
    limit_group 8
    shows "'throttled' not in r['generator']['recent']['text']"
    expect_eq "since the start" "$(page "r['generator']['class']")" limit
    expect_has "since the start" "$(page "r['generator']['text']")" "throttled"
}

# Each trial of a search records the metrics, too.
search() {
    start_target_api -test-endpoints
    start_serve -slo "errors<50%" -trial 500ms -generator-rate 5000 -target-metrics "http://$ADMIN/metrics" "http://$API/work/1000"
    curl -sSN -o "$TMP/events" "$W/api/v1/events" 2>"$TMP/events.err" &
    STARTED="$STARTED $!"
    wait_for test -s "$TMP/events" || fail "no events: $(cat "$TMP/events.err")"
    curl -sS -o "$TMP/answer" -H "Content-Type: application/json" \
        -d '{"kind": "capacity", "min_rate": 59, "max_rate": 60, "quick": true}' "$W/api/v1/runs"
    shows "r['state'] == 'stopped'"
    curl -sS -o "$TMP/result" "$W/api/v1/runs/$(page "r['generation']")/result"
    expect_eq "trials" "$(json "$TMP/result" "len(r['trials']) > 0 and all(t['target']['served'] == t['answered'] and t['target']['remarks'] == [] for t in r['trials'])")" True
    expect_eq "pods" "$(page "r['target']['pods'], r['target']['read'], r['target']['cpu'] > 0")" "(1, 1, True)"
    # Who follows the events has the same in the end, with what each trial used.
    trials() { page "[(p['first'], round(p['target_cpu_ms'])) for p in points if p['target_cpu_ms'] is not None]"; }
    followed() { ask events "$TMP/events" "[(p['first'], round(p['target_cpu_ms'])) for p in points if p['target_cpu_ms'] is not None]"; }
    # shellcheck disable=SC2317 # wait_for calls it
    has_followed() {
        [ "$(ask events "$TMP/events" "e[-1].name == 'second' and e[-1].data['recent'] is None and e[-1].data['asked'] is None")" = True ]
    }
    wait_for has_followed || fail "the events do not end: $(tail -3 "$TMP/events")"
    [ "$(trials)" != "[]" ] || fail "no trial shows what the target used"
    expect_eq "events" "$(followed)" "$(trials)"
    expect_eq "events" "$(ask events "$TMP/events" "e[-1].data['target']['text']")" "$(page "r['target']['text']")"
}

beside limited_target mute_pod generator_now search
