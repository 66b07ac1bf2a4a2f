#!/bin/sh
# The page of loadgen serve, in a real browser, against a server that logs what arrives.
#
# Not under sanitizers: a browser adds nothing to what 50_serve and 55_serve_tokens ask there.
set -eu
. "$(dirname "$0")/lib.sh"
start_log_target

python3 tests/browser/serve.py "$BIN/loadgen" "$U" "$TMP"

# A link from another site may open the page, but its files and numbers are only for it.
start_serve "$TMP/shop.lua" -H "$U"
expect_eq "a link" "$(code / -H "Sec-Fetch-Site: cross-site" -H "Sec-Fetch-Mode: navigate")" 200
expect_has "policy" "$(cat "$TMP/head")" "default-src 'none'; script-src 'self'; style-src 'self'"
! grep -Eq '<script>| style=| on[a-z]+=' "$TMP/answer" || fail "inline: $(cat "$TMP/answer")"
expect_eq "a script" "$(code /page/serve.js -H "Sec-Fetch-Site: cross-site")" 403
expect_eq "numbers" "$(code /page/state -H "Sec-Fetch-Site: cross-site")" 403
expect_eq "a login from elsewhere" "$(code /login -d token=x -H "Origin: http://evil.example")" 403
expect_eq "GET /login" "$(code /login)" 405
expect_eq "a login without need" "$(code /login -d "token=a%0d%0aX-Odd: 1")" 403
expect_eq "a login without need" "$(code /login -d token=x)" 200
! grep -qi '^set-cookie' "$TMP/head" || fail "a cookie: $(cat "$TMP/head")"
