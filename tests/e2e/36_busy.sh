#!/bin/sh
# run_test.sh: the verdict on a test that prints "machine busy". busy.py: our own CPU time does not count as others'.
set -eu
. "$(dirname "$0")/lib.sh"

# verdict STRICT STATUS TEXT: of a test that prints this and exits with that
verdict() {
    printf 'echo "before"; echo "%s"; exit %s\n' "$3" "$2" >"$TMP/test.sh"
    STRICT=$1 tests/run_test.sh e2e fake "$TMP/test.sh" | sed -n '1s/ .*//p'
}
expect_eq "busy" "$(verdict 1 77 'machine busy: others used 2 CPUs')" SKIPPED
expect_eq "busy" "$(verdict '' 77 'machine busy: others used 2 CPUs')" SKIPPED
expect_eq "something is missing" "$(verdict 1 77 'needs kubectl')" FAILED
expect_eq "something is missing" "$(verdict '' 77 'needs kubectl')" SKIPPED
expect_eq "failed, and busy" "$(verdict 1 1 'machine busy: others used 2 CPUs')" FAILED

# A child that is always busy is another's for who does not name it.
python3 - <<'END' || fail "a process of the test counts as another's"
import subprocess, sys, time
sys.path.append("tests/support")
from busy import Others
child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
named, unnamed = Others([child.pid]), Others()
time.sleep(1)
seen = unnamed.cpus() - named.cpus()
child.kill()
child.wait()
sys.exit(0 if seen > 0.02 else 1)
END
