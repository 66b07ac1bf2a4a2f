#include "loadgen/run/usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/clock.h"
#include "common/process/cgroup.h"

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double cpu_seconds(const struct rusage *used)
{
    return seconds(used->ru_utime) + seconds(used->ru_stime);
}

/* Peak resident memory in bytes. ru_maxrss would include the parent's at the fork. */
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

static double limit_of(const struct cgroup_cpu *cgroup)
{
    double cpus = cgroup_usable_cpus(0);
    return cgroup->limit_cpus > 0 && cgroup->limit_cpus < cpus ? cgroup->limit_cpus : cpus;
}

double usage_cpu_limit(const char *root)
{
    struct cgroup_cpu cgroup = cgroup_read_cpu(root);
    return limit_of(&cgroup);
}

struct usage usage_begin(const char *root)
{
    struct rusage used;
    struct cgroup_cpu cgroup = cgroup_read_cpu(root);
    getrusage(RUSAGE_SELF, &used);
    return (struct usage){cpu_seconds(&used), cgroup.throttled_ns, cgroup.throttled_ns, root};
}

/* A group that disappears reads as 0. */
static void note_throttled(struct usage *usage, const struct cgroup_cpu *cgroup,
                           struct generator *generator)
{
    uint64_t now_ns = cgroup->throttled_ns;
    uint64_t more_ns = now_ns > usage->throttled_last_ns ? now_ns - usage->throttled_last_ns : 0;
    uint64_t all_ns = now_ns > usage->throttled_ns ? now_ns - usage->throttled_ns : 0;
    generator->has_throttled = cgroup->has_stat;
    generator->throttled_seconds = (double)all_ns / (double)NS_PER_S;
    generator->throttled_most_ns =
        more_ns > generator->throttled_most_ns ? more_ns : generator->throttled_most_ns;
    usage->throttled_last_ns = now_ns;
}

void usage_note(struct usage *usage, uint64_t start_ns, uint64_t now_ns,
                struct generator *generator)
{
    struct rusage used;
    struct cgroup_cpu cgroup = cgroup_read_cpu(usage->root);
    getrusage(RUSAGE_SELF, &used);
    generator->cpu_limit = limit_of(&cgroup);
    generator->cpu_seconds = cpu_seconds(&used) - usage->cpu_seconds;
    generator->wall_seconds =
        now_ns > start_ns ? (double)(now_ns - start_ns) / (double)NS_PER_S : 0;
    note_throttled(usage, &cgroup, generator);
    generator->memory_bytes = peak_memory();
}

double usage_script_seconds(uint64_t script_ns, uint64_t awake_ns, double cpu_seconds)
{
    double script_seconds = (double)script_ns / (double)NS_PER_S;
    double awake_seconds = (double)awake_ns / (double)NS_PER_S;
    return awake_seconds > cpu_seconds ? script_seconds * cpu_seconds / awake_seconds
                                       : script_seconds;
}

uint64_t usage_local_ports(void)
{
    char line[256];
    uint64_t ports = 0;
    FILE *range = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    if (range && fgets(line, sizeof line, range)) {
        char *end = NULL;
        unsigned long long first = strtoull(line, &end, 10);
        unsigned long long last = strtoull(end, NULL, 10);
        ports = last >= first && last > 0 ? last - first + 1 : 0;
    }
    if (range) {
        fclose(range);
    }
    return ports;
}

uint64_t usage_time_wait(void)
{
    char line[256];
    uint64_t count = 0;
    FILE *sockets = fopen("/proc/net/sockstat", "re");
    while (sockets && fgets(line, sizeof line, sockets)) {
        const char *waiting = strncmp(line, "TCP:", 4) == 0 ? strstr(line, " tw ") : NULL;
        count = waiting ? strtoull(waiting + 4, NULL, 10) : count;
    }
    if (sockets) {
        fclose(sockets);
    }
    return count;
}
