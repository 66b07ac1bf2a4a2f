#!/bin/sh
# test.sh - runs the tests: all, or the ones that are named (`make test T=pacer`).
#
#     BIN=build/release/bin tests/test.sh [NAME...]
#
# A name is a suite of tests/unit/suites.def or a script of tests/e2e without its number. A script that
# lacks a program which is no Debian package ends with 77 and says what it needs: it is reported as
# skipped, and with STRICT=1, as in CI, it has failed.
set -eu
BIN=${BIN:-build/release/bin}
export BIN
# Check's own limit of 4 s is for an idle machine without sanitizers.
export CK_DEFAULT_TIMEOUT="${CK_DEFAULT_TIMEOUT:-120}"
passed=0
failed=0
skipped=0

run() {
    name=$1
    shift
    log=$(mktemp)
    # Whatever hangs fails; the longest takes a few minutes under ThreadSanitizer on a busy machine.
    status=0
    timeout -k 10 900 "$@" >"$log" 2>&1 || status=$?
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok      $name"
    elif [ "$status" -eq 77 ] && [ -z "${STRICT:-}" ]; then
        skipped=$((skipped + 1))
        echo "SKIPPED $name: $(tail -n 1 "$log")"
    else
        failed=$((failed + 1))
        echo "FAILED  $name"
        sed 's/^/        /' "$log"
    fi
    rm -f "$log"
}

is_wanted() {
    [ -z "$wanted" ] && return 0
    case " $wanted " in *" $1 "*) return 0 ;; esac
    return 1
}

wanted=$*
suites=$(sed -n 's/^SUITE(\(.*\))$/\1/p' tests/unit/suites.def)
for suite in $suites; do
    if is_wanted "$suite"; then run "unit $suite" "$BIN/unit" "$suite"; fi
done
for script in tests/e2e/[0-9]*.sh; do
    name=$(basename "$script" .sh)
    if is_wanted "$name" || is_wanted "${name#*_}"; then run "e2e  $name" sh "$script"; fi
done

[ $((passed + failed + skipped)) -gt 0 ] || { echo "test: nothing is called \"$wanted\"" >&2; exit 1; }
echo "$passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped SKIPPED")"
[ "$failed" -eq 0 ]
