/*
 * cgroup_use - what the cgroup of this process has used, and the memory it may have (v1 and v2).
 *
 * Use is that of the innermost group that can be seen, which is the container; a limit may sit on
 * any ancestor, and the smallest one counts.
 *
 * `root` stands for "/" so that tests read recorded trees. Threads: no state. Memory: none.
 */
#ifndef TARGET_API_CGROUP_USE_H
#define TARGET_API_CGROUP_USE_H

#include <stdbool.h>
#include <stdint.h>

/* Each with a bool that says whether it was there to be read. */
struct cgroup_use {
    bool has_cpu;
    uint64_t cpu_ns; /* since the group was made */
    bool has_memory_limit;
    uint64_t memory_limit_bytes;
    bool has_memory;
    uint64_t memory_bytes;
    bool has_oom_kills;
    uint64_t oom_kills; /* since the group was made */
};

struct cgroup_use cgroup_read_use(const char *root);

#endif
