#!/bin/sh
# loadgen run: data files, over several threads: which rows arrive, and how a run ends when they are used up.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen

start_log_target

# run FLAG...: runs the scenario on stdin; its report is $TMP/report. seen: the lines of the log before it
run() {
    cat >"$TMP/scenario.lua"
    seen=$(wc -l <"$TMP/log")
    timeout 60 "$loadgen" run "$TMP/scenario.lua" -report json -H "$U" "$@" >"$TMP/report" 2>"$TMP/err" || fail "$*: $(cat "$TMP/err")"
    expect_eq "errors of scripts" "$(json "$TMP/report" "r['exceptions']")" "[]"
}

# 1000 rows; every tenth is quoted, and has a newline
python3 - "$TMP" <<'PYTHON'
import csv, sys
with open(sys.argv[1] + "/accounts.csv", "w", newline="", encoding="utf-8-sig") as f:
    w = csv.writer(f)
    w.writerow(["user", "note"])
    w.writerows(["u-%d" % n, 'a "note",\r\nof %d' % n if n % 10 == 0 else "n%d" % n] for n in range(1000))
open(sys.argv[1] + "/words.txt", "w").write("nut\r\nbolt\r\n\r\ngear\r\n")
open(sys.argv[1] + "/items.json", "w").write('[{"id": 1, "list": [], "none": null},\n "text", 2.5]\n')
PYTHON
# all_once: each row arrived once, as it is in the file
all_once() {
    arrived "(lambda rows: (len(l), rows == Counter((\"u-%d\" % n, 'a \"note\",\r\nof %d' % n if n % 10 == 0 else 'n%d' % n) for n in range(1000))))(Counter((lambda b: (b['user'], b['note']))(json.loads(r['body'])) for r in l))"
}

# Once, until the users have none: 4 threads, of which one has users that hardly ask.
run -u 43 -r 10000 -t 50 -cpus 4 <<'LUA'
local accounts = feeder("accounts.csv", { order = "once" })
local Slow = User { fixed_count = 3, wait = constant(0.2) }
Slow:task(function(self) self:post("/items", { json = accounts:next() }) end)
local Fast = User { wait = constant(0) }
Fast:task(function(self) self:post("/items", { json = accounts:next() }) end)
LUA
expect_eq "each row once" "$(all_once)" "(1000, True)"
expect_eq "requests" "$(json "$TMP/report" "r['requests'], r['success']")" "(1000, 1.0)"
expect_eq "it ends with its users" "$(json "$TMP/report" "r['duration'] < 40e9")" True

# Once, and then the test ends, though others could go on; on_stop runs.
run -u 30 -r 10000 -t 50 -cpus 4 <<'LUA'
local accounts = feeder("accounts.csv", { order = "once", at_end = "end_test" })
local Idle = User { fixed_count = 10, wait = constant(1000) }
Idle:task(function() end)
local Fast = User {}
Fast:task(function(self) self:post("/items", { json = accounts:next() }) end)
LUA
expect_eq "each row once" "$(all_once)" "(1000, True)"
expect_eq "it ends with its rows" "$(json "$TMP/report" "r['duration'] < 40e9, r['interrupted']")" "(True, False)"

# Once, and again from the start: no row more than once more often than another
run -u 20 -r 10000 -t 50 -cpus 4 -iterations 2500 <<'LUA'
local accounts = feeder("accounts.csv", { order = "once", at_end = "restart" })
local Fast = User {}
Fast:task(function(self) self:post("/items", { json = { user = accounts:next().user } }) end)
LUA
expect_eq "again" "$(arrived "sorted(Counter(Counter(r['body'] for r in l).values()).items())")" "[(2, 500), (3, 500)]"

# A row for each of as many users: none is left over on a thread of which the users have theirs.
head -n 201 "$TMP/accounts.csv" | tr -d '\r' | sed 's/,.*/,x/; /^of /d' >"$TMP/few.csv"
users=$(($(wc -l <"$TMP/few.csv") - 1))
run -u "$users" -r 10000 -t 2 -cpus 4 -shared-connections <<'LUA'
local accounts = feeder("few.csv", { order = "once" })
local Member = User { wait = constant(1000) }
function Member:on_start() self:post("/login", { json = { user = accounts:next().user } }) end
Member:task(function(self) self:get("/me") end)
LUA
expect_eq "users" "$(arrived "len({r['body'] for r in l if r['method'] == 'POST'}), sum(r['method'] == 'POST' for r in l), sum(r['url'] == '/me' for r in l)")" \
    "($users, $users, $users)"

# Fewer rows than users: those without one end, and say goodbye.
# The wait lets all of them start before the iterations are used up.
run -u 5 -r 1000 -iterations 30 -t 30 -cpus 2 <<'LUA'
local words = feeder("words.txt", { order = "once" })
local Member = User { wait = constant(0.1) }
function Member:on_start() self.word = words:next() end
function Member:on_stop() self:get("/items/" .. (self.word or "none")) end
Member:task(function(self) self:post("/items", { body = self.word }) end)
LUA
expect_eq "the others go on" "$(arrived "sorted({r['body'] for r in l if r['method'] == 'POST'}), sum(r['method'] == 'POST' for r in l)")" \
    "(['bolt', 'gear', 'nut'], 30)"
expect_eq "all end" "$(arrived "sorted(r['url'] for r in l if r['method'] == 'GET')")" \
    "['/items/bolt', '/items/gear', '/items/none', '/items/none', '/items/nut']"

