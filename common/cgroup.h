/*
 * cgroup - the CPU that this process may use, and how often it was refused.
 *
 * Reads cgroup v2 (cpu.max, cpu.stat) and v1 (cpu.cfs_quota_us, cpu.cfs_period_us, cpu.stat, the
 * `cpu` mount). A limit may sit on any ancestor, so the smallest one up the tree counts, and of the
 * throttling the largest: a pod's group throttles the container inside it. Inside a v1 container
 * /proc/self/cgroup names the host's path, which does not exist there: then the mount's root is
 * read.
 *
 * What only one of the programs wants to know of its group it reads with cgroup_visit.
 *
 * `root` stands for "/" so that tests read recorded trees; programs pass "".
 * Threads: no state. Memory: nothing is allocated.
 */
#ifndef COMMON_CGROUP_H
#define COMMON_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cgroup_cpu {
    double limit_cpus;          /* CPUs per second of time; 0: no limit */
    bool has_stat;              /* the two below were there to be read */
    uint64_t throttled_periods; /* since the group was made */
    uint64_t throttled_ns;      /* since the group was made */
};

/* What the cgroup of this process says. A file that is missing is no limit and no stat. */
struct cgroup_cpu cgroup_read_cpu(const char *root);

/*
 * Visits the directories of this process's group, from its own up to the mount. `controller` is
 * the name of its mount in v1 ("cpu", "cpuacct", "memory"). In a v1 container the first ones are
 * not there.
 */
typedef void cgroup_visit_fn(void *cls, const char *dir, bool is_v2);
void cgroup_visit(const char *root, const char *controller, cgroup_visit_fn *visit, void *cls);

/* Reads a line of dir/file with its newline. False: there is none. */
bool cgroup_read_line(const char *dir, const char *file, char *line, size_t size);

/* Reads the number behind `key` and a space in dir/file. False: there is none. */
bool cgroup_read_key(const char *dir, const char *file, const char *key, uint64_t *value);

/*
 * The number of threads that can run at once: the affinity mask, cut to `limit_cpus` rounded up.
 * At least 1. More threads than this make the kernel's throttling the thing that is measured.
 */
unsigned cgroup_usable_cpus(double limit_cpus);

#endif
