#!/bin/sh
# loadgen compare: sentences, intervals, exit statuses and errors.
#
# Not under tsan: comparing takes one thread.
set -eu
. "$(dirname "$0")/lib.sh"

# result FILE WIDTH CPU_LIMIT RATE...: a result of loadgen capacity, with what compare reads
result() {
    file=$1
    width=$2
    cpus=$3
    shift 3
    searches=
    for rate; do
        searches="$searches${searches:+,}{\"verdict\":\"found\",\"capacity\":{\"rate\":$rate,\"upper\":null}}"
    done
    cat >"$TMP/$file" <<END
{"format":1,"settings":{"slo":"p99<100ms","arrival":"constant","targets":"a","workload":"a","width":$width,
 "max_connections":1024},"plan":{"keepalive":true,"http2":true,"h2c":false},
 "environment":{"cpu_model":"Example","cpu_limit":$cpus},"searches":[$searches]}
END
}

compare() {
    (cd "$TMP" && "$BIN/loadgen" compare "$@")
}

# refused STATUS PART ARGUMENTS...
refused() {
    expected=$1
    part=$2
    shift 2
    status=0
    compare "$@" >"$TMP/out" 2>"$TMP/err" || status=$?
    expect_eq "status of: compare $*" "$status" "$expected"
    expect_has "message of: compare $*" "$(cat "$TMP/err")" "$part"
}

result old 0.02 1 470 471 472 473 474
result new 0.02 1 550 551 552 553 554
result same 0.02 1 473 472 471 474 470
result worse 0.05 1 420 421 422
result one 0.02 1 550
result other 0.02 2 550 551 552

expect_eq "more" "$(compare old new)" "old: median 472/s of 5 searches, 470 to 474
new: median 552/s of 5 searches, 550 to 554
new sustains 16.9% more, 95% interval 14.7% more to 19.3% more."
expect_has "the same" "$(compare old same)" "No significant difference: same sustains 0.0% more, 95% interval 2.0% less to 2.0% more."
expect_has "as wide as the wider search" "$(compare old worse)" "worse sustains 10.8% less, 95% interval 15.1% less to 6.3% less."
expect_has "one run" "$(compare old one)" "one sustains 16.5% more. A 95% interval needs at least 3 searches in each set; use loadgen capacity -repeat 5."
expect_has "a set of files" "$(compare one,one,one old,same)" "of 10 searches"

compare -fail-below -5% old same >/dev/null
compare -fail-below -20% old worse >/dev/null
refused 99 "worse sustains 10.8% less" -fail-below -5% old worse
refused 99 "worse sustains 10.8% less" -fail-below 0% old worse
refused 2 "-fail-below needs at least 3 searches in each set, but there are 5 and 1" -fail-below -5% old one
refused 2 "-fail-below: \"5\" is not a change" -fail-below 5 old new
refused 2 "cpu_limit was 1, then 2; to compare them anyway, set -force" old other
compare -force old other >/dev/null
# other_by KEY VALUE: old and another result that differ in that
other_by() {
    sed "s,\"$1\":[^\,}]*,\"$1\":$2," "$TMP/old" >"$TMP/other_by"
    refused 2 "the two sets were measured under different conditions: $1 was " old other_by
    compare -force old other_by >/dev/null
}
other_by workload '"b"'
other_by keepalive false
other_by http2 false
other_by h2c true
# limited FILE CPUS: old, whose target says that it has so many
limited() {
    sed "s/\"searches\"/\"trials\":[{\"target\":{\"pods\":[{\"cpu_limit\":$2}]}},{}],&/" "$TMP/old" >"$TMP/$1"
}
limited half 0.5
limited half_again 0.5
limited whole 1
compare half half_again >/dev/null
refused 2 "target_cpu_limit was 0.5, then 1;" half whole
refused 2 "target_cpu_limit was unknown, then 0.5;" old half
# A CPU without a name, as of many virtual machines, equals another one without.
sed 's/"cpu_model":"Example"/"cpu_model":null/' "$TMP/old" >"$TMP/nameless"
compare nameless nameless >/dev/null
refused 2 "cpu_model was \"Example\", then unknown;" old nameless
sed 's/"targets":"a"/"targets":"b"/' "$TMP/old" >"$TMP/elsewhere"
compare old elsewhere >/dev/null
refused 2 "results of one set were measured under different conditions" old,other new
refused 2 "expected two sets" old
refused 1 "loadgen: unable to open missing: No such file or directory" old missing
refused 1 "none: " old none
echo '{"format":1}' >"$TMP/foreign"
refused 1 "foreign is not a JSON report of loadgen capacity" old foreign
echo '{' >"$TMP/torn"
refused 1 "torn: line " torn new
sed 's/"found"/"generator-limited"/' "$TMP/old" >"$TMP/limited"
refused 1 "limited: a search ended with the verdict \"generator-limited\" and found no capacity" limited new