# By user: user n has row n, whatever its thread; in turn: over all threads; JSON as it is written
run -u 8 -r 1000 -iterations 480 -t 50 -cpus 4 <<'LUA'
local mine, turn = feeder("words.txt", { order = "by_user" }), feeder("words.txt")
local items = feeder("items.json", { order = "random" })
local Member = User { wait = constant(0) }
Member:task(function(self)
    self:post("/items", { json = { n = self.number, mine = mine:next(), turn = turn:next(), item = items:next(), count = #mine } })
end)
LUA
expect_eq "by user" "$(arrived "{(lambda b: b['mine'] == ['nut', 'bolt', 'gear'][(b['n'] - 1) % 3] and b['count'] == 3)(json.loads(r['body'])) for r in l}")" "{True}"
expect_eq "in turn" "$(arrived "sorted(Counter(json.loads(r['body'])['turn'] for r in l).items())")" "[('bolt', 160), ('gear', 160), ('nut', 160)]"
expect_eq "JSON" "$(arrived "sorted({json.dumps(json.loads(r['body'])['item']) for r in l})")" '['\''"text"'\'', '\''2.5'\'', '\''{"id": 1, "list": [], "none": null}'\'']'

# Arguments of the scenario
cat >"$TMP/argued.lua" <<'LUA'
local shards = arg("shards", 3, "how many shards")
local Member = User { wait = constant(0) }
Member:task(function(self) self:get("/items/" .. random(shards, shards)) end)
LUA
seen=$(wc -l <"$TMP/log")
"$loadgen" run "$TMP/argued.lua" -H "$U" -iterations 1 -arg shards=5 >"$TMP/out" 2>"$TMP/err" || fail "an argument: $(cat "$TMP/err")"
"$loadgen" run "$TMP/argued.lua" -H "$U" -iterations 1 >"$TMP/out" 2>"$TMP/err" || fail "a default: $(cat "$TMP/err")"
expect_eq "arguments" "$(arrived "[r['url'] for r in l]")" "['/items/5', '/items/3']"
expect_eq "list" "$("$loadgen" run "$TMP/argued.lua" -list)" "Available Users:
    Member
Arguments:
    shards=3  how many shards"
refused 2 '-arg: the scenario has no argument "shard"; did you mean shards' run "$TMP/argued.lua" -arg shard=5
refused 2 '"shards" is not an argument; expected NAME=VALUE' run "$TMP/argued.lua" -arg shards

# The result file has the arguments, but what may be secret, and what identifies the data.
cat >"$TMP/given.lua" <<'LUA'
local shards, token = arg("shards", 3), arg("api_token", "")
local words, text = feeder("words.txt"), read_file("items.json")
local Member = User { wait = constant(0) }
Member:task(function(self) self:post("/items", { body = words:next() }) end)
LUA
file_of() { echo "{'file': '$1', 'sha256': '$(sha256sum <"$TMP/$1" | cut -d' ' -f1)', 'size': $(wc -c <"$TMP/$1")}"; }
"$loadgen" run "$TMP/given.lua" -H "$U" -iterations 1 -cpus 2 -arg shards=5 -arg shards=6 -arg api_token=abc -output "$TMP/results" \
    >"$TMP/out" 2>&1 || fail "with a result file: $(cat "$TMP/out")"
"$loadgen" report -type json "$TMP/results" >"$TMP/report"
expect_eq "arguments of the result file" "$(json "$TMP/report" "r['plan']['scenario']['arguments']")" "{'shards': '6', 'api_token': '***'}"
expect_eq "files of the result file" "$(json "$TMP/report" "r['plan']['scenario']['files']")" "[$(file_of words.txt), $(file_of items.json)]"

# script_refused MESSAGE ARGUMENT...: the same with the script's lines below
script_refused() {
    message=$1 status=0
    shift
    "$loadgen" run "$@" >"$TMP/out" 2>"$TMP/err" || status=$?
    expect_eq "status of: $*" "$status" 2
    expect_has "message of: $*" "$(cat "$TMP/err")" "$message"
}
script_refused 'argued.lua:1: shards: "x" is not a whole number' "$TMP/argued.lua" -arg shards=x -list

# What is wrong with a file is said before anything is sent, with its line
printf 'user,note\nanna,1\nbert\n' >"$TMP/bad.csv"
echo 'local bad = feeder("bad.csv")' >"$TMP/bad.lua"
script_refused 'bad.lua:1: feeder: bad.csv:3: 1 value instead of 2, as in the first line' "$TMP/bad.lua" -H "$U"

# Data files may use as much memory as the scripts of a thread.
yes | head -n 1000000 >"$TMP/large.txt"
echo 'local large = feeder("large.txt") A = User {} A:task(function(self) self:get("/") end)' >"$TMP/large.lua"
script_refused 'the data files are too large in total: this file needs 6 MB, and 4 MB are left; raise -script-memory' \
    "$TMP/large.lua" -H "$U" -script-memory 4MB

# A search needs trials of full length.
echo 'local few = feeder("few.csv", { order = "once" }) A = User {} A:task(function(self) self:get("/") end)' >"$TMP/few.lua"
refused 2 'few.lua: feeder("few.csv") can run out of rows, which would end a trial early; set at_end = "restart"' \
    capacity -scenario "$TMP/few.lua" -H "$U" -slo 'p99<1s'
