#!/bin/sh
# capacity -target-metrics: what a trial cost the target according to its metrics, with one pod and with three;
# -termination-log.
#
# Not under tsan: a search reads them on its own thread; 57_serve_target has a second one.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen

# search NAME STATUS ARGUMENT...: a quick search with short trials, into $TMP/NAME.out and so on. Targets that delay
# their answers are soon as quick as before, also on a busy machine.
search() {
    name=$1 expected=$2 actual=0
    shift 2
    "$loadgen" capacity -quick -trial 500ms -generator-rate 5000 -slo "errors<50%" -min-rate 59 -max-rate 60 \
        -output "$TMP/$name.json" "$@" </dev/null >"$TMP/$name.out" 2>"$TMP/$name.err" || actual=$?
    [ "$actual" = "$expected" ] || fail "$name: status $actual, expected $expected: $(cat "$TMP/$name.err" "$TMP/$name.out")"
}
# all NAME EXPRESSION: true of the account of each trial
all() {
    expect_eq "$1: $2" "$(json "$TMP/$1.json" "all($2 for t in [t['target'] | {'answered': t['answered']} for t in r['trials']])")" True
}
said() {
    expect_has "$1" "$(cat "$TMP/$1.out")" "$2"
}

# What cannot be read is said before the search.
hold_port
start_target_api
refused 1 "-target-metrics: 127.0.0.1:$PORT: " capacity -slo "errors<50%" -target-metrics "http://127.0.0.1:$PORT/metrics" "http://$API/"
refused 1 "-target-metrics: $API: answered with status 404" capacity -slo "errors<50%" -target-metrics "http://$API/metrics" "http://$API/"
refused 2 "-target-metrics: " capacity -slo "errors<50%" -target-metrics "pods/metrics" "http://$API/"

# One pod, whose CPU time is known: 2 ms for each request at least
one_pod() {
    start_target_api -test-endpoints -pod api-1 -node n-1
    search one 0 -target-metrics "http://$ADMIN/metrics" -termination-log "$TMP/message" "http://$API/work/2000"
    all one "t['served'] == t['answered'] == sum(p['served'] for p in t['pods'])"
    all one "0.002 <= t['cpu_seconds_per_request'] < 0.02"
    all one "t['remarks'] == []"
    all one "[(p['pod'], p['node'], p['problem'], p['share']) for p in t['pods']] == [('api-1', 'n-1', None, 1)]"
    said one "Target        [CPU per request, throttled, memory] 2."
    expect_eq "the message" "$(cat "$TMP/message")" "60/s, the maximum, meets the SLO"
    python3 tests/support/report_schema.py -schema capacity.schema.json "$TMP/one.json" >"$TMP/schema" ||
        fail "the schema: $(cat "$TMP/schema")"
}

# start_pods: three behind one name. Sets `pods` and `targets`, flags that make the names; API is the last one
start_pods() {
    pods='' targets=''
    for _ in 1 2 3; do
        start_target_api -test-endpoints
        pods="$pods -connect-to pods:5001:$ADMIN" targets="$targets -connect-to pods:5000:$API"
    done
}

# shellcheck disable=SC2086 # flags are several words
three_pods() {
    start_pods
    search three 0 -target-metrics http://pods:5001/metrics $pods $targets http://pods:5000/delay/5
    all three "t['served'] == t['answered'] and len(t['pods']) == 3"
    all three "all(0.2 < p['share'] < 0.5 for p in t['pods'])"
    said three "Target pods   [share, served, CPU, throttled (lower bound), memory]"
    expect_has "the plan" "$("$loadgen" plan -rate 600 -headroom 0% "$TMP/three.json")" "60/s was served by 3 pods"
    # One more cannot be read, which spoils only its own line.
    search unread 0 -target-metrics http://pods:5001/metrics $pods -connect-to "pods:5001:127.0.0.1:$PORT" $targets http://pods:5000/delay/5
    said unread "! The metrics of 1 of 4 pods could not be read (127.0.0.1:$PORT: "
    all unread "t['served'] == t['answered']"
}

# shellcheck disable=SC2086
one_of_three() {
    start_pods
    search uneven 0 -target-metrics http://pods:5001/metrics $pods "http://$API/delay/5"
    said uneven "! The load was uneven: of 3 pods, "
    expect_has "the plan" "$("$loadgen" plan -rate 600 -headroom 0% "$TMP/uneven.json")" "60/s was served by 1 pod."
    # So is that of a search without a good trial.
    search below 99 -target-metrics http://pods:5001/metrics $pods "http://$API/none"
    said below "! The load was uneven: of 3 pods, "
    said below "Target pods   [share, "
    # A pod that was left out
    search missing 0 -target-metrics "http://$ADMIN/metrics" $targets http://pods:5000/delay/5
    said missing "requests were answered, but the pods served only"
}

other_clients() {
    start_target_api -test-endpoints
    while :; do curl -s -o "$TMP/other" "http://$API/health"; sleep 0.05; done &
    STARTED="$STARTED $!"
    search others 0 -target-metrics "http://$ADMIN/metrics" "http://$API/delay/5"
    said others "were sent: other clients also sent requests."
}

# The message of a search that found no capacity, and of one that failed
messages() {
    search below 99 -termination-log "$TMP/message" "http://$API/none"
    expect_eq "the message" "$(cat "$TMP/message")" "59/s, the minimum, does not meet the SLO"
    search failed 1 -termination-log "$TMP/message" "http://127.0.0.1:$PORT/"
    expect_has "the message" "$(cat "$TMP/message")" "no warm-up request was answered"
}

beside one_pod three_pods one_of_three other_clients messages
