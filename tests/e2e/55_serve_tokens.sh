#!/bin/sh
# loadgen serve: the security headers of all answers, and guessed tokens.
set -eu
. "$(dirname "$0")/lib.sh"
start_log_target

cat >"$TMP/scenario.lua" <<'LUA'
local Guest = User { wait = constant(0.02) }
Guest:task("home", function(self) self:get("/") end)
LUA

serve() { start_serve "$TMP/scenario.lua" -H "$U" "$@"; }

# headers that browsers obey, with whatever answer
serve
for path in / /page/serve.js /page/state /stats/requests /stats/requests/csv /nope; do
    code $path >"$TMP/code"
    for header in "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'" \
        "X-Content-Type-Options: nosniff" "X-Frame-Options: DENY" "Cache-Control: no-store" "Cross-Origin-Resource-Policy: same-origin"; do
        expect_has "$path" "$(cat "$TMP/head")" "$header"
    done
    ! grep -qi '^access-control' "$TMP/head" || fail "CORS: $(cat "$TMP/head")"
done
curl -sS -o "$TMP/page" "$W/"
! grep -Eqi '<script>|<style| style=| on[a-z]+=|javascript:' "$TMP/page" || fail "inline: $(grep -Ei '<script>|<style| style=| on[a-z]+=|javascript:' "$TMP/page")"
end_serve

# guesses of a token: five in a minute, however they come; the right one is never put off
echo right >"$TMP/token"
serve -token-file "$TMP/token"
for i in 1 2 3; do
    expect_eq "guess $i" "$(code /login -d token=guess$i)" 403
done
expect_eq "guess 4" "$(code /stats/requests -H "Authorization: Bearer guess4")" 401
expect_eq "no token" "$(code /stats/requests)" 401
expect_eq "old cookie" "$(code /page/state -H "Cookie: headroom_token=old")" 401
expect_eq "guess 5" "$(code /nope -H "Authorization: Bearer guess5")" 401
expect_eq "of a proxy" "$(code /nope -H "Authorization: Basic eDp5")" 401
expect_eq "guess 6" "$(code /login -d token=guess6)" 429
retry=$(tr -d '\r' <"$TMP/head" | sed -n 's/^Retry-After: //p')
{ [ "$retry" -ge 30 ] && [ "$retry" -le 60 ]; } || fail "Retry-After: $retry"
expect_eq "guess 7" "$(code /stats/requests -H "Authorization: Bearer guess7")" 429
expect_has "challenge" "$(cat "$TMP/head")" "WWW-Authenticate: Bearer"
expect_eq "guess 8, of the API" "$(code /api/v1/runs -H "Authorization: Bearer guess8")" 429
expect_has "guess 8, of the API" "$(cat "$TMP/head")" "Retry-After: "
expect_eq "no token" "$(code /stats/requests)" 401
expect_eq "old cookie" "$(code /page/state -H "Cookie: headroom_token=old")" 401
expect_eq "the right one" "$(code /stats/requests -H "Authorization: Bearer right")" 200
expect_eq "the right one" "$(code /login -d token=right)" 200
expect_has "cookie" "$(cat "$TMP/head")" "Set-Cookie: headroom_token_${W##*:}=right; HttpOnly; SameSite=Strict"
expect_eq "through a proxy" "$(code /login -d token=right -H "Host: localhost" -H "Origin: https://localhost")" 200
expect_has "cookie" "$(cat "$TMP/head")" "SameSite=Strict; Secure"
expect_eq "the right one" "$(code /stats/requests -H "Cookie: headroom_token=right")" 200
expect_eq "in a URL" "$(code "/stats/requests?token=right&headroom_token=right")" 401
end_serve

# a token that no client can send, or no browser
for token in 'a b' 'a,b' 'a"b' 'a;b' 'a\b' 'ä' "$(printf %0401d 1)"; do
    echo "$token" >"$TMP/token"
    refused 2 "-token-file: a token has at most 400 ASCII characters" serve "$TMP/scenario.lua" -token-file "$TMP/token"
done
HEADROOM_TOKEN='a b' refused 2 "HEADROOM_TOKEN: a token has" serve "$TMP/scenario.lua"
printf %0400d 1 >"$TMP/token"
serve -token-file "$TMP/token"
expect_eq "the longest one" "$(code /login -d "token=$(cat "$TMP/token")")" 200
end_serve
