#!/bin/sh
# The examples of docs/ci.md: the shell script measures a real target, keeps a baseline, compares with it, and fails
# with the verdict; the one for Cloud Build consists of steps that exist.
#
# Not under sanitizers: its searches are those of 43_capacity_scenario and 45_capacity_page.
set -eu
. "$(dirname "$0")/lib.sh"
start_target_api -test-endpoints
PATH=$BIN:$PATH

# A delay of 10 ms and one connection: 100/s at most, whatever the machine does besides
pipeline() {
    status=0
    URL=http://$API/delay/10 SLO="p50<20ms" REPEAT=1 OUT=$TMP/capacity BASELINE=$TMP/baseline \
        examples/ci/capacity.sh -quick -trial 200ms -generator-rate 5000 -max-connections 1 >"$TMP/out" 2>"$TMP/err" || status=$?
}
said() {
    expect_has "$1" "$(cat "$TMP/out")" "$2"
    expect_has "$1, as an artifact" "$(cat "$TMP/capacity/sentence.txt")" "$2"
}
# baseline FACTOR: capacities that are so many times as high as those measured
baseline() {
    python3 - "$TMP/capacity/capacity.json" "$TMP/baseline/capacity.json" "$1" <<'END'
import json, sys
result = json.load(open(sys.argv[1]))
for search in result["searches"]:
    search["capacity"]["rate"] *= float(sys.argv[3])
json.dump(result, open(sys.argv[2], "w"))
END
}

KEEP=yes pipeline
[ "$status" -eq 0 ] || fail "status $status: $(cat "$TMP/out" "$TMP/err")"
said "the first time" "There is no baseline in $TMP/baseline yet."
cmp "$TMP/capacity/capacity.json" "$TMP/baseline/capacity.json"
expect_eq "found" "$(json "$TMP/baseline/capacity.json" "[s['verdict'] for s in r['searches']]")" "['found']"
expect_has "the page" "$(head -c 1000 "$TMP/capacity/capacity.html")" "<html"

# From here on, `loadgen capacity` finds that three times: real searches take a quarter of a minute each.
python3 - "$TMP/capacity/capacity.json" <<'END'
import json, sys
result = json.load(open(sys.argv[1]))
result["searches"] *= 3
json.dump(result, open(sys.argv[1], "w"))
END
cat >"$TMP/loadgen" <<END
#!/bin/sh
[ "\$1" != capacity ] || exit "\${MEASURED:-0}"
exec "$BIN/loadgen" "\$@"
END
chmod +x "$TMP/loadgen"
PATH=$TMP:$PATH

# Half as much as the baseline fails, and does not become the baseline.
baseline 2
cp "$TMP/baseline/capacity.json" "$TMP/before"
KEEP=yes pipeline
expect_eq "worse" "$status" 99
said "worse" "capacity.json sustains "
said "worse" "% less, 95% interval "
cmp "$TMP/before" "$TMP/baseline/capacity.json"

# What is not worse is kept, but only if it is asked for.
baseline 0.5
cp "$TMP/baseline/capacity.json" "$TMP/before"
pipeline
expect_eq "better" "$status" 0
said "better" "% more, 95% interval "
cmp "$TMP/before" "$TMP/baseline/capacity.json"
KEEP=yes pipeline
expect_eq "better" "$status" 0
cmp "$TMP/capacity/capacity.json" "$TMP/baseline/capacity.json"
export MEASURED=98
KEEP=yes pipeline
expect_eq "not measured" "$status" 98

# A bucket, by a gcloud that is a folder
mkdir "$TMP/bucket"
cat >"$TMP/gcloud" <<'END'
#!/bin/sh
[ "$1 $2" = "storage cp" ] || exit 2
[ -z "${FAULT:-}" ] || { echo "ERROR: $FAULT" >&2 && exit 1; }
from=$(echo "$3" | sed "s,^gs://,$TMP/,")
[ -e "$from" ] || { echo "ERROR: (gcloud.storage.cp) The following URLs matched no objects or files: $3" >&2 && exit 1; }
exec cp "$from" "$(echo "$4" | sed "s,^gs://,$TMP/,")"
END
chmod +x "$TMP/gcloud"
export TMP
export MEASURED=0
in_bucket() {
    KEEP=yes URL=http://$API/ OUT=$TMP/capacity BASELINE=gs://bucket examples/ci/capacity.sh >"$TMP/out" 2>"$TMP/err"
}
in_bucket
said "an empty bucket" "There is no baseline in gs://bucket yet."
in_bucket
said "the same" "No significant difference: "
# fetched EXPECTED: the exit status of the step for Cloud Build that copies the baseline
fetched() {
    status=0
    (
        cd "$TMP"
        exec python3 "$OLDPWD/tests/k8s/cloudbuild.py" run "$OLDPWD/examples/ci/cloudbuild.yaml" baseline \
            _BUCKET=bucket _SERVICE=x
    ) >"$TMP/out" 2>&1 || status=$?
    expect_eq "the step's status, with $(cat "$TMP/out")" "$status" "$1"
}
fetched 0
cmp "$TMP/bucket/capacity.json" "$TMP/baseline/capacity.json"
mv "$TMP/bucket/capacity.json" "$TMP/kept"
fetched 0
mv "$TMP/kept" "$TMP/bucket/capacity.json"

# What cannot be read is neither missing nor replaced.
echo old >"$TMP/bucket/capacity.json"
FAULT="There was a problem refreshing your current auth tokens"
export FAULT
! in_bucket || fail "a login that failed is taken for a missing baseline"
expect_has "without a login" "$(cat "$TMP/err")" "$FAULT"
expect_has "without a login" "$(cat "$TMP/err")" "The baseline in gs://bucket cannot be read."
fetched 1
expect_eq "it is left alone" "$(cat "$TMP/bucket/capacity.json")" old
rm -r "$TMP/baseline/capacity.json"
mkdir "$TMP/baseline/capacity.json" # root may read every file
KEEP=yes pipeline
expect_eq "unreadable" "$status" 1
expect_has "unreadable" "$(cat "$TMP/err")" "The baseline in $TMP/baseline cannot be read."
rmdir "$TMP/baseline/capacity.json"
ln -s nowhere "$TMP/baseline/capacity.json"
KEEP=yes pipeline
expect_eq "a link to nowhere" "$status" 1

# Cloud Build: every variable has a value, images are those of cloudbuild.yaml, and the shell reads the steps.
python3 - examples/ci/cloudbuild.yaml cloudbuild.yaml <<'END' >"$TMP/scripts" || fail "cloudbuild.yaml: $(cat "$TMP/scripts")"
import re, sys, yaml
build, ours = (yaml.safe_load(open(name)) for name in sys.argv[1:])
known = set(build["substitutions"]) | {"PROJECT_ID", "BUILD_ID", "SHORT_SHA"}
text = open(sys.argv[1]).read()
for name in re.findall(r"(?<!\$)\$\{(\w+)\}", text):
    assert name in known, f"{name} has no value"
images = {step["name"] for step in ours["steps"]}
done = set()
for step in build["steps"]:
    assert step["name"] in images or step["name"].startswith("${_"), step["name"]
    assert set(step.get("waitFor", [])) - {"-"} <= done, step["id"]
    done.add(step["id"])
    if step.get("entrypoint") == "bash":
        print(re.sub(r"\$\{\w+\}", "x", step["args"][1]).replace("$$", "$"))
END
bash -n "$TMP/scripts"
