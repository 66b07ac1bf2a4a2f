#!/bin/sh
# tests/fuzz/fuzz.sh: its seed, and its output for a target, also for one that fails. Stand-ins for the targets
# print their arguments; libFuzzer's texts are those of clang 14.
#
# Not under sanitizers: it runs none of our programs.
set -eu
. "$(dirname "$0")/lib.sh"
unset FUZZ_SECONDS FUZZ_SEED # CI sets them
fuzz=$PWD/tests/fuzz/fuzz.sh
mkdir "$TMP/bin"
cat >"$TMP/bin/fuzz_good" <<'END'
#!/bin/sh
echo "$*" >>called
echo "Done 1234 runs in 5 second(s)"
echo "stat::number_of_executed_units: 1234"
END
cat >"$TMP/bin/fuzz_bad" <<'END'
#!/bin/sh
echo "#17 NEW cov: 1"
echo "==1== ERROR: libFuzzer: deadly signal"
echo "artifact_prefix='build/fuzz/bad-'; Test unit written to build/fuzz/bad-crash-0123"
echo "stat::number_of_executed_units: 17"
exit 77
END
chmod +x "$TMP/bin/fuzz_good" "$TMP/bin/fuzz_bad"
cd "$TMP"
run() { BIN=$TMP/bin sh "$fuzz" "$@"; }

first=$(run good)
second=$(run good)
case "$first" in
"ok      fuzz good: 1234 executions in 5 s, seed "[1-9]*) ;;
*) fail "the line of a target: $first" ;;
esac
[ "$first" != "$second" ] || fail "two runs have the same seed: $first"
expect_has "what a target is called with" "$(head -n 1 called)" "-seed=${first##* } -max_total_time=10 "

third=$(FUZZ_SEED=42 FUZZ_SECONDS=7 run good)
expect_eq "with FUZZ_SEED" "$third" "ok      fuzz good: 1234 executions in 5 s, seed 42"
expect_has "what it is called with then" "$(tail -n 1 called)" "-seed=42 -max_total_time=7 "

status=0
FUZZ_SEED=42 run bad good >out || status=$?
expect_eq "status of a failure" "$status" 1
cat >expected <<'END'
FAILED  fuzz bad: 17 executions, seed 42
        input: build/fuzz/bad-crash-0123
        to repeat: make fuzz T=bad FUZZ_SEED=42 FUZZ_SECONDS=10
END
expect_eq "a failure" "$(head -n 3 out)" "$(cat expected)"
expect_has "what libFuzzer said of it" "$(cat out)" "ERROR: libFuzzer: deadly signal"
expect_eq "the target after it" "$(tail -n 1 out)" "ok      fuzz good: 1234 executions in 5 s, seed 42"
