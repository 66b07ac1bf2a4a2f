#!/bin/sh
# loadgen serve: a link from another site may lead to the report, and to nothing else but the page.
set -eu
. "$(dirname "$0")/lib.sh"
start_log_target
echo 'local Guest = User {} Guest:task("home", function(self) self:get("/") end)' >"$TMP/scenario.lua"

serve() { start_serve "$TMP/scenario.lua" -H "$U" "$@"; }

# link STATUS PATH [CURL FLAG...]: as if a page of another site had a link to it, or whatever MODE says
MODE=navigate
link() {
    expected=$1 path=$2
    shift 2
    actual=$(curl -sS -o "$TMP/answer" -D "$TMP/head" -w '%{http_code}' -H "Sec-Fetch-Site: cross-site" \
        -H "Sec-Fetch-Mode: $MODE" -H "Referer: http://chat.example/" "$@" "$W$path")
    expect_eq "status of $path $*: $(head -c 300 "$TMP/answer")" "$actual" "$expected"
}

serve
link 200 /stats/report
expect_has "a report" "$(cat "$TMP/answer")" 'id="data"'
for header in "frame-ancestors 'none'" "X-Frame-Options: DENY" "Cross-Origin-Resource-Policy: same-origin"; do
    expect_has "what browsers obey" "$(cat "$TMP/head")" "$header"
done
link 200 "/stats/report?theme=dark"
link 200 /

# a request of a script or an image of another site is no link; nor is its form
MODE=no-cors
link 403 /stats/report
MODE=navigate
link 403 /stats/report -H "Origin: http://chat.example"
link 405 /stats/report -X POST
link 403 /stats/report -X POST -H "Origin: http://chat.example"
link 403 /stats/report -H "Host: evil.example"
for path in /stats/requests /stats/requests/csv /page/state /api/v1/runs /metrics /stop /stats/reset /nope; do
    link 403 $path
done
end_serve

# with a token the report needs it, and a link is no way to guess it
printf 'right\n' >"$TMP/token"
serve -token-file "$TMP/token"
link 401 /stats/report
expect_has "what to do" "$(cat "$TMP/answer")" "enter it on the page of this server"
link 200 /stats/report -H "Cookie: headroom_token=right"
for i in 1 2 3 4 5; do
    link 401 /stats/report -H "Authorization: Bearer guess$i"
done
link 429 /stats/report -H "Authorization: Bearer guess6"
link 200 /stats/report -H "Authorization: Bearer right"
end_serve
