#!/bin/sh
# loadgen plan: the number of pods, the assumption and bounds that it states, and errors.
#
# Not under tsan: planning takes one thread.
set -eu
. "$(dirname "$0")/lib.sh"

# result FILE VERDICT RATE SERVED...: a result of loadgen capacity, with the counts of each pod
result() {
    file=$1 verdict=$2 rate=$3
    shift 3
    pods=
    for served; do
        pods="$pods${pods:+,}{\"address\":\"10.0.0.$#:5001\",\"served\":$served}"
    done
    target=${pods:+,\"target\":\{\"pods\":[$pods],\"remarks\":[\"A remark.\"]\}}
    cat >"$TMP/$file" <<END
{"format":1,"verdict":"$verdict","capacity":{"rate":$rate,"upper":null},
 "settings":{"width":0.02},"searches":[{}],
 "trials":[{"rate":$rate,"outcome":"good"$target},
           {"rate":1,"outcome":"good","target":{"pods":[{"served":1},{"served":1}],"remarks":[]}},
           {"rate":$rate,"outcome":"bad","target":{"pods":[{"served":1},{"served":1}],"remarks":[]}}]}
END
}

plan() {
    (cd "$TMP" && "$BIN/loadgen" plan "$@")
}

# refused_plan STATUS PART ARGUMENTS...
refused_plan() {
    expected=$1 part=$2
    shift 2
    status=0
    plan "$@" >"$TMP/out" 2>"$TMP/err" || status=$?
    expect_eq "status of: plan $*" "$status" "$expected"
    expect_has "message of: plan $*" "$(cat "$TMP/err")" "$part"
}

result three found 900 300 301 299
result idle found 900 900 0 0
result one found 471.3
result limited generator-limited 471.3
result late out-of-time 471.3
result most above-maximum 471.3
result none below-minimum null

expect_eq "three pods" "$(plan -rate 50000 -headroom 30% three)" "50000/s with 30% headroom needs 239 pods of the measured size.
One pod sustains 300/s: 900/s was served by 3 pods.
With 239 pods, each gets 209.2/s, 69.7% of its capacity.
! A remark."
expect_has "only pods that served" "$(plan -rate 9000 -headroom 0% idle)" "9000/s with 0% headroom needs 10 pods of the measured size.
One pod sustains 900/s: 900/s was served by 1 pod.
With 10 pods, each gets 900/s, 100.0% of its capacity."
expect_has "an assumption" "$(plan -rate 1 one)" "1/s with 30% headroom needs 1 pod of the measured size."
expect_has "an assumption" "$(plan -rate 1 one)" "! The number of pods was not recorded, so one is assumed."
expect_has "a rate per minute" "$(plan -rate 60000/1m -headroom 0% three)" "1000/s with 0% headroom needs 4 pods"
expect_eq "a capacity that was found is no bound" "$(plan -rate 1000 three | grep -c 'at most' || true)" 0
for bound in "limited:The generator was the limit" "late:The search stopped before it was complete" "most:The search reached -max-rate"; do
    said=$(plan -rate 1000 "${bound%%:*}")
    expect_has "${bound%%:*}" "$said" "needs at most 4 pods of the measured size"
    expect_has "${bound%%:*}" "$said" "! ${bound#*:}: one pod may sustain more, and fewer pods may be enough."
done

refused_plan 1 "none: no rate met the SLO" -rate 1000 none
refused_plan 2 "-rate is missing" three
refused_plan 2 "-rate is missing" -rate 0 three
refused_plan 2 "-headroom: \"100%\" is not a percentage from 0%" -rate 10 -headroom 100% three
refused_plan 2 "-headroom: \"30\" is not a percentage from 0%" -rate 10 -headroom 30 three
refused_plan 2 "expected one result" -rate 10
refused_plan 2 "expected one result" -rate 10 three one
refused_plan 1 "absent: " -rate 10 absent
echo '{"format":1}' >"$TMP/foreign"
refused_plan 1 "foreign is not a JSON report of loadgen capacity" -rate 10 foreign
refused_plan 1 "three: the rate needs more than 1000000000 pods" -rate 1000000000 -headroom 99.99% three
