#!/bin/sh
# loadgen run: scenarios against target-api, and against a server that logs what arrives.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api

start_log_target

# run STATUS FLAG...: the scenario on stdin
run() {
    status=$1
    shift
    run_users "$status" - "$@"
}

# the issue's scenario, as far as target-api goes: what one side counts the other has served
run 0 -u 5 -r 50 -t 2 -H "http://$API" <<'LUA'
local Shopper = User { weight = 3, wait = between(0.01, 0.03) }

function Shopper:on_start()
    self.seen = 0
end

Shopper:task(3, "browse", function(self)
    local r = self:get("/users_name/" .. random(0, 2), { name = "/users_name/{id}" })
    assert(r.ok and r.status == 200 and r:json(), r.error)
    self.seen = self.seen + 1
end)

Shopper:task("add", { tags = { "write" } }, function(self)
    local r <close> = self:post("/add_users/", { json = { id = 4, name = "user4", age = "100" } })
    assert(r.status == 200, r.text)
end)
LUA
expect_eq "successes" "$(json "$TMP/report" "r['success']")" 1.0
expect_eq "rows" "$(json "$TMP/report" "sorted(t['name'] for t in r['targets'])")" \
    "['Shopper GET /users_name/{id}', 'Shopper POST /add_users/']"
expect_eq "account" "$(json "$TMP/report" "r['intended'] == r['requests'] > 50, r['not_started']")" "(True, 0)"

# the result file says which users ran
"$loadgen" run "$TMP/scenario.lua" -u 3 -r 30 -t 1 -H "http://$API" -output "$TMP/results" >"$TMP/out" 2>"$TMP/err" ||
    fail "with a result file: $(cat "$TMP/err")"
"$loadgen" report -type json "$TMP/results" >"$TMP/report"
expect_eq "scenario" "$(json "$TMP/report" "r['plan']['scenario']")" \
    "{'file': 'scenario.lua', 'sha256': '$(sha256sum "$TMP/scenario.lua" | cut -d' ' -f1)', 'size': $(wc -c <"$TMP/scenario.lua"), 'users': 3, 'spawn_per_second': 30.0, 'seed': 1, 'host': 'http://$API'}"
"$loadgen" run "$TMP/scenario.lua" -iterations 3 -H "http://$API" -T write,read -E slow -seed 7 -report json >"$TMP/report"
expect_eq "tags and seed" "$(json "$TMP/report" "[r['plan']['scenario'][k] for k in ('seed', 'tags', 'exclude_tags')]")" "[7, 'write,read', 'slow']"

# what arrives, in the order in which it was asked for
LOCUST_USERS=7 LOCUST_HOST=$U run 1 --users 1 -t 30 <<'LUA'
local Member = User { wait = constant(0) }
function Member:on_start()
    local r = self:post("/login", { json = { user = "anna", deep = { b = array {}, a = null, n = 5 } }, name = "[setup] login" })
    self.headers = { Authorization = "Bearer " .. r:json().token }
end
function Member:on_stop()
    self:get("/me", { headers = { Authorization = false } })
end
Member:task(function(self)
    assert(self:get("/me").text == "welcome\n")
    self:get("/items", { params = { page = 2, q = "a b&c" } })
    self:post("/login", { form = { user = "eva", x = "ü" }, headers = { ["X-One"] = "1" } })
    self:put("/items/7", { body = "raw" })
    local r = self:get("/redirect")
    assert(r.status == 200 and r.text == "hello\n" and r.headers["content-TYPE"] == "text/plain")
    r = self:get("/redirect", { allow_redirects = false })
    assert(r.status == 302 and r.headers.Location == "/")
    r = self:get("/drop")
    assert(r.status == 0 and r.text == "" and r.error and not r.ok)
    r = self:get("/slow", { timeout = 0.01 })
    assert(r.status == 0 and r.error == "time-out", r.error)
    r = self:delete("/items/7", { auth = { "user", "password" } })
    assert(r.status == 204 and r.text == "")
    assert(pcall(function() self:stop_user() end))
    error("not reached")
end)
LUA
# A request that breaks a connection which was used before is tried once more, on a new one.
expect_eq "what arrived" "$(arrived "[r['method'] + ' ' + r['url'] for r in l]")" \
    "['POST /login', 'GET /me', 'GET /items?page=2&q=a%20b%26c', 'POST /login', 'PUT /items/7', 'GET /redirect', 'GET /', 'GET /redirect', 'GET /drop', 'GET /drop', 'GET /slow', 'DELETE /items/7', 'GET /me']"
