#!/bin/sh
# The users of a scenario over two workers, which have neither its file nor its data nor its environment: each user runs
# once, with what test_start returned; what the target got is what the report counts. Then errors of scripts, quit,
# stages of a Shape, and what cannot be sent yet.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/workers_lib.sh"

start_log_target
start_nats
mkdir "$TMP/controller"
BASE=$PWD
case $BIN in /*) ;; *) BIN=$BASE/$BIN ;; esac

# The workers are elsewhere, and have another environment.
start_there() {
    cd "$TMP/nats"
    FRUIT=worker start_worker "$@"
    cd "$BASE"
}
start_there a
start_there b

printf 'name\nann\nbob\ncec\n' >"$TMP/controller/names.csv"
echo bolt >"$TMP/controller/item.txt"
cat >"$TMP/controller/scenario.lua" <<'LUA'
local item = read_file("item.txt"):match("%a+")
local fruit, unset = env("FRUIT", "none"), env("HEADROOM_TEST_UNSET", "nothing")
local names = feeder("names.csv", { order = "by_user" })
local greeting = arg("greeting", "hello")
function test_start(self)
    return { token = self:post("/login", { json = { user = "setup" } }):json().token }
end
local Shopper = User { wait = constant(0.1) }
function Shopper:on_start() self:get("/items/start-" .. self.number) end
Shopper:task(function(self)
    self:post("/items", { name = "say", json = { self.number, names:next().name, item, fruit, unset, greeting, self.setup.token } })
end)
function test_stop(self, run) self:get("/items/stop-" .. run.total.requests) end
LUA

# run_there STATUS FLAG...: with two workers
run_there() {
    expected=$1
    shift
    FRUIT=pear run_users "$expected" "$TMP/controller/scenario.lua" -nats "$NATS" -expect-workers 2 -H "$U" "$@"
}

run_there 0 -u 9 -r 100 -t 3 -arg greeting=hi -output "$TMP/results"
expect_eq "each user started once" "$(arrived "sorted(int(r['url'][13:]) for r in l if r['url'].startswith('/items/start-'))")" "[1, 2, 3, 4, 5, 6, 7, 8, 9]"
expect_eq "what they had" "$(arrived "sorted({r['body'] for r in l if r['url'] == '/items'})")" \
    "$(python3 -c 'print(["[%d,\"%s\",\"bolt\",\"pear\",\"nothing\",\"hi\",\"t-setup\"]" % (n, ["cec", "ann", "bob"][n % 3]) for n in range(1, 10)])')"
expect_eq "requests" "$(json "$TMP/report" "r['requests'], r['intended'], r['unknown'], r['success']")" "($(arrived "len(l) - 2"), $(arrived "len(l) - 2"), 0, 1.0)"
expect_eq "test_stop has the numbers" "$(arrived "l[-1]['url']")" "/items/stop-$(json "$TMP/report" "r['requests']")"
expect_eq "names" "$(json "$TMP/report" "{t['name']: t['requests'] for t in r['targets']}['Shopper POST say']")" "$(arrived "len([r for r in l if r['url'] == '/items'])")"
expect_eq "the plan" "$(json "$TMP/report" "r['plan']['scenario']['users'], r['plan']['scenario']['file']")" "(9, 'scenario.lua')"
expect_eq "both took part" "$(json "$TMP/report" "sorted(g['file'] for g in r['generators'])")" "['a', 'b']"
"$BIN/loadgen" report -type json "$TMP/results" >"$TMP/again"
for value in "r['requests']" "r['latencies']" "r['targets']"; do
    expect_eq "$value of the file" "$(json "$TMP/again" "$value")" "$(json "$TMP/report" "$value")"
done

# Errors of scripts are told with their count; quit on one worker ends the run on all, with its status.
cat >"$TMP/controller/scenario.lua" <<'LUA'
local Clumsy = User { wait = constant(0.2) }
Clumsy:task(function(self)
    self:get("/items")
    error("user " .. self.number % 2 .. " fell")
end)
LUA
run_there 1 -u 4 -r 100 -t 2
expect_eq "errors" "$(json "$TMP/report" "sorted((e['message'][-11:], e['count'] > 4) for e in r['exceptions'])")" "[('user 0 fell', True), ('user 1 fell', True)]"
expect_eq "as many as requests" "$(json "$TMP/report" "sum(e['count'] for e in r['exceptions']) == r['requests']")" True

cat >"$TMP/controller/scenario.lua" <<'LUA'
local Quitter = User { wait = constant(0.05) }
Quitter:task(function(self)
    self:get("/items")
    if self.number == 3 then sleep(1) quit(7) end
end)
LUA
run_there 7 -u 8 -r 100 -t 5m
expect_has "quit" "$(cat "$TMP/err")" "the scenario ended with quit(7)"
expect_eq "nothing was lost" "$(json "$TMP/report" "r['requests'] == r['intended'], r['unknown']")" "(True, 0)"
expect_eq "and all arrived" "$(json "$TMP/report" "r['requests']")" "$(arrived "len(l)")"

# A Shape of stages is known to all.
cat >"$TMP/controller/scenario.lua" <<'LUA'
Shape { { duration = 1.5, users = 6, spawn_rate = 100 }, { duration = 3, users = 12, spawn_rate = 100 } }
local Visitor = User { wait = constant(0.1) }
function Visitor:on_start() self:get("/items/start-" .. self.number) end
Visitor:task(function(self) self:get("/items") end)
LUA
run_there 0
expect_eq "users of the stages" "$(arrived "sorted(int(r['url'][13:]) for r in l if r['url'].startswith('/items/start-'))")" "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]"
expect_eq "the end" "$(json "$TMP/report" "r['requests']")" "$(arrived "len(l)")"

# What cannot be sent yet.
SCENARIO=$TMP/controller/scenario.lua
printf 'Shape { tick = function() return 1, 1 end }\nlocal A = User {}\nA:task(function(self) self:get("/") end)\n' >"$SCENARIO"
refused 2 "the tick of a Shape cannot be sent to workers yet" run -nats "$NATS" -t 1 -H "$U" "$SCENARIO"
