#include "loadgen/run/usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/cgroup.h"
#include "common/clock.h"

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double cpu_seconds(const struct rusage *used)
{
    return seconds(used->ru_utime) + seconds(used->ru_stime);
}

/*
 * The most memory that this program had, in bytes. ru_maxrss will not do: it goes on from what the
 * parent had when it forked.
 */
static uint64_t peak_memory(void)
{
    char line[128];
    uint64_t kib = 0;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && kib == 0 && fgets(line, sizeof line, status)) {
        kib = strncmp(line, "VmHWM:", 6) == 0 ? strtoull(line + 6, NULL, 10) : 0;
    }
    if (status) {
        fclose(status);
    }
    return kib * 1024;
}

struct usage usage_begin(void)
{
    struct rusage used;
    struct cgroup_cpu cgroup = cgroup_read_cpu("");
    getrusage(RUSAGE_SELF, &used);
    return (struct usage){cpu_seconds(&used), cgroup.throttled_ns};
}

void usage_note(const struct usage *usage, uint64_t start_ns, uint64_t now_ns,
                struct generator *generator)
{
    struct rusage used;
    struct cgroup_cpu cgroup = cgroup_read_cpu("");
    double cpus = cgroup_usable_cpus(0);
    bool is_limited = cgroup.limit_cpus > 0 && cgroup.limit_cpus < cpus;
    getrusage(RUSAGE_SELF, &used);
    generator->cpu_limit = is_limited ? cgroup.limit_cpus : cpus;
    generator->cpu_seconds = cpu_seconds(&used) - usage->cpu_seconds;
    generator->wall_seconds =
        now_ns > start_ns ? (double)(now_ns - start_ns) / (double)NS_PER_S : 0;
    generator->has_throttled = cgroup.has_stat;
    generator->throttled_seconds =
        (double)(cgroup.throttled_ns - usage->throttled_ns) / (double)NS_PER_S;
    generator->memory_bytes = peak_memory();
}
