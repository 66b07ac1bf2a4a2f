#include "target-api/exposition.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/process/cgroup.h"
#include "common/process/cgroup_use.h"
#include "common/process/file_limit.h"
#include "common/prom.h"
#include "common/version.h"
#include "target-api/router.h"

static double seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

static void write_connections(const struct exposition *exposition, FILE *out)
{
    struct connections_counts c = server_connections(exposition->server);
    prom_count(out, "http_connections_open", "gauge", "Open connections of the API port.", c.open);
    prom_count(out, "http_connections_limit", "gauge", "Maximum open connections of the API port.",
               c.limit);
    prom_count(out, "http_connections_refused_total", "counter",
               "Connections closed on accept because the limit was reached.", c.refused);
    prom_count(out, "http_connections_expired_total", "counter",
               "Connections closed because a request was not received in time.", c.expired);
}

static void write_users(const struct exposition *exposition, FILE *out)
{
    struct store_counts counts = store_count(exposition->store);
    prom_count(out, "users_held", "gauge", "Users in the store.", counts.users);
    prom_count(out, "users_held_bytes", "gauge",
               "Bytes of all ids, names and ages in the store, as JSON.", counts.bytes);
}

/* False: unknown. */
static bool resident_bytes(uint64_t *bytes)
{
    FILE *f = fopen("/proc/self/statm", "re");
    char line[128];
    bool ok = f && fgets(line, sizeof line, f);
    if (f) {
        fclose(f);
    }
    if (ok) {
        char *rest = NULL;
        strtoull(line, &rest, 10); /* the size of the address space */
        *bytes = strtoull(rest, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
    }
    return ok;
}

static void write_process(const struct exposition *exposition, FILE *out)
{
    prom_real(out, "process_cpu_seconds_total", "counter", "User and system CPU time.",
              seconds(clock_read_ns(CLOCK_PROCESS_CPUTIME_ID)));
    uint64_t n = 0;
    if (resident_bytes(&n)) {
        prom_count(out, "process_resident_memory_bytes", "gauge", "Resident memory.", n);
    }
    if (file_limit_count_open(&n)) {
        prom_count(out, "process_open_fds", "gauge", "Open file descriptors.", n);
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        prom_count(out, "process_max_fds", "gauge", "Maximum open file descriptors.",
                   files.rlim_cur);
    }
    prom_real(out, "process_start_time_seconds", "gauge",
              "Start time of the process, in seconds since the Unix epoch.", exposition->start_s);
}

static void write_cgroup(FILE *out)
{
    struct cgroup_cpu cpu = cgroup_read_cpu("");
    if (cpu.limit_cpus > 0) {
        prom_real(out, "cgroup_cpu_limit_cpus", "gauge", "CPU limit of the cgroup, in CPUs.",
                  cpu.limit_cpus);
    }
    if (cpu.has_stat) {
        prom_count(out, "cgroup_cpu_throttled_periods_total", "counter",
                   "Periods in which the cgroup was throttled (lower bound).",
                   cpu.throttled_periods);
        prom_real(out, "cgroup_cpu_throttled_seconds_total", "counter",
                  "Time the cgroup was throttled (lower bound): throttling of a parent cgroup is "
                  "not always visible.",
                  seconds(cpu.throttled_ns));
    }
    struct cgroup_use use = cgroup_read_use("");
    if (use.has_cpu) {
        prom_real(out, "cgroup_cpu_usage_seconds_total", "counter", "CPU time of the cgroup.",
                  seconds(use.cpu_ns));
    }
    if (use.has_memory_limit) {
        prom_count(out, "cgroup_memory_limit_bytes", "gauge", "Memory limit of the cgroup.",
                   use.memory_limit_bytes);
    }
    if (use.has_memory) {
        prom_count(out, "cgroup_memory_usage_bytes", "gauge", "Memory usage of the cgroup.",
                   use.memory_bytes);
    }
    if (use.has_oom_kills) {
        prom_count(out, "cgroup_memory_oom_kills_total", "counter",
                   "Processes of the cgroup killed by the OOM killer.", use.oom_kills);
    }
}

static void write_target(const struct exposition *exposition, FILE *out)
{
    prom_describe(out, "target_info", "gauge", "Pod, node, namespace and version of this process.");
    fputs("target_info{", out);
    prom_label(out, "pod", exposition->pod);
    prom_label(out, ",node", exposition->node);
    prom_label(out, ",namespace", exposition->namespace);
    prom_label(out, ",version", version_number);
    fputs("} 1\n", out);
}

void exposition_write(const struct exposition *exposition, FILE *out)
{
    metrics_write(exposition->metrics, router_label, out);
    write_connections(exposition, out);
    write_users(exposition, out);
    write_process(exposition, out);
    write_cgroup(out);
    write_target(exposition, out);
}
