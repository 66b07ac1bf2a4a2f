"""A cgroup with a CPU quota, version 1 or 2. Needs root."""

import itertools
import os
import subprocess
import time

PERIOD_US = 100000
V1 = "/sys/fs/cgroup/cpu"
V2 = "/sys/fs/cgroup"
NUMBERS = itertools.count(1)


def is_v2():
    return os.path.exists(os.path.join(V2, "cgroup.controllers"))


def why_not():
    """Why no group can be made here; None if it can."""
    try:
        CpuGroup("probe", 0.5).remove()
    except OSError as error:
        return f"no cgroup with a CPU quota can be made here (root is needed): {error}"
    return None


class CpuGroup:
    """cpus: the quota in CPUs, per period of 100 ms."""

    def __init__(self, name, cpus):
        self.cpus = cpus
        name = f"headroom-{os.getpid()}-{name}-{next(NUMBERS)}"
        if is_v2():
            self.dirs = [os.path.join(V2, name)]
        else:
            mounts = {os.path.realpath(os.path.join(V2, c)) for c in ("cpu", "cpuacct")}
            self.dirs = [os.path.join(mount, name) for mount in sorted(mounts)]
        for path in self.dirs:
            os.makedirs(path, exist_ok=True)
        quota_us = int(cpus * PERIOD_US)
        if is_v2():
            self._write("cpu.max", f"{quota_us} {PERIOD_US}")
        else:
            self._write("cpu.cfs_period_us", PERIOD_US)
            self._write("cpu.cfs_quota_us", quota_us)

    def _path(self, file):
        for path in self.dirs:
            if os.path.exists(os.path.join(path, file)):
                return os.path.join(path, file)
        raise FileNotFoundError(f"{file} in {self.dirs}")

    def _write(self, file, value):
        with open(self._path(file), "w") as out:
            out.write(str(value))

    def _stat(self, key):
        with open(self._path("cpu.stat")) as lines:
            return next((int(value) for name, value in map(str.split, lines) if name == key), 0)

    def cpu_s(self):
        """CPU time that the group has used, in seconds."""
        if is_v2():
            return self._stat("usage_usec") / 1e6
        with open(self._path("cpuacct.usage")) as file:
            return int(file.read()) / 1e9

    def throttled_s(self):
        return self._stat("throttled_usec") / 1e6 if is_v2() else self._stat("throttled_time") / 1e9

    def _join(self):
        for path in self.dirs:
            with open(os.path.join(path, "cgroup.procs"), "w") as file:
                file.write(str(os.getpid()))

    def start(self, command, **options):
        """Starts a process in the group."""
        return subprocess.Popen(command, preexec_fn=self._join, **options)

    def remove(self):
        """Once its processes have ended."""
        for path in self.dirs:
            for _ in range(100):
                try:
                    os.rmdir(path)
                    break
                except OSError:
                    time.sleep(0.05)
