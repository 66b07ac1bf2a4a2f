#!/bin/sh
# loadgen run: Locust's tables on stderr, its CSV files and its exit statuses agree with the report.
#
# Not under tsan: its threads are those of 45_run.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_log_target
hold_port
refusing=http://127.0.0.1:$PORT

# Two classes with a name in common, one of which is in the way of a table; three kinds of failures
cat >"$TMP/shop.lua" <<LUA
local Shopper = User { name = "Big Shopper", wait = constant(0.02) }
Shopper:task("items", function(self) self:get("/items", { name = "/items, \"all\"" }) end)
Shopper:task("stock", function(self)
    local r <close> = self:get("/stock?n=" .. random(1, 4), { name = "/stock", check = true })
    if r.text == "sold out\n" then r:failure("sold out") end
end)
local Guest = User { wait = constant(0.02) }
Guest:task("items", function(self) self:get("/items", { name = "/items, \"all\"" }) end)
Guest:task("missing", function(self) self:post("/missing") end)
Guest:task("refused", function(self) self:get("$refusing/x", { name = "/x" }) end)
LUA
cat >"$TMP/good.lua" <<'LUA'
local Guest = User { wait = constant(0.02) }
Guest:task(function(self) self:get("/items") end)
LUA

# aggregated: the row of a run without requests
aggregated() { printf '%9s%-76s %7d %12s |%7d %7d %7d%7d | %7.2f %11.2f' "" Aggregated 0 "0(0.00%)" 0 0 0 0 0 0; }

# run STATUS SCENARIO FLAG...: 6 users, for 1 s unless a flag says otherwise
run() {
    expected=$1 scenario=$2
    shift 2
    run_users "$expected" "$TMP/$scenario.lua" -u 6 -r 100 -t 1 -H "$U" "$@"
}

# Reads tables and files, and compares them with a report.
cat >"$TMP/compare.py" <<'PYTHON'
import collections, csv, json, re, sys
folder, prefix = sys.argv[1:]
report = json.load(open(folder + "/report"))
err = open(folder + "/err").read()

# the rows of the report by method and name, over classes; the failures of each
counts = collections.Counter()
good = collections.Counter()
for t in report["targets"]:
    key = tuple(t["name"].split(" ", 2)[1:])
    counts[key] += t["requests"]
    good[key] += round(t["success"] * t["requests"])
