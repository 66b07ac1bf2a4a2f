"""Who else used the CPU while a test ran: a test that judges time asks before it says "machine busy".

An idle machine must not hide a failure. So only others count: the CPU time of this machine, without that of
this process, its children that have ended, and the processes that the test names. Interrupts do not count,
because nobody can say whose they are.
"""

import os
import sys

BUSY_CPUS = 0.3  # of others, from which on a late answer can be the machine's
SKIPPED = 77


def _all_s():
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _idle, _iowait, _irq, _softirq, steal = map(int, stat.readline().split()[1:9])
    return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK")


def _of_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Others:
    """What others use from now on. `pids` are the test's own, and must not be waited for meanwhile."""

    def __init__(self, pids=()):
        self.pids = list(pids)
        self.began, self.all_s, self.own_s = os.times().elapsed, _all_s(), self._own_s()

    def _own_s(self):
        times = os.times()
        return (times.user + times.system + times.children_user + times.children_system
                + sum(map(_of_s, self.pids)))

    def cpus(self):
        """The CPUs that they used, on average; 0 if nobody can say, because a process of ours is gone."""
        try:
            others_s = _all_s() - self.all_s - (self._own_s() - self.own_s)
        except OSError:
            return 0
        return max(0, others_s / (os.times().elapsed - self.began))


def say_busy(cpus):
    """Ends the test: its last line begins as tests/run_test.sh knows it."""
    print(f"machine busy: others used {cpus:.1f} CPUs meanwhile", flush=True)
    sys.exit(SKIPPED)