expect_eq "JSON" "$(arrived "l[0]['body'], l[0]['headers']['content-type']")" \
    "('{\"deep\":{\"a\":null,\"b\":[],\"n\":5},\"user\":\"anna\"}', 'application/json')"
expect_eq "token" "$(arrived "l[1]['headers']['authorization'], l[1]['headers']['cookie']")" "('Bearer t-anna', 'session=s-anna')"
expect_eq "form" "$(arrived "l[3]['body'], l[3]['headers']['content-type'], l[3]['headers']['x-one']")" \
    "('user=eva&x=%C3%BC', 'application/x-www-form-urlencoded', '1')"
expect_eq "body" "$(arrived "l[4]['body'], 'content-type' in l[4]['headers'], l[4]['headers']['cookie']")" "('raw', False, 'session=s-eva')"
expect_eq "basic" "$(arrived "l[11]['headers']['authorization']")" "Basic dXNlcjpwYXNzd29yZA=="
expect_eq "left out" "$(arrived "'authorization' in l[12]['headers']")" False
expect_eq "redirected" "$(json "$TMP/report" "r['redirected'], r['requests']")" "(1, 11)"

# forms with files, as Python's own parser reads them; the content is from a file in the scenario's folder
printf 'bytes\0\377\r\n--x' >"$TMP/photo.jpg"
run 0 -u 1 -t 30 -H "$U" <<'LUA'
local photo = read_file("photo.jpg")
local Sender = User {}
Sender:task(function(self)
    self:post("/upload", { files = { photo = { "a.jpg", photo, "image/jpeg" } }, form = { kind = "x", b = { 1, true } } })
    self:post("/upload", { files = { f = { { "ü\"\r.txt", "one" }, { "two.txt", "" } }, raw = "text", json = { false, "{}", "application/json" } } })
    self:post("/upload", { files = {}, form = { a = "b" } })
    for _, bad in ipairs { { files = { f = 1 } }, { files = { f = {} } }, { files = { f = { "a" } } }, { files = "x" }, { files = { f = { "a", {} } } },
        { files = { f = { "a", "b", "c\n" } } }, { files = { { "a", "b" } } }, { files = { f = "x" }, json = {} }, { files = { f = "x" }, body = "x" } } do
        local ok, why = pcall(self.post, self, "/upload", bad)
        assert(not ok and why:find("files", 1, true), why)
    end
    self:stop_user()
end)
LUA
cat >"$TMP/parts.py" <<'PYTHON'
import email.parser, email.policy, json, sys
for line in list(open(sys.argv[1]))[int(sys.argv[2]):]:
    r = json.loads(line)
    head = "Content-Type: " + r["headers"]["content-type"] + "\r\n\r\n"
    m = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes((head + r["body"]).encode("latin-1"))
    print([(p.get_param("name", header="content-disposition"), p.get_filename(), p.get("content-type"), p.get_payload(decode=True))
           for p in m.iter_parts()] if m.is_multipart() else r["body"])
PYTHON
expect_eq "files" "$(python3 "$TMP/parts.py" "$TMP/log" "$seen")" \
    "[('b', None, None, b'1'), ('b', None, None, b'true'), ('kind', None, None, b'x'), ('photo', 'a.jpg', 'image/jpeg', b'bytes\\x00\\xff\\r\\n--x')]
[('f', 'ü%22%0D.txt', None, b'one'), ('f', 'two.txt', None, b''), ('json', None, 'application/json', b'{}'), ('raw', 'raw', None, b'text')]
a=b"