failures = {key: counts[key] - good[key] for key in counts}
names = sorted(counts, key=lambda key: (key[1], key[0]))
whole_ms = lambda ns: int(ns // 1e6)
latencies = report["latencies"]

def tables(text):
    """-> the blocks that begin with a title of columns, each a list of rows"""
    found = []
    for line in text.split("\n"):
        if re.match("Type     Name |# occurrences ", line):
            found.append([])
            rules = 0
        elif found and re.match(r"-+\|-", line):
            rules += 1
        elif found and line == "":
            rules = 9
        elif found and rules in (1, 2):
            found[-1].append(line)
    return found

requests, percentiles, errors = tables(err)[-3:]
row = re.compile(r"(\S*) +(.*?) +(\d+) +(\d+)\((\d+\.\d\d)%\) \| +(\d+) +(\d+) +(\d+) +(\d+) \| +(\d+\.\d\d) +(\d+\.\d\d)$")
parsed = [row.match(line).groups() for line in requests]
assert [p[:2] for p in parsed] == names + [("", "Aggregated")], parsed
for p in parsed[:-1]:
    assert int(p[2]) == counts[p[:2]] and int(p[3]) == failures[p[:2]], (p, counts, failures)
total = parsed[-1]
assert int(total[2]) == report["requests"] and int(total[3]) == sum(failures.values()), total
assert [int(t) for t in total[5:8]] == [whole_ms(latencies[k]) for k in ("mean", "min", "max")], (total, latencies)
assert abs(int(total[8]) - latencies["50th"] / 1e6) <= 1, (total, latencies)
assert re.match(r" +Aggregated +\d+ ", percentiles[-1]) and len(percentiles) == len(names) + 1
ranks = [int(n) for n in percentiles[-1].split()[1:]]
assert len(ranks) == 12 and ranks[-1] == report["requests"] and ranks[-2] == whole_ms(latencies["max"]), ranks
assert sum(int(line.split()[0]) for line in errors) == sum(failures.values()), errors
kinds = sorted(re.sub(r"^\d+ +", "", line).rstrip() for line in errors)
assert [k.partition(": ")[0] for k in kinds] == ["GET /stock", "GET /x", "POST /missing"], kinds
assert kinds[0] == "GET /stock: sold out" and kinds[2] == "POST /missing: 404 Not Found", kinds

def read(name):
    data = open(prefix + name, newline="").read()
    assert data.endswith("\r\n") and data.count("\n") == data.count("\r\n"), name
    lines = list(csv.reader(data.splitlines()))
    assert all(len(line) == len(lines[0]) for line in lines), name
    return [dict(zip(lines[0], line)) for line in lines[1:]]

stats = read("_stats.csv")
assert [(s["Type"], s["Name"]) for s in stats] == names + [("", "Aggregated")]
for s in stats[:-1]:
    key = s["Type"], s["Name"]
    assert int(s["Request Count"]) == counts[key] and int(s["Failure Count"]) == failures[key], s
last = stats[-1]
assert int(last["Request Count"]) == report["requests"]
assert float(last["Min Response Time"]) == latencies["min"] / 1e6 and float(last["Max Response Time"]) == latencies["max"] / 1e6
assert abs(float(last["Average Response Time"]) / (latencies["total"] / report["requests"] / 1e6) - 1) < 1e-12
assert abs(float(last["99%"]) / (latencies["99th"] / 1e6) - 1) < 0.006, (last, latencies)
assert abs(float(last["Average Content Size"]) - report["bytes_in"]["mean"]) < 1e-6
assert abs(float(last["Requests/s"]) - float(total[9])) < 0.006, (last, total)
found = {(f["Method"], f["Name"]): f for f in read("_failures.csv")}
assert {key: int(f["Occurrences"]) for key, f in found.items()} == {k: n for k, n in failures.items() if n}, found
assert all(re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$", f["First Seen"]) and f["First Seen"] <= f["Last Seen"] for f in found.values())
history = read("_stats_history.csv")
assert history[0]["50%"] == "N/A" and history[0]["Total Request Count"] == "0"
assert history[-1]["Name"] == "Aggregated" and int(history[-1]["Total Request Count"]) == report["requests"], history[-1]
assert history[-1]["Total Max Response Time"] == last["Max Response Time"]
assert max(int(h["User Count"]) for h in history) == 6, history
times = [int(h["Timestamp"]) for h in history if h["Name"] == "Aggregated"]
assert times == sorted(set(times)), times
print(len([h for h in history if h["Name"] == "Aggregated"]), {h["Name"] for h in history} == {n for _, n in names} | {"Aggregated"})
PYTHON

# has_lines COUNT: of the history, so many seconds or more
has_lines() { [ "$(grep -c ',Aggregated,' "$TMP/sent_stats_history.csv")" -ge "$1" ]; }

tables_and_files() {
    cp "${TMP%/*}"/*.lua "${TMP%/*}/compare.py" "$TMP"
    run 1 shop -t 2 -csv "$TMP/run"
    expect_has "why 1" "$(cat "$TMP/err")" "$(json "$TMP/report" "'loadgen: %d of %d requests failed' % (round((1 - r['success']) * r['requests']), r['requests'])")"
    python3 "$TMP/compare.py" "$TMP" "$TMP/run" >"$TMP/found" || fail "tables and files: $(cat "$TMP/err")"
    expect_eq "one table of requests" "$(grep -c '  # reqs      # fails |' "$TMP/err")" 1
    # Each second has a line, also when a signal ends the run, and the last one has all.
    "$loadgen" run "$TMP/shop.lua" -u 6 -r 100 -H "$U" -report json --csv="$TMP/sent" --csv-full-history >"$TMP/report" 2>"$TMP/err" &
    pid=$!
    STARTED="$STARTED $pid"
    wait_for has_lines 4 2>/dev/null || fail "no lines: $(cat "$TMP/err")"
    kill -INT $pid
    status=0
    wait $pid || status=$?
    expect_eq "status: $(cat "$TMP/err")" "$status" 1
    python3 "$TMP/compare.py" "$TMP" "$TMP/sent" >"$TMP/found" || fail "interrupted: $(cat "$TMP/err")"
    # the one before the run, three seconds, and the rest
    expect_eq "lines, and names in the history" "$(cat "$TMP/found")" "5 True"
    # What a run that is killed has written is whole, up to its last second.
    "$loadgen" run "$TMP/shop.lua" -u 6 -r 100 -H "$U" -csv "$TMP/killed" >"$TMP/report" 2>"$TMP/err" &
    pid=$!
    STARTED="$STARTED $pid"
    wait_for grep -qs ',Aggregated,[1-9]' "$TMP/killed_stats_history.csv" || fail "no history: $(cat "$TMP/err")"
    kill -9 $pid
    wait $pid || true
    expect_eq "killed" "$(tail -n 1 "$TMP/killed_stats_history.csv" | tr -dc '\r' | wc -c),$(tail -n 1 "$TMP/killed_stats.csv" | grep -c '^,Aggregated,[1-9].*[0-9].$')" "1,1"
}

# Whatever bytes are in names and errors, each row is in all reports, as text.
odd_names() {
    cat >"$TMP/odd.lua" <<'LUA'
local A = User { name = "A\xff b", wait = constant(0.1) }
A:task(function(self)
    self:get("/items", { name = 'a,b "c"\r\n\t' })
    self:get("/items", { name = "grüße \xff" })
    self:get("/items", { name = (("é"):rep(100)) })
    self:request("PROPFIND", "/items", { name = "x" })
    self:get("/items", { name = "y", check = true }):failure('1, "2"\n\xff')
end)
LUA
    run 1 odd -csv "$TMP/odd"
    printf '%s\r\n' Name '"a,b ""c""???"' 'grüße ?' x y "$(printf 'é%.0s' $(seq 100))" Aggregated >"$TMP/names"
    expect_eq "in the file" "$(sed -E 's/^[A-Za-z]*,//; s/,(Request Count|[0-9]+,[0-9]+,[0-9.]+,).*/\r/' "$TMP/odd_stats.csv")" "$(cat "$TMP/names")"
    expect_eq "in the report" "$(json "$TMP/report" "sorted({t['name'] for t in r['targets']})")" \
        "['A?_b GET a,b \"c\"???', 'A?_b GET grüße ?', 'A?_b GET y', 'A?_b GET $(printf 'é%.0s' $(seq 100))', 'A?_b PROPFIND x']"
    expect_has "in the table" "$(cat "$TMP/err")" "
GET      grüße ?                                                                    "
    expect_has "an error" "$(cat "$TMP/odd_failures.csv")" "GET,y,\"1, \"\"2\"\"??\","
}

# Errors of scripts have a row each.
exceptions() {
    cat >"$TMP/raises.lua" <<'LUA'
local A = User { wait = constant(0.1) }
A:task(function(self) error('a, "b"', 0) end)
LUA
    run 1 raises -csv "$TMP/run"
    expect_has "exceptions" "$(cat "$TMP/run_exceptions.csv")" ",\"a, \"\"b\"\"\",\""
    expect_has "nodes" "$(tail -n 1 "$TMP/run_exceptions.csv")" "\",local"
    expect_has "total" "$(cat "$TMP/err")" "$(aggregated)"
}

periodic() {
    cp "${TMP%/*}"/*.lua "$TMP"
    # at once, after 2 s and after 4 s, and at the end; no progress line
    run 0 good -t 5 --print-stats -progress 1s
    expect_eq "tables" "$(grep -c '  # reqs      # fails |' "$TMP/err")" 4
    expect_eq "the first" "$(sed -n 4p "$TMP/err")" "$(aggregated)"
    expect_eq "nothing else" "$(grep -Evc '^(Type  |-----|GET  |  +Aggregated  |Response time |$)' "$TMP/err")" 0
    expect_eq "they grow" "$(awk '$1 == "Aggregated" && /\|/ && $2 + 0 >= n + 0 {n = $2; c++} END {print c}' "$TMP/err")" 4
    # 6 users, a request each 20 ms and something
    expect_eq "rates" "$(awk '$1 == "Aggregated" && /\|/ {print ($(NF - 1) <= 300 && ($2 == 0 || $(NF - 1) > 30))}' "$TMP/err" | sort -u)" 1
    run 0 good -t 3 --headless
    expect_eq "headless" "$(grep -c '  # reqs      # fails |' "$TMP/err")" 3
    LOCUST_ONLY_SUMMARY=true run 0 good -t 3 --headless --print-stats -progress 1s
    expect_eq "only the summary" "$(grep -c '  # reqs      # fails |' "$TMP/err")" 1
    expect_has "and the progress line" "$(cat "$TMP/err")" "s of 3s  sent "
    run 0 good -progress 500ms
    expect_eq "not headless" "$(grep -c '  # reqs      # fails |' "$TMP/err")" 1
    expect_has "progress" "$(cat "$TMP/err")" "s of 1s  sent "
}

# The columns of names follow the terminal's width.
widths() {
    cp "${TMP%/*}"/*.lua "$TMP"
    for columns in 90 120 159 300; do
        timeout 30 python3 tests/support/terminal.py \
            "stty cols $columns; $loadgen run $TMP/good.lua -u 2 -t 3 -print-stats -H $U >$TMP/out" >"$TMP/shown" || fail "in a terminal: $(cat "$TMP/shown")"
        name=$((columns - 80))
        [ "$name" -le 80 ] || name=80
        expect_eq "rules at $columns" "$(sed -n 's/^--------|\(-*\)|.*/\1/p' "$TMP/shown" | awk '{print length($0)}' | sort -nu | tr '\n' ' ')" "$((name - 4)) $name "
        expect_eq "no progress line" "$(grep -c ' sent ' "$TMP/shown" || true)" 0
    done
    timeout 30 python3 tests/support/terminal.py "stty cols 100; $loadgen run $TMP/good.lua -u 2 -t 2 -H $U >$TMP/out" >"$TMP/shown"
    expect_has "the line before is gone" "$(tr '\r' '\n' <"$TMP/shown" | sed -n '/Type  /p' | head -n 1 | cat -v)" "^[[KType     Name              # reqs"
}

# What scripts print is on lines of its own, also where the progress line is.
prints() {
    cat >"$TMP/prints.lua" <<'LUA'
local A = User { wait = constant(0.05) }
A:task(function(self) print("printed", 1) log("logged") self:get("/items") end)
LUA
    for flag in "" -print-stats; do
        timeout 30 python3 tests/support/terminal.py "$loadgen run $TMP/prints.lua -u 9 -r 100 -t 3 $flag -H $U >$TMP/out" >"$TMP/shown" || fail "in a terminal: $(cat "$TMP/shown")"
        tr '\r' '\n' <"$TMP/shown" | sed "s/^$(printf '\033')\[K//" | grep -E 'printed|logged' | sed 's/^20.*Z A [0-9]*: //' | sort | uniq -c >"$TMP/lines"
        expect_eq "lines $flag" "$(sed 's/^ *[0-9]* //' "$TMP/lines" | tr '\n\t' ', ')" "logged,printed 1,"
    done
}

# A script's status first; then -slo; then errors and failures.
statuses() {
    cp "${TMP%/*}"/*.lua "$TMP"
    run 0 good
    run 0 shop -slo 'p50<20s'
    run 7 shop --exit-code-on-error 7
    run 0 shop -exit-code-on-error 0
    refused 2 '-exit-code-on-error: "126" is not an exit status from 0 to 125' run "$TMP/good.lua" -exit-code-on-error 126
    expected=0
    "$loadgen" run "$TMP/shop.lua" -u 6 -r 100 -t 1 -H "$U" -slo 'errors<=0%' >"$TMP/report" 2>"$TMP/err" || expected=$?
    case $expected in 98 | 99) ;; *) fail "an SLO that is missed: status $expected: $(cat "$TMP/err")" ;; esac
    quits() { printf 'local A = User {} A:task(function(self) self:get("/missing") self:get("/drop") quit(%s) end)' "$1" >"$TMP/quits.lua"; }
    quits 5
    run 5 quits
    run 5 quits -slo 'errors<=0%' -exit-code-on-error 7
    expect_has "why" "$(cat "$TMP/err")" "loadgen: the scenario ended with quit(5)"
    quits 0
    run 0 quits -slo 'errors<=0%'
    run 0 quits
    quits ""
    run 1 quits -csv "$TMP/short"
    # a run within a second has two lines all the same, of two seconds
    expect_eq "seconds" "$(sed -n 's/^\([0-9]*\),.*/\1/p' "$TMP/short_stats_history.csv" | uniq | wc -l)" 2
    # a run whose results are lost is no success, whatever its script says
    quits 5
    run 1 quits -output /dev/full
    echo 'local A = User { wait = constant(0.1) } A:task(function(self) self:get("/items") error("x") end)' >"$TMP/raises.lua"
    run 1 raises
    run 1 raises -slo 'p99<20s'
    run 9 raises -exit-code-on-error 9
    run 0 raises -exit-code-on-error 0
}

# What cannot be written is said with its name, and the rest is there.
write_errors() {
    cp "${TMP%/*}"/*.lua "$TMP"
    for file in stats stats_history failures exceptions; do
        mkdir "$TMP/$file"
        ln -s /dev/full "$TMP/$file/run_$file.csv"
        run 1 good -csv "$TMP/$file/run"
        expect_eq "why" "$(tail -n 1 "$TMP/err")" "loadgen: -csv: cannot write $TMP/$file/run_$file.csv: No space left on device"
        expect_eq "the report is there" "$(json "$TMP/report" "r['requests'] > 10")" True
        expect_eq "the others are there" "$(find "$TMP/$file" -type f -size +0 | wc -l)" 3
    done
    # a folder that is missing is made; a file in its place is not replaced
    run 0 good -csv "$TMP/no/such/folder/run"
    expect_eq "in a new folder" "$(tail -n 1 "$TMP/no/such/folder/run_stats.csv" | grep -c '^,Aggregated,')" 1
    refused 1 "-csv: cannot open $TMP/good.lua/run_stats.csv: Not a directory" run "$TMP/good.lua" -H "$U" -t 1 -csv "$TMP/good.lua/run"
    refused 1 "-csv: cannot open /proc/none/run_stats.csv: No such file or directory" run "$TMP/good.lua" -H "$U" -t 1 -csv /proc/none/run
    refused 2 "-csv-full-history requires -csv PREFIX" run "$TMP/good.lua" -H "$U" -t 1 -csv-full-history
    refused 2 "-csv $TMP/run and -output $TMP/run_stats.csv write the same file" run "$TMP/good.lua" -H "$U" -t 1 -csv "$TMP/run" -output "$TMP/run_stats.csv"
    # where nothing can be cut
    mkdir "$TMP/null"
    for file in stats stats_history failures exceptions; do ln -s /dev/null "$TMP/null/run_$file.csv"; done
    run 0 good -csv "$TMP/null/run"
}

beside tables_and_files odd_names exceptions periodic widths prints statuses write_errors
