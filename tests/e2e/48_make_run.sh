#!/bin/sh
# tests/run.sh (`make run`): it succeeds within two minutes, names the page, explains a search without a result,
# and says so if it cannot limit target-api.
#
# Long: it searches for a minute.
# Not under sanitizers: what the programs do here, other tests do too.
set -eu
. "$(dirname "$0")/lib.sh"

# run NAME: its output into $TMP/NAME
run() {
    DURATION=1s PAGE=$TMP/$1.html tests/run.sh >"$TMP/$1" 2>&1 || fail "$1: status $?: $(cat "$TMP/$1")"
}

# A loadgen whose search writes a page and ends with STATUS
mkdir "$TMP/bin"
ln -s "$BIN/target-api" "$TMP/bin/target-api"
cat >"$TMP/bin/loadgen" <<'END'
#!/bin/sh
for url; do :; done
[ "$1" = capacity ] || exec curl -s "$url"
while [ "$1" != -html ]; do shift; done
echo page >"$2"
exit "$STATUS"
END
chmod +x "$TMP/bin/loadgen"

search_ended() {
    BIN=$(dirname "$TMP")/bin STATUS=$1 run page
    expect_has "status $1" "$(cat "$TMP/page")" "Exit status $1: $2"
    expect_has "status $1" "$(cat "$TMP/page")" "The result as a page: $TMP/page.html"
}
out_of_time() { search_ended 1 "the search did not end within 80 s"; }
limited() { search_ended 98 "the generator was the limit, not target-api."; }
below() { search_ended 99 "docs/capacity.md explains it."; }

# Where no cgroup can be made, as without root
without_root() {
    as_user=
    [ "$(id -u)" -eq 0 ] || as_user="--user --map-root-user"
    # shellcheck disable=SC2086 # none, or two
    BIN=$(dirname "$TMP")/bin STATUS=0 PAGE=$TMP/page.html DURATION=1s unshare $as_user --mount sh -c \
        'mount -t tmpfs -o ro none /sys/fs/cgroup && exec tests/run.sh' >"$TMP/out" 2>&1 || fail "$(cat "$TMP/out")"
    expect_has "without root" "$(cat "$TMP/out")" "needs root and cgroups."
}

really() {
    began=$(date +%s)
    run real
    took=$(($(date +%s) - began))
    [ "$took" -lt 150 ] || fail "it took $took s"
    expect_has "the attack" "$(cat "$TMP/real")" "[code:count]                      200:1000"
    expect_has "the capacity" "$(cat "$TMP/real")" "
Capacity      "
    expect_has "the page" "$(cat "$TMP/real")" "The result as a page: $TMP/real.html"
    expect_has "the page" "$(head -c 1000 "$TMP/real.html")" "<html"
}

can_unshare=without_root
unshare --mount true 2>/dev/null || unshare --user --map-root-user --mount true 2>/dev/null || can_unshare=
beside really out_of_time limited below $can_unshare
