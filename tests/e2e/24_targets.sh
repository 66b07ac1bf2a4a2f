#!/bin/sh
# Targets: vegeta's command line and formats, -lazy, names, chunked bodies.
#
# Not under tsan: reading targets takes one thread, and other tests attack.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api
cd "$TMP"

# the tutorial's command, under vegeta's name
cat >targets <<EOF2
# @name health
GET http://$API/health

POST http://$API/add_users/
Content-Type: application/json
@user.json
EOF2
printf '{"id":4,"name":"user4","age":"100"}' >user.json
PATH=$BIN:$PATH
vegeta attack -duration=1s -rate=60 -targets=targets | vegeta report -type=text >text
expect_has "vegeta" "$(cat text)" "Status Codes  [code:count]                      200:60  "
expect_has "vegeta -h" "$(vegeta -h)" "Usage: loadgen [flags] <command> [command flags]"
expect_has "vegeta -version" "$(vegeta -version)" "Version: "

# flags before the command
vegeta -cpus=1 attack -rate 100 -duration 200ms -report json "http://$API/health" >live.json
expect_eq "threads" "$(json live.json "r['generator']['threads']")" 1
vegeta --cpus 1 attack -workers 3 -rate 100 -duration 200ms -report json "http://$API/health" >live.json
expect_eq "threads" "$(json live.json "r['generator']['threads']")" 1
refused 2 'workers: "x" is not a whole number' attack -workers x -targets targets
refused 2 "-cpus: " -cpus x attack
refused 2 "-profile: not supported; to profile loadgen" -profile cpu attack
refused 2 "-profile: not supported; to profile loadgen" attack -profile cpu
refused 2 "dump has been replaced by encode" dump results
refused 2 "gob can be read only by Go programs" attack -encoding gob -targets targets
refused 2 "no command given" -cpus 1

# JSON: the last line has no newline
body=$(base64 <user.json | tr -d '\n')
printf '%s\n\n%s' "{\"method\":\"GET\",\"url\":\"http://$API/health\",\"other\":1}" \
    "{\"method\":\"POST\",\"url\":\"http://$API/add_users/\",\"body\":\"$body\",\"header\":{\"Content-Type\":[\"application/json\"]}}" \
    >list.json
"$loadgen" attack -format json -targets list.json -rate 250 -duration 200ms -report json >live.json
expect_eq "JSON" "$(json live.json "r['status_codes'], r['bytes_out']['total']")" "({'200': 50}, $((25 * $(wc -c <user.json))))"
echo '{"method":"GET"}' >bad.json
refused 2 "bad.json:1: target: required url is missing" attack -format json -targets bad.json
refused 2 '-format: format "xml" isn' attack -format xml -targets targets
refused 2 "-lazy needs a list of targets" attack -lazy "http://$API/"
refused 2 "-format needs a list of targets" attack -format json "http://$API/"
refused 2 "-targets needs a list of targets" attack -targets targets "http://$API/"
echo "POST http://$API/add_users/ Content-Type: application/json {'id':4}" >one-line
refused 2 "\"POST http://$API/add_users/\", below it \"Content-Type: application/json\", below that \"@FILE\", with {'id':4} in FILE" \
    attack -targets one-line

# a chunked body is read by the server as any other
"$loadgen" attack -chunked -targets targets -rate 250 -duration 200ms -report json >live.json
expect_eq "chunked" "$(json live.json "r['status_codes'], r['bytes_out']['total']")" "({'200': 50}, $((25 * $(wc -c <user.json))))"

# paths are on the host that TARGET_HOST names, in a file, read lazily, and as the URL
printf 'GET /health\n\nPOST /add_users/\nContent-Type: application/json\n@user.json\n' >paths
for how in "-targets paths" "-lazy -targets paths" "/health"; do
    # shellcheck disable=SC2086 # the flags are words
    TARGET_HOST=$API "$loadgen" attack -rate 10 -duration 200ms -report json $how >live.json
    expect_eq "$how" "$(json live.json "r['status_codes']")" "{'200': 2}"
    # shellcheck disable=SC2086
    (unset TARGET_HOST; refused 2 'is only a path, and TARGET_HOST is not set' attack $how)
    # shellcheck disable=SC2086
    (export TARGET_HOST=h:x; refused 2 'TARGET_HOST: the URL "http://h:x" has an invalid port' attack $how)