# several requests at once: at most 10 in flight, each on a connection of the user; the others wait for one of them
run 1 -u 1 -t 30 -H "$U" <<'LUA'
local Page = User {}
Page:task(function(self)
    assert(#self:parallel {} == 0)
    local list = {}
    for n = 1, 25 do list[n] = { "get", "/slow?n=" .. n, { name = "/slow", check = true } } end
    local answers = self:parallel(list)
    assert(#answers == 25)
    for n, r in ipairs(answers) do
        assert(r.status == 200 and r.url:match("n=(%d+)$") == tostring(n), r.url)
        if n % 5 == 0 then r:failure("fifth") end
    end
    local mixed = self:parallel { "/", { "POST", "/login", { form = { user = "p" } } }, "/drop", { "GET", "/redirect" } }
    assert(mixed[1].text == "hello\n" and mixed[2]:json().token == "t-p" and mixed[3].status == 0 and mixed[4].url:match("redirect$"))
    assert(self:get("/me").text == "welcome\n") -- with the cookie of the login
    for _, bad in ipairs { { 1 }, { {} }, { { "GET" } }, { { "GET", 1 } }, { { "GET", "/", 1 } }, { { "GET", "/", name = "x" } }, { { "G T", "/" } },
        { "/", { "GET", "/", { nmae = "x" } } }, { "/", "x" }, "x" } do
        assert(not pcall(self.parallel, self, bad))
    end
    self:get("/items")
    self:stop_user()
end)
LUA
expect_eq "in parallel" "$(arrived "len(l), len({r['connection'] for r in l[:25]}), sorted(int(r['url'][8:]) for r in l[:10]), l[-1]['url']")" \
    "(33, 10, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], '/items')"
expect_eq "intended at once" "$(json "$TMP/report" "r['requests'] == r['intended'] == 31, 9e7 < r['connection_wait']['max'] < r['latencies']['max'] - 4e7")" \
    "(True, True)"
expect_eq "each judged" "$(json "$TMP/report" "{t['name']: t['success'] for t in r['targets']}['Page GET /slow'], r['redirected']")" "(0.8, 1)"

# at the end of the run requests that wait are left out, and those in flight are answered; their user stops
run 0 -u 1 -t 1 -H "$U" <<'LUA'
local Page = User {}
Page:task(function(self)
    local list = {}
    for n = 1, 1000 do list[n] = "/slow" end
    self:parallel(list)
    error("not reached")
end)
LUA
expect_eq "the end" "$(arrived "10 <= len(l) < 500")" True
expect_eq "its account" "$(json "$TMP/report" "r['requests'], r['intended'], r['not_started']")" "$(arrived "len(l), len(l), 0")"

# -requests holds in the middle of a list, too: its user gets no answers, and ends
run 0 -u 2 -t 60 -r 100 -requests 37 -H "$U" <<'LUA'
local Page = User {}
Page:task(function(self)
    local list = {}
    for n = 1, 12 do list[n] = "/" end
    assert(self:parallel(list)[12].ok)
end)
LUA
expect_eq "exactly" "$(json "$TMP/report" "r['requests'], r['intended'], r['success'], r['exceptions']")" "(37, 37, 1.0, [])"

# a script judges answers; what it says is in reports, and in the file
run 1 -u 1 -t 30 -H "$U" -output "$TMP/results" <<'LUA'
local Judge = User {}
Judge:task(function(self)
    for n = 1, 8 do
        local r <close> = self:get("/stock?n=" .. n, { name = "/stock", check = true })
        if r.text == "sold out\n" then r:failure("sold out: %s", r.text:sub(1, 4)) end
    end
    local r = self:get("/none", { check = true })
    r:failure("no")
    r:success()
    assert(not pcall(function() self:get("/drop", { check = true }):success() end))
    assert(not pcall(r.success, r)) -- it is recorded
    assert(not pcall(function() self:get("/"):failure("x") end)) -- without check
    self:get("/error", { check = true })
    self:stop_user()
end)
LUA
expect_eq "judged" "$(json "$TMP/report" "{t['name']: t['success'] for t in r['targets']}")" \
    "{'Judge GET /stock': 0.75, 'Judge GET /none': 1.0, 'Judge GET /drop': 0.0, 'Judge GET /': 1.0, 'Judge GET /error': 0.0}"
expect_eq "success" "$(json "$TMP/report" "round(12 * r['success'], 6), r['requests']")" "(8.0, 12)"
expect_eq "statuses" "$(json "$TMP/report" "r['status_codes'], sorted(r['errors'])[:2]")" \
    "({'0': 1, '200': 9, '404': 1, '500': 1}, ['500 Internal Server Error', 'Get \"$U/drop\": EOF'])"
expect_has "why" "$(json "$TMP/report" "r['errors']")" "sold out: sold"
"$loadgen" report -type json "$TMP/results" >"$TMP/read"
for key in success errors targets status_codes latencies; do
    expect_eq "$key, read from the file" "$(json "$TMP/read" "r['$key']")" "$(json "$TMP/report" "r['$key']")"
done

# errors of scripts are counted, with traceback, and users go on
run 1 -u 2 -r 100 -t 1 -H "$U" -output "$TMP/results" <<'LUA'
local Clumsy = User { wait = constant(0.05) }
local function deep(r) return r.stauts end
Clumsy:task("wrong", function(self)
    local r = self:get("/")
    deep(r)
end)
Clumsy:task("right", function(self) self:get("/items") end)
LUA
expect_eq "exceptions" "$(json "$TMP/report" "len(r['exceptions']), r['exceptions'][0]['count'] > 5")" "(1, True)"
expect_has "message" "$(json "$TMP/report" "r['exceptions'][0]['message']")" "scenario.lua:2: responses have no \"stauts\""
expect_has "traceback" "$(json "$TMP/report" "r['exceptions'][0]['traceback']")" "scenario.lua:5: in function"
expect_has "remark" "$(json "$TMP/report" "r['remarks'][-1]")" "scenario.lua:2: responses have no"
expect_has "count" "$(cat "$TMP/err")" "loadgen: scripts raised $(json "$TMP/report" "r['exceptions'][0]['count']") exceptions, listed in the report"
"$loadgen" report -type json "$TMP/results" >"$TMP/read"
expect_eq "exceptions, read from the file" "$(json "$TMP/read" "r['exceptions']")" "$(json "$TMP/report" "r['exceptions']")"
expect_has "exceptions as text" "$("$loadgen" report "$TMP/results" | sed -n '/raised  exception/,/scenario.lua:5: in f/p' | tr -s ' \n' ' ')" \
    "scenario.lua:5: in function"
expect_eq "they go on" "$(json "$TMP/report" "sorted(t['name'] for t in r['targets']), r['requests'] > 10")" \
    "(['Clumsy GET /', 'Clumsy GET /items'], True)"

# their text is the script's own, whatever it looks like
run 1 -u 1 -iterations 1 -H "$U" <<'LUA'
local Teller = User {}
Teller:task(function(self) error("missing order.name or users.host", 0) end)
LUA
expect_eq "text of a script" "$(json "$TMP/report" "[e['message'] for e in r['exceptions']]")" "['missing order.name or users.host']"
echo 'error("missing order.name or users.host", 0)' >"$TMP/teller.lua"
expect_has "text of a script that is loaded" "$("$loadgen" run "$TMP/teller.lua" 2>&1)" "loadgen: missing order.name or users.host"

# so are errors of what is closed when a task is ended
run 1 -u 1 -t 30 -H "$U" <<'LUA'
local Closer = User {}
Closer:task(function(self)
    local x <close> = setmetatable({}, { __close = function() error("not closed", 0) end })
    self:stop_user()
end)
LUA
expect_eq "errors of what is closed" "$(json "$TMP/report" "[(e['count'], e['message']) for e in r['exceptions']]")" "[(1, 'not closed')]"

# a misspelt function is told with the nearest one, also of the class and its bases
run 1 -u 1 -t 30 -H "$U" <<'LUA'
local Base = User {}
function Base:log_in() end
local Typist = Base {}
Typist:task(function(self)
    self.count = (self.count or 0) + 1
    if self.count == 1 then self:gett("/") end
    if self.count == 2 then self:login() end
    if self.count == 3 then self:get("/", { params = { page = randm(1, 2) } }) end
    self:stop_user()
end)
LUA
expect_eq "the nearest" "$(json "$TMP/report" "sorted(e['message'].split('scenario.lua:')[1] for e in r['exceptions'])")" \
    "[\"6: attempt to call a nil value (method 'gett'); did you mean get?\", \"7: attempt to call a nil value (method 'login'); did you mean log_in?\", \"8: attempt to call a nil value (global 'randm'); did you mean random?\"]"

run 1 -u 1 -t 3 -H "$U" <<'LUA'
local Busy = User { wait = constant(10) }
Busy:task(function(self)
    while true do pcall(function() while true do end end) end
end)
LUA
expect_has "a task that never pauses" "$(json "$TMP/report" "r['exceptions'][0]['message']")" "scenario.lua:3: stopped: ran for too long"

# a script that is busy makes others late: that is lag, and the latency has it
run 0 -u 2 -r 1000 -t 2 -H "$U" -cpus 1 <<'LUA'
local Hog = User { fixed_count = 1, wait = constant(0) }
Hog:task(function(self)
    local until_s = os.clock() + 0.05
    while os.clock() < until_s do end
    sleep(0.001)
end)
local Light = User { wait = constant(0) }
Light:task(function(self) self:get("/") end)
LUA
expect_eq "lag" "$(json "$TMP/report" "r['lag']['max'] > 2e7, r['latencies']['max'] > 2e7, r['intended'] == r['requests']")" \
    "(True, True, True)"

# refusals
cat >"$TMP/good.lua" <<'LUA'
local Visitor = User {}
Visitor:task(function(self) self:get("/") end)
LUA
refused 2 "the scenario is missing" run
refused 2 "more than one scenario" run a.lua b.lua
refused 1 "none.lua" run "$TMP/none.lua"
refused 2 "is a Python file; scenarios are written in Lua" run tests/contract/locust/target.py
refused 2 "is not a number of users" run "$TMP/good.lua" -u 0
refused 2 "is not a number of users per second" run "$TMP/good.lua" -r 0
refused 2 "-rate must be greater than 0; without -rate, users start tasks by themselves" run "$TMP/good.lua" -H "$U" -t 1 -rate 0/s
refused 2 "unknown flag -user-count" run "$TMP/good.lua" --user-count 5
refused 2 "not a URL" run "$TMP/good.lua" -H 127.0.0.1:1

# what a scenario has, and each task once
cat >"$TMP/kinds.lua" <<'LUA'
local Base = User { wait = between(100, 200) }
function Base:on_start() self:get("/me", { headers = { Cookie = "kind=1" } }) end
Base:task(3, "items", function(self) self:get("/items") end)
local Reader = Base { weight = 3 }
local Writer = Base { weight = 1 }
Base.abstract = true
Writer:task("add", function(self) self:post("/items", { body = "\27[31m" .. ("x"):rep(2000) }) end)
function Writer:on_stop() self:get("/drop") end
LUA
expect_eq "list" "$("$loadgen" run "$TMP/kinds.lua" -l)" "Available Users:
    Reader
    Writer"
expect_eq "ratios" "$("$loadgen" run "$TMP/kinds.lua" --show-task-ratio -u 4 | grep -v -- ---)" "Task ratio per User class
 75.0       Reader
  100.0       items
 25.0       Writer
   75.0       items
   25.0       add

Total task ratio
 75.0       Reader
   75.0       items
 25.0       Writer
   18.8       items
    6.2       add"
"$loadgen" run "$TMP/kinds.lua" -check -H "$U" >"$TMP/check" 2>"$TMP/err" || fail "check: $(cat "$TMP/err")"
expect_eq "each once" "$(grep -v '^[<>]' "$TMP/check" | tr '\n' ',')" \
    "Reader: on_start,Reader: items,Writer: on_start,Writer: items,Writer: add,Writer: on_stop,"
expect_has "sent" "$(cat "$TMP/check")" "> GET /me HTTP/1.1"
expect_has "answered" "$(cat "$TMP/check")" "< welcome"
expect_has "a long body" "$(cat "$TMP/check")" "more bytes"
expect_has "no answer" "$(cat "$TMP/check")" "< no response: closed after "
if grep -q "$(printf '\033')" "$TMP/check"; then
    fail "an escape sequence reached the terminal"
fi
echo 'local A = User {} A:task(function(self) local x = nil + 1 end)' >"$TMP/broken.lua"
if "$loadgen" run "$TMP/broken.lua" -check -H "$U" >"$TMP/check" 2>"$TMP/err"; then
    fail "a check of a scenario with an error succeeds"
fi
expect_has "its error" "$(cat "$TMP/err")" "broken.lua:1: attempt to perform arithmetic on a nil value"

# task sets: on_start, the order of their tasks, interrupt, which no pcall catches, and on_stop of all
cat >"$TMP/sets.lua" <<'LUA'
local Inner = TaskSet { wait = 0 }
Inner:task("inside", function(self)
    self:get("/items/inner")
    pcall(function() self:interrupt() end)
    self:get("/items/not-reached")
end)
local Flow = SequentialTaskSet { wait = constant(0) }
function Flow:on_start() self:get("/items/begin") end
function Flow:on_stop() self:get("/items/end") end
Flow:task("first", function(self) self:get("/items/1") end)
Flow:task(Inner)
Flow:task("last", { tags = { "last" } }, function(self)
    self.rounds = (self.rounds or 0) + 1
    if self.rounds == 1 then return end
    if self.rounds == 3 then self:stop_user() end
    self:interrupt()
end)
local Shop = User { wait = constant(1000) }
Shop:task("flow", Flow)
function Shop:on_stop() self:get("/items/stop") end
LUA
cat >"$TMP/tree.lua" <<'LUA'
local Leaf = TaskSet {} Leaf:task(3, "often", print) Leaf:task("seldom", print)
local Flow = SequentialTaskSet {} Flow:task(9, "first", print) Flow:task(Leaf)
local Shop = User { weight = 3 } Shop:task("home", print) Shop:task(Flow)
local Guest = User {} Guest:task("home", print)
LUA
expect_eq "ratios of sets" "$("$loadgen" run "$TMP/tree.lua" --show-task-ratio -u 4 | grep -v -- ---)" "Task ratio per User class
 75.0       Shop
   50.0       home
   50.0       Flow
     50.0       first
     50.0       Leaf
       75.0       often
       25.0       seldom
 25.0       Guest
  100.0       home

Total task ratio
 75.0       Shop
   37.5       home
   37.5       Flow
     18.8       first
     18.8       Leaf
       14.1       often
        4.7       seldom
 25.0       Guest
   25.0       home"
seen=$(wc -l <"$TMP/log")
"$loadgen" run "$TMP/sets.lua" -t 60 -H "$U" >"$TMP/report" 2>"$TMP/err" || fail "sets: $(cat "$TMP/err")"
expect_eq "sets" "$(arrived "[r['url'][7:] for r in l]")" \
    "['begin', '1', 'inner', '1', 'inner', 'end', 'begin', '1', 'inner', 'end', 'stop']"
seen=$(wc -l <"$TMP/log")
"$loadgen" run "$TMP/sets.lua" -check -H "$U" >"$TMP/check" 2>"$TMP/err" || fail "check of sets: $(cat "$TMP/err")"
expect_eq "sets, checked" "$(arrived "[r['url'][7:] for r in l]")" "['begin', '1', 'inner', 'end', 'stop']"
seen=$(wc -l <"$TMP/log")
LOCUST_EXCLUDE_TAGS="other last" "$loadgen" run "$TMP/sets.lua" -check -H "$U" >"$TMP/check" 2>"$TMP/err" ||
    fail "tags: $(cat "$TMP/err")"
expect_eq "without a tag" "$(grep -c 'Shop: last' "$TMP/check")" 0
"$loadgen" run "$TMP/sets.lua" -T last -check -H "$U" >"$TMP/check" 2>"$TMP/err" || fail "tags: $(cat "$TMP/err")"
expect_eq "with a tag" "$(grep -v '^[<>]' "$TMP/check" | tr '\n' ',')" \
    "Shop: on_start of a task set,Shop: last,Shop: on_stop of a task set,Shop: on_stop,"
refused 2 "no task matches the tags" run "$TMP/sets.lua" -T none

# the scenario ends the run
run 7 -u 3 -r 100 -t 600 -H "$U" <<'LUA'
local Quitter = User { wait = constant(0.01) }
Quitter:task(function(self)
    self:get("/")
    pcall(quit, 7)
end)
LUA
expect_has "why" "$(cat "$TMP/err")" "loadgen: the scenario ended with quit(7)"
