#!/bin/sh
# capacity.sh - measures a capacity in a pipeline and compares it with the last good one.
#
#     URL=http://127.0.0.1:5000/health BASELINE=gs://my-bucket/headroom capacity.sh [FLAG...]
#
# BASELINE   where the last good result is kept: a folder, or a bucket (gs://..., with gcloud)
# URL        what to measure; FLAGs go to `loadgen capacity` as well
# SLO        the SLO to meet (p99<100ms,errors<0.1%)
# WORST      a significant change below this fails the pipeline (-5%)
# REPEAT     number of searches (5); at least 3, or the result has no interval
# OUT        folder for capacity.json, capacity.html and sentence.txt (capacity); keep it as an artifact
# KEEP       yes: a result that is not worse becomes the baseline; set it on the main branch only (no)
#
# Defaults are in parentheses; BASELINE and URL have none.
#
# Exit status: 0 not worse, or no baseline yet; 99 worse; 1 the baseline cannot be read or written; else that
# of loadgen (`loadgen help capacity`).
set -eu
: "${URL:?what to measure, such as http://127.0.0.1:5000/health}" "${BASELINE:?a folder or a bucket}"
OUT=${OUT:-capacity}
mkdir -p "$OUT"

# fetch_baseline: copies the baseline to $OUT/baseline.json; without a baseline, creates no file.
# Fails if it cannot find out whether there is a baseline, such as after a failed login: otherwise a
# bad result could become the baseline.
# store_baseline: makes the result the baseline
case $BASELINE in
gs://*)
    fetch_baseline() {
        gcloud storage cp "$BASELINE/capacity.json" "$OUT/baseline.json" >"$OUT/fetch.log" 2>&1 ||
            grep -q 'matched no objects' "$OUT/fetch.log" || { cat "$OUT/fetch.log" >&2 && return 1; }
    }
    store_baseline() { gcloud storage cp "$OUT/capacity.json" "$BASELINE/capacity.json"; }
    ;;
*)
    fetch_baseline() {
        [ -e "$BASELINE" ] || return 0
        names=$(ls "$BASELINE") || return 1
        ! echo "$names" | grep -qx capacity.json || cp "$BASELINE/capacity.json" "$OUT/baseline.json"
    }
    store_baseline() { mkdir -p "$BASELINE" && cp -f "$OUT/capacity.json" "$BASELINE/capacity.json"; }
    ;;
esac

rm -f "$OUT/baseline.json"
fetch_baseline || { echo "The baseline in $BASELINE cannot be read." >&2 && exit 1; }
loadgen capacity -slo "${SLO:-p99<100ms,errors<0.1%}" -repeat "${REPEAT:-5}" -output "$OUT/capacity.json" \
    -html "$OUT/capacity.html" -termination-log "$OUT/sentence.txt" "$@" "$URL"

status=0
if [ -e "$OUT/baseline.json" ]; then
    loadgen compare -fail-below "${WORST:--5%}" "$OUT/baseline.json" "$OUT/capacity.json" \
        >"$OUT/sentence.txt" 2>&1 || status=$?
else
    echo "There is no baseline in $BASELINE yet." >>"$OUT/sentence.txt"
fi
cat "$OUT/sentence.txt"
if [ "$status" -eq 0 ] && [ "${KEEP:-no}" = yes ]; then
    store_baseline
    echo "This result is now the baseline."
fi
exit "$status"