done
TARGET_HOST=$API "$loadgen" attack -rate 10 -duration 200ms -output results -targets paths
grep -aqF "\"url\":\"http://$API/health\"" results || fail "the results do not have the whole URL"

# lazily: each target once, then it ends; several hosts; nothing bogus is counted
i=0
while [ $i -lt 30 ]; do
    printf 'GET http://%s/health\nGET http://localhost:%s/metadata\n' "$API" "${API##*:}"
    i=$((i + 1))
done >lazy
for how in "-rate 200" "-rate 0 -max-workers 8" "-rate 0 -max-workers 8 -max-connections 2" "-rate 2000 -max-connections 1"; do
    # shellcheck disable=SC2086 # the flags are words
    timeout 20 "$loadgen" attack -lazy $how -duration 60s -targets lazy -output results -report json >live.json 2>err ||
        fail "-lazy $how: $(cat err)"
    expect_eq "-lazy $how" "$(json live.json "r['requests'], r['status_codes'], r['intended'], r['not_started'], r['errors']")" \
        "(60, {'200': 60}, 60, 0, [])"
    "$loadgen" report -type json results >again.json
    expect_eq "read -lazy $how" "$(json again.json "r['requests'], r['intended'], r['not_started']")" "(60, 60, 0)"
    expect_eq "rows of -lazy $how" "$(json live.json "sum(t['requests'] for t in r['targets'])")" 60
done

# from a pipe that is slow: what comes is sent, and the rest waited for
{ head -10 lazy; sleep 0.3; tail -50 lazy; } |
    "$loadgen" attack -lazy -rate 1000 -duration 60s -encoding none -report json >live.json
expect_eq "slow pipe" "$(json live.json "r['requests'], r['not_started']")" "(60, 0)"

# the duration ends it as well, with much of the pipe unread
yes "GET http://$API/health" | "$loadgen" attack -lazy -rate 200 -duration 500ms -encoding none -report json >live.json
expect_eq "endless" "$(json live.json "r['requests'], r['intended']")" "(100, 100)"

# an error further on: what was read before is sent and reported, then the line and the status
{ head -20 lazy; echo; echo "get it"; tail -20 lazy; } >broken
refused 2 'broken:22: "get it" does not begin a target' \
    attack -lazy -rate 500 -duration 60s -targets broken -encoding none -report json
expect_eq "before the error" "$(json refused.out "r['requests'], r['status_codes']")" "(20, {'200': 20})"
{ head -20 lazy; echo "GET http://no.such.host.invalid/"; echo; tail -20 lazy; } >nowhere
"$loadgen" attack -lazy -rate 500 -duration 60s -resolvers 127.0.0.1:1 -targets nowhere -encoding none -report json >live.json
expect_eq "a host that is not there" "$(json live.json "r['requests'], r['failed']")" "(41, 1)"
expect_has "a host that is not there" "$(json live.json "r['errors'][0]")" \
    'Get "http://no.such.host.invalid/": lookup no.such.host.invalid on 127.0.0.1:1: '
refused 2 "stdin: no targets to attack" attack -lazy

# what the process needs, in kB: all of a hundred thousand targets, and each once, read lazily
seq -f "GET http://$API/users_name/%.0f" 1 100000 >many
for how in "61440 -rate 100 -duration 200ms" "28672 -lazy -rate 0 -max-workers 64"; do
    python3 - "$loadgen" "${how#* }" >memory <<'EOF2'
import resource, subprocess, sys
command = [sys.argv[1], "attack", "-encoding", "none", "-targets", "many"] + sys.argv[2].split()
subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
EOF2
    echo "100,000 targets, ${how#* }: $(cat memory) kB"
    case $BIN in
    *asan* | *tsan*) ;; # they need memory of their own
    *) [ "$(cat memory)" -lt "${how%% *}" ] || fail "100,000 targets take $(cat memory) kB" ;;
    esac
done
