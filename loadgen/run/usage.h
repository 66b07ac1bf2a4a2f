/*
 * usage - CPU time of this process and throttled time of its cgroup in the measured part of a run,
 * and peak memory of the process.
 *
 *     usage = usage_begin("")                        when the measured part begins
 *     usage_note(&usage, start_ns, now, &generator)  once a second, and at the end
 *
 * Threads: call these functions on the thread that calls `run`.
 */
#ifndef LOADGEN_RUN_USAGE_H
#define LOADGEN_RUN_USAGE_H

#include <stdint.h>

#include "loadgen/measure/summary.h"

struct usage {
    double cpu_seconds;         /* CPU time of the process until usage_begin */
    uint64_t throttled_ns;      /* throttled time until usage_begin */
    uint64_t throttled_last_ns; /* throttled time until the last reading */
    const char *root;           /* of the cgroup files; borrowed */
};

/* `root` is prepended to the cgroup's paths (cgroup.h). */
struct usage usage_begin(const char *root);

/*
 * Fills in only cpu_limit, the CPU time and the throttled time since usage_begin, the largest
 * throttled time between two readings, wall_seconds from start_ns to now_ns (0 before start_ns),
 * and peak memory.
 */
void usage_note(struct usage *usage, uint64_t start_ns, uint64_t now_ns,
                struct generator *generator);

/*
 * Estimates the CPU seconds used by scripts that ran for script_ns in total. All threads were awake
 * for awake_ns in total, and used cpu_seconds. They may have waited for a CPU part of this time;
 * scripts are assumed to have waited in the same proportion as everything else. Reading a thread's
 * CPU clock around each script would be exact, but costs a system call.
 */
double usage_script_seconds(uint64_t script_ns, uint64_t awake_ns, double cpu_seconds);

/* CPUs that this process may use: the smaller of the cgroup's limit and the affinity mask. */
double usage_cpu_limit(const char *root);

/* The size of net.ipv4.ip_local_port_range; 0: not known. */
uint64_t usage_local_ports(void);

/* The number of TCP sockets in TIME_WAIT in this network namespace; 0 also if it is not known. */
uint64_t usage_time_wait(void);

#endif
