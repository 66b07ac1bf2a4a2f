/*
 * cgroup - the CPU limit of this process, and how long it was throttled.
 *
 * Reads cgroup v2 (cpu.max, cpu.stat) and v1 (cpu.cfs_quota_us, cpu.cfs_period_us, cpu.stat of the
 * `cpu` mount). Any ancestor group can limit and throttle the process, so the result is the
 * smallest limit and the longest throttled time of the group and its ancestors. In a v1 container,
 * /proc/self/cgroup names a host path that does not exist inside the container; the root of the
 * mount is read instead.
 *
 * Throttled time is a lower bound. Groups above the mount's root (in a container, those of its pod)
 * cannot be read; and if several groups were throttled at different times, only the longest time
 * counts. The kernel sums the time over all CPUs on which the group had work.
 *
 * For other files of the group, use cgroup_visit.
 *
 * `root` is prepended to every path: tests pass a recorded tree, programs "". Threads: no state.
 * Memory: nothing to release.
 */
#ifndef COMMON_PROCESS_CGROUP_H
#define COMMON_PROCESS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cgroup_cpu {
    double limit_cpus;          /* in CPUs; 0: no limit */
    bool has_stat;              /* the two fields below are valid */
    uint64_t throttled_periods; /* since the group was created; a lower bound */
    uint64_t throttled_ns;      /* since the group was created, over all CPUs; a lower bound */
};

/* If there is no quota file, limit_cpus is 0; if there is no cpu.stat, has_stat is false. */
struct cgroup_cpu cgroup_read_cpu(const char *root);

/*
 * Visits the directories of this process's group and its ancestors, up to the mount point.
 * `controller` is the name of the mount in v1 ("cpu", "cpuacct", "memory"). In a v1 container, the
 * first directories visited do not exist.
 */
typedef void cgroup_visit_fn(void *cls, const char *dir, bool is_v2);
void cgroup_visit(const char *root, const char *controller, cgroup_visit_fn *visit, void *cls);

/* Reads the first line of dir/file, including its newline. False: the file is missing or empty. */
bool cgroup_read_line(const char *dir, const char *file, char *line, size_t size);

/* Reads the number after `key` and a space in dir/file. False: the file or the key is missing. */
bool cgroup_read_key(const char *dir, const char *file, const char *key, uint64_t *value);

/*
 * The number of CPUs in the affinity mask, but at most `limit_cpus` rounded up (0: no limit), and
 * at least 1. With more threads than this, a run would measure the kernel's throttling.
 */
unsigned cgroup_usable_cpus(double limit_cpus);

#endif
