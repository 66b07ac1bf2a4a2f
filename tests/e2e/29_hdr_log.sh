#!/bin/sh
# report -type=hdrlog: the npm package hdr-histogram-js reads the percentiles of our report.
#
# Not under tsan: reading results takes one thread, and other tests attack.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
npm=$(cd "$(dirname "$0")/../npm" && pwd)

# What the lock file names, installed once into build/npm.
cache=$(cd "$(dirname "$0")/../.." && pwd)/build/npm
if ! cmp -s "$npm/package-lock.json" "$cache/package-lock.json"; then
    mkdir -p "$TMP/npm"
    cp "$npm/package.json" "$npm/package-lock.json" "$npm/.npmrc" "$TMP/npm"
    npm ci --prefix "$TMP/npm" --ignore-scripts --no-audit --no-fund --loglevel=error >"$TMP/npm.out" 2>&1 ||
        fail "npm ci: $(cat "$TMP/npm.out")"
    rm -rf "$cache"
    mkdir -p "$(dirname "$cache")"
    cp -r "$TMP/npm" "$cache"
fi

start_target_api -test-endpoints
cat >"$TMP/targets" <<EOF
# @name fast one
GET http://$API/health

# @name slow
GET http://$API/delay/3
EOF
"$loadgen" attack -rate 500 -duration 2s -targets "$TMP/targets" -output "$TMP/results"
"$loadgen" report -type=hdrlog "$TMP/results" >"$TMP/log"
"$loadgen" report -type=json "$TMP/results" >"$TMP/json"
node "$npm/read_hdr_log.js" "$cache/node_modules" <"$TMP/log" >"$TMP/read" || fail "hdr-histogram-js could not read it"
python3 - "$TMP/read" "$TMP/json" <<'EOF'
import json, sys

read, report = (json.load(open(name)) for name in sys.argv[1:])
expected = {
    "latency": report["latencies"], "response": report["response"], "service": report["service"],
    "connect": report["connect"], "wait": report["connection_wait"], "lag": report["lag"],
}
for target in report["targets"]:
    name = target["name"].replace(" ", "%20")
    expected[name + ":latency"] = target["latencies"]
    expected[name + ":response"] = target["response"]
    expected[name + ":service"] = target["service"]
unanswered = {row + tag for row in ("", "fast%20one:", "slow:")
              for tag in ("unanswered", "unanswered_response")}
assert set(read) == set(expected) | unanswered, sorted(read)


def check(tag, what, seen, ours):
    # the two stand for a bucket by its last value and by its middle; a bucket is 1/1024 wide
    assert abs(seen - ours) <= ours / 1024 + 1, f"{tag} {what}: {seen} there, {ours} here"


for tag, ours in expected.items():
    theirs = read[tag]
    count = report["requests"] if ":" not in tag else report["requests"] // 2
    assert theirs["count"] == count == (1000 if ":" not in tag else 500), f"{tag}: {theirs['count']}"
    for p in ("50", "90", "95", "99"):
        check(tag, p, theirs["percentiles"][p], ours[p + "th"])
    check(tag, "max", theirs["max"], ours["max"])
    check(tag, "mean", theirs["mean"], ours["mean"])
    assert 1.9 < (theirs["end"] - theirs["start"]) / 1e3 < 30, theirs
EOF
[ "$(grep -c '^Tag=' "$TMP/log")" = 18 ] || fail "$(grep -c '^Tag=' "$TMP/log") lines"
