"""Whether the machine was busy while a test ran: a test that judges time asks before it says "machine busy".

An idle machine must not hide a failure, so only what the test itself cannot cause counts:
- Others: the CPU time of this machine, without that of this process, its children that have ended, and the
  processes that the test names. Interrupts do not count, because nobody can say whose they are.
- Pauses: how long a CPU ran nothing at all, because the hypervisor had stopped it.
"""

import os
import select
import sys
import time

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


class Pauses:
    """Watches each CPU with a child of real-time priority, which no program of ordinary priority delays."""

    TICK_S = 0.002

    def __init__(self):
        self.children = [self._watch(cpu) for cpu in os.sched_getaffinity(0)]

    def _watch(self, cpu):
        stop, stopper = os.pipe()
        answer, answering = os.pipe()
        pid = os.fork()
        if pid:
            os.close(stop)
            os.close(answering)
            return pid, stopper, answer
        os.close(stopper)
        longest_s = 0.0
        try:
            os.sched_setaffinity(0, [cpu])
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
            before = time.monotonic()
            while not select.select([stop], [], [], self.TICK_S)[0]:
                now = time.monotonic()
                longest_s, before = max(longest_s, now - before - self.TICK_S), now
        except PermissionError:
            pass  # not root: nobody can say
        os.write(answering, str(longest_s).encode())
        os._exit(0)

    def longest_s(self):
        """Ends watching. Returns the longest pause of a CPU; 0 without root."""
        longest_s = 0.0
        for pid, stopper, answer in self.children:
            os.write(stopper, b".")
            os.close(stopper)
            longest_s = max(longest_s, float(os.read(answer, 100)))
            os.close(answer)
            os.waitpid(pid, 0)
        self.children = []
        return longest_s


def say_busy(how):
    """Ends the test: its last line begins as tests/run_test.sh knows it."""
    print(f"machine busy: {how}", flush=True)
    sys.exit(SKIPPED)
