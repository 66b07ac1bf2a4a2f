#!/bin/sh
# test.sh - runs the tests: all, or the named ones (`make test T=pacer`).
#
#     BIN=build/release/bin tests/test.sh [NAME...]
#
# A name is a suite of tests/unit/suites.def or a script of tests/e2e without its number. The text of a
# test says how it is run:
#
#     Runs alone: WHY            after the others, by itself; left out with JUDGE_TIMES=no
#     Long: WHY                  first, so that the others run beside it; left out with LONG=no
#     Not under sanitizers: WHY  left out if SANITIZER is set
#     Not under tsan: WHY        left out if SANITIZER is tsan
#
# All others run JOBS at a time: two more than there are CPUs, because tests wait most of the time. Each prints
# its seconds. A test that exits with 77 lacks a program that is no Debian package, or cannot run on this
# machine; it counts as skipped, with STRICT=1 as failed. It is skipped in both when its last line begins with
# "machine busy: " (tests/support/busy.py): it judges time, and other programs used the CPU.
#
# Up to three tests that fail are run once more at the end, alone: one that holds then is printed as "flaky", with what
# it said when it failed, and is to be repaired, but does not fail the run. No test gets a second try if a
# sanitizer reported something, or if more than three failed.
#
# Environment: BIN=build/release/bin  JOBS=(the CPUs + 2)  JUDGE_TIMES=yes  LONG=yes  STRICT=  SANITIZER=asan|tsan
# Exit status: 0 no test failed; 1 one did, or no test has the name.
set -eu
export BIN="${BIN:-build/release/bin}"
export STRICT="${STRICT:-}"
# Check's own limit of 4 s is for an idle machine without sanitizers.
export CK_DEFAULT_TIMEOUT="${CK_DEFAULT_TIMEOUT:-120}"
# A time limit is for tests that hang; sanitizers are slow.
[ -z "${SANITIZER:-}" ] || export CK_TIMEOUT_MULTIPLIER="${CK_TIMEOUT_MULTIPLIER:-4}"
wanted=" $* "

lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT
export AGAIN="$lists/again"
: >"$AGAIN"
: >"$lists/long"
: >"$lists/together"
: >"$lists/alone"
: >"$lists/left_out"

# add KIND NAME FILE: to the list that the file's text asks for, if it is wanted
add() {
    case $wanted in "  " | *" $2 "* | *" ${2#*_} "*) ;; *) return 0 ;; esac
    [ -z "${SANITIZER:-}" ] || ! grep -Eq "Not under (sanitizers|$SANITIZER): " "$3" || return 0
    list=together
    ! grep -q 'Long: ' "$3" || list=long
    ! grep -q 'Runs alone: ' "$3" || list=alone
    case $list:${LONG:-yes}:${JUDGE_TIMES:-yes} in long:no:* | alone:*:no) list=left_out ;; esac
    echo "$1 $2 $3" >>"$lists/$list"
}

sed -n 's/^SUITE(\(.*\))$/\1/p' tests/unit/suites.def >"$lists/suites"
while read -r suite; do
    add unit "$suite" "$(echo tests/unit/*/"test_$suite.c")"
done <"$lists/suites"
for script in tests/e2e/[0-9]*.sh; do
    add e2e "$(basename "$script" .sh)" "$script"
done

cat "$lists/long" "$lists/together" | xargs -r -P "${JOBS:-$(($(nproc) + 2))}" -n 3 tests/run_test.sh | tee "$lists/ended"
xargs -r -n 3 tests/run_test.sh <"$lists/alone" | tee -a "$lists/ended"

# count VERDICT [FILE]
count() {
    grep -c "^$1 " "${2:-$lists/ended}" || true
}
[ -s "$lists/ended" ] || { echo "test: no test is named \"$*\"" >&2; exit 1; }
left_out=$(grep -c . "$lists/left_out" || true)
[ "$left_out" -eq 0 ] || left_out_text=", $left_out left out (JUDGE_TIMES, LONG)"

failed=$(count FAILED)
flaky=0
if [ "$failed" -gt 0 ] && [ "$failed" -le 3 ] && [ "$(wc -l <"$AGAIN")" -gt 0 ]; then
    echo "once more, alone:"
    sort "$AGAIN" >"$lists/second"
    xargs -r -n 3 tests/run_test.sh <"$lists/second" | tee "$lists/second_ended"
    flaky=$(count ok "$lists/second_ended")
    failed=$((failed - flaky))
fi
grep '^FAILED ' "$lists/ended" || true
[ "$flaky" -eq 0 ] || sed -n 's/^ok    /flaky /p' "$lists/second_ended"
echo "$(count ok) passed, $failed failed, $flaky flaky, $(count SKIPPED) skipped${left_out_text:-}"
[ "$failed" -eq 0 ]
