/*
 * cgroup_use - CPU time, memory usage and memory limit of this process's cgroup (v1 and v2).
 *
 * Usage is that of the innermost visible group (in a container, the container's). The limit is the
 * smallest limit of that group and its visible ancestors.
 *
 * Threads: no state. Memory: nothing to release.
 */
#ifndef COMMON_PROCESS_CGROUP_USE_H
#define COMMON_PROCESS_CGROUP_USE_H

#include <stdbool.h>
#include <stdint.h>

/* A value is valid if its `has_` flag is set. */
struct cgroup_use {
    bool has_cpu;
    uint64_t cpu_ns; /* since the group was created */
    bool has_memory_limit;
    uint64_t memory_limit_bytes;
    bool has_memory;
    uint64_t memory_bytes;
    bool has_oom_kills;
    uint64_t oom_kills; /* since the group was created */
};

/* `root` is prepended to every path (cgroup.h). */
struct cgroup_use cgroup_read_use(const char *root);

#endif
