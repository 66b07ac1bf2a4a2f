#!/bin/sh
# Each kind of schedule against target-api: exactly the intended number of requests.
#
# Not under tsan: its threads are those of 20_attack.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api

# sends COUNT WORDS FLAG...: the run intends COUNT, all are answered, and the report has the WORDS
sends() {
    count=$1 words=$2
    shift 2
    "$loadgen" attack "$@" -output "$TMP/results" -report text "http://$API/health" >"$TMP/live"
    "$loadgen" report -type json "$TMP/results" >"$TMP/json"
    expect_eq "requests of $*" \
        "$(json "$TMP/json" "r['intended'], r['requests'], r['not_started'], r['status_codes']")" \
        "($count, $count, 0, {'200': $count})"
    line="Schedule      [rate, intended, not started]     $words, $count, 0"
    expect_has "schedule of $*" "$(cat "$TMP/live")" "$line"
    expect_has "schedule of $*, read" "$("$loadgen" report "$TMP/results")" "$line"
    total=$((total + count))
}

total=0
sends 200 "200/1s" -rate 200 -duration 1s
sends 200 "200/1s poisson with seed 1" -arrival poisson -rate 200 -duration 1s
sends 300 "from 100/s to 500/s in 1s" -ramp 100:500 -duration 1s
sends 300 "300/s +- 250/s every 500ms from trough" -sine 300:250:500ms:trough -duration 1s
sends 250 "to 200/s in 500ms then to 200/s in 500ms then to 0/s in 1s" \
    -stages 500ms:200,500ms:200,1s:0

served=$(curl -sS "http://$ADMIN/metrics" | awk '/^http_requests_total/ {n += $2} END {print n}')
expect_eq "served and intended" "$served" "$total"

# what contradicts itself is refused with the flags
refused 2 "-rate and -ramp both set the rate; use only one" attack -rate 5 -ramp 1:2 -duration 1s "http://$API/health"
refused 2 "-ramp needs -duration" attack -ramp 1:2 "http://$API/health"
refused 2 "-sine needs -duration" attack -sine 2:1:1s "http://$API/health"
refused 2 "-sine: the amplitude must be less than the mean" attack -sine 2:2:1s -duration 1s "http://$API/health"
refused 2 "-duration and -stages both set the duration" attack -stages 1s:5 -duration 1s "http://$API/health"
refused 2 "-arrival poisson requires a constant -rate; remove -arrival or -stages" attack -arrival poisson -stages 1s:5 "http://$API/health"
refused 2 '-stages: "5" is not a list of stages; expected TIME:RATE,...' attack -stages 5 "http://$API/health"
