#!/bin/sh
# Invalid command lines: each error names the flag, file or line, and the remedy.
#
# Not under tsan: a refused command line starts no thread.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
cd "$TMP"

u=http://127.0.0.1:9/

refused 2 "unknown flag -rat; did you mean -rate" attack -rat 1 $u
refused 2 "unknown flag -dur; did you mean -duration" attack -dur 1s $u
refused 2 '-rate: "ten" is not a rate' attack -rate ten $u
refused 2 '-rate: "-1" is not a rate' attack -rate=-1 $u
refused 2 '-duration: "5" is not a duration' attack -duration 5 $u
refused 2 "-rate=0 requires -max-workers" attack -rate=0 $u
refused 2 "-max-workers: must be at least 1" attack -max-workers=0 $u
refused 2 "-keepalive=false" attack -keepalive false $u
refused 2 '-encoding: unsupported encoding "gob"' attack -encoding gob $u
refused 2 '-report: unknown report type "pdf"' attack -report pdf $u
refused 2 '-header: bad header "x"' attack -header x $u
refused 2 "cannot share stdout" attack -output stdout -report text $u
refused 2 "more than one URL" attack $u $u
refused 2 "-root-certs: no certificates could be read from nothing: No such file" attack -root-certs nothing $u
refused 2 "-key: the certificate is missing" attack -key nothing $u
refused 2 "-cert: no certificate could be read from nothing: No such file" attack -cert nothing $u
refused 2 "-proxy-header: bad header" attack -proxy-header x $u
refused 2 "is not a URL that can be attacked" attack 127.0.0.1:80
refused 2 "invalid port" attack http://127.0.0.1:99999/
refused 2 "stdin: no targets to attack" attack
refused 1 "-targets: cannot open nothing: No such file" attack -targets nothing
refused 1 "-body: cannot open nothing: No such file" attack -body nothing $u
refused 1 "-output: cannot open nowhere/results: No such file" attack -output nowhere/results $u
refused 2 '-connect-to: "a:80:b" is not FROM:PORT:TO:PORT' attack -connect-to a:80:b $u
refused 2 '-resolvers: "ns.example" is not the address of a name server' attack -resolvers 127.0.0.1:53,ns.example $u
refused 2 '-resolvers: "127.0.0.1:0" is not the address of a name server' attack -resolvers "[::1]:5353,::1,127.0.0.1:0" $u
refused 2 '-resolvers: "fe80::1%lo" is not the address of a name server' attack -resolvers fe80::1%lo $u
refused 2 '-connect-to: "[a]:1:b:2" is not FROM:PORT:TO:PORT' attack -connect-to "[a]:1:b:2" $u
refused 2 '-connect-to: the rule contains control characters or invalid UTF-8' attack -connect-to "$(printf 'a\377:1:b:2')" $u
refused 2 '-laddr: cannot connect from 192.0.2.1: Cannot assign requested address' attack -laddr 192.0.2.1 $u
refused 2 '-dns-ttl: "-2s" is not a time of at least 10ms, such as 30s; 0: never' attack -dns-ttl -2s $u
refused 2 '-dns-ttl: "1ns" is not a time of at least 10ms' attack -dns-ttl 1ns $u
refused 2 'unknown command "atack"; did you mean attack' atack
refused 2 '-type: unknown report type "plots"; use text, json, hist[0,10ms,100ms], hdrplot or hdrlog' report -type plots
refused 1 "cannot open nothing: No such file" report nothing
refused 1 "stdin: no results: the input is empty" report

# One of several that is empty is of an attack that failed: to pass over it would hide that.
: >empty.bin
"$loadgen" attack -rate 10 -duration 200ms -output full.bin $u
for command in report encode plot; do
    refused 1 "empty.bin: no results: the input is empty; check the program that should have written it" \
        $command empty.bin full.bin
    refused 1 "empty.bin: no results: the input is empty" $command full.bin empty.bin
done

# -output over what is read: refused, and what is there stays
"$loadgen" attack -rate 10 -duration 200ms -output r.bin $u
cp r.bin before.bin && ln r.bin same.bin
refused 2 "-output: r.bin is also an input; choose another file" report -output r.bin same.bin
refused 2 "-output: r.bin is also an input" encode -to csv -output r.bin before.bin r.bin
refused 2 "-output: r.bin is also an input" plot -output r.bin ./r.bin
"$loadgen" encode -output same.bin <r.bin 2>err && fail "stdin was taken for an output"
expect_has "stdin and -output" "$(cat err)" "-output: same.bin is also an input"
cmp r.bin before.bin || fail "results that were refused as an output have changed"

# targets: file and line
printf '\nget %s\n' $u >t; refused 2 't:2: "get' attack -targets t
printf '# c\n\nPOST %s Content-Type: x {}\n' $u >t; refused 2 "t:3: the URL" attack -targets t
printf 'GET %s\nA: b\nGET %s\n' $u $u >t; refused 2 "t:3: " attack -targets t
printf 'GET %s\na b\n' $u >t; refused 2 't:2: bad header "a b"' attack -targets t
printf 'GET %s\n' $u >t; refused 2 "-output: ./t is also an input" attack -targets t -output ./t
printf 'POST %s\n@no-such-body\n' $u >t; refused 1 "t:2: cannot open no-such-body" attack -targets t

# help and version, on stdout and with status 0
for words in "-h" "help" "help attack" "help report" "attack -h" "report --help" "-version" "attack -version"; do
    # shellcheck disable=SC2086
    "$loadgen" $words >out 2>err || fail "loadgen $words ended with status $?"
    [ -s out ] || fail "loadgen $words printed nothing"
    expect_eq "stderr of $words" "$(cat err)" ""
done
expect_has "version" "$("$loadgen" -version)" "Version: "
status=0
"$loadgen" >out 2>err || status=$?
expect_eq "no command" "$status" 2
expect_eq "stdout without a command" "$(cat out)" ""
"$loadgen" -h | cmp - err || fail "loadgen without a command does not print its help on stderr"
refused 2 "before the command: unknown flag -rate; did you mean" -rate 5 attack $u

# every flag is in a group, on at most two lines of at most 100 columns, and says what it does
check_help() {
    awk '
        length > 100 { print "over 100 columns: " $0; bad = 1 }
        /18446744073709551615|4294967295/ { print "a number that means no limit: " $0; bad = 1 }
        /^[A-Z][A-Za-z ]*:$/ { group = $0; next }
        /^  -/ {
            if (group == "" || group == "Commands:") { print "in no group: " $0; bad = 1 }
            if ($0 !~ /[^ ]  +[^ ]/) { print "no text: " $0; bad = 1 }
            flags++; lines = 1; next
        }
        /^$/ { lines = 0; next }
        lines { if (++lines > 2) { print "over two lines: " $0; bad = 1 } }
        END { if (flags < 2) print "no flags"; exit bad || flags < 2 }
    ' out || fail "help of $1"
}
for command in attack run capacity compare plan selftest report encode plot idle serve stop worker; do
    "$loadgen" help $command >out && check_help "loadgen $command"
done
"$loadgen" -h >out && check_help loadgen
"$BIN/target-api" -h >out && check_help target-api
expect_has "-max-workers" "$("$loadgen" attack -h | grep -A1 -e '-max-workers N')" "(default no limit)"
