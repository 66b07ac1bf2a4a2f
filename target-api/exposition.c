#include "target-api/exposition.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/cgroup.h"
#include "common/clock.h"
#include "common/file_limit.h"
#include "common/version.h"
#include "target-api/cgroup_use.h"

static void describe(struct buffer *b, const char *name, const char *type, const char *help)
{
    buffer_add_format(b, "# HELP %s %s\n", name, help);
    buffer_add_format(b, "# TYPE %s %s\n", name, type);
}

static void add_count(struct buffer *b, const char *name, const char *type, const char *help,
                      uint64_t value)
{
    describe(b, name, type, help);
    buffer_add_format(b, "%s %" PRIu64 "\n", name, value);
}

static void add_real(struct buffer *b, const char *name, const char *type, const char *help,
                     double value)
{
    describe(b, name, type, help);
    buffer_add_format(b, "%s %.6f\n", name, value);
}

static double seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

static void write_connections(const struct exposition *exposition, struct buffer *b)
{
    struct connections_counts c = server_connections(exposition->server);
    add_count(b, "http_connections_open", "gauge", "Connections of the first port.", c.open);
    add_count(b, "http_connections_limit", "gauge", "As many may be open.", c.limit);
    add_count(b, "http_connections_refused_total", "counter",
              "Connections closed as soon as accepted, for being beyond the limit.", c.refused);
    add_count(b, "http_connections_expired_total", "counter",
              "Connections closed for a request that did not come to its end in time.", c.expired);
}

static void write_users(const struct exposition *exposition, struct buffer *b)
{
    struct store_counts counts = store_count(exposition->store);
    add_count(b, "users_held", "gauge", "Users in the store.", counts.users);
    add_count(b, "users_held_bytes", "gauge", "Their names and ages as JSON.", counts.bytes);
}

/* False: the kernel does not say. */
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

static void write_process(const struct exposition *exposition, struct buffer *b)
{
    add_real(b, "process_cpu_seconds_total", "counter", "CPU time, of user and system.",
             seconds(clock_read_ns(CLOCK_PROCESS_CPUTIME_ID)));
    uint64_t n = 0;
    if (resident_bytes(&n)) {
        add_count(b, "process_resident_memory_bytes", "gauge", "Memory that is resident.", n);
    }
    if (file_limit_count_open(&n)) {
        add_count(b, "process_open_fds", "gauge", "Open files.", n);
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        add_count(b, "process_max_fds", "gauge", "As many files may be open.", files.rlim_cur);
    }
    add_real(b, "process_start_time_seconds", "gauge",
             "When the process started, in seconds since 1970.", exposition->start_s);
}

static void write_cgroup(struct buffer *b)
{
    struct cgroup_cpu cpu = cgroup_read_cpu("");
    if (cpu.limit_cpus > 0) {
        add_real(b, "cgroup_cpu_limit_cpus", "gauge", "CPUs that the cgroup may use.",
                 cpu.limit_cpus);
    }
    if (cpu.has_stat) {
        add_count(b, "cgroup_cpu_throttled_periods_total", "counter",
                  "Periods in which the cgroup was denied CPU.", cpu.throttled_periods);
        add_real(b, "cgroup_cpu_throttled_seconds_total", "counter",
                 "Time for which the cgroup was denied CPU.", seconds(cpu.throttled_ns));
    }
    struct cgroup_use use = cgroup_read_use("");
    if (use.has_cpu) {
        add_real(b, "cgroup_cpu_usage_seconds_total", "counter", "CPU time of the cgroup.",
                 seconds(use.cpu_ns));
    }
    if (use.has_memory_limit) {
        add_count(b, "cgroup_memory_limit_bytes", "gauge", "Memory that the cgroup may use.",
                  use.memory_limit_bytes);
    }
    if (use.has_memory) {
        add_count(b, "cgroup_memory_usage_bytes", "gauge", "Memory that the cgroup uses.",
                  use.memory_bytes);
    }
    if (use.has_oom_kills) {
        add_count(b, "cgroup_memory_oom_kills_total", "counter",
                  "Processes of the cgroup that were killed for lack of memory.", use.oom_kills);
    }
}

/* JSON's escapes are those of a label's value, as far as names of pods go. */
static void add_label(struct buffer *b, const char *name, const char *value)
{
    buffer_add_format(b, "%s=", name);
    buffer_add_json_string(b, slice_of(value));
}

static void write_target(const struct exposition *exposition, struct buffer *b)
{
    describe(b, "target_info", "gauge", "Where this runs, and what it is.");
    buffer_add_string(b, "target_info{");
    add_label(b, "pod", exposition->pod);
    add_label(b, ",node", exposition->node);
    add_label(b, ",namespace", exposition->namespace);
    add_label(b, ",version", version_number);
    buffer_add_string(b, "} 1\n");
}

void exposition_write(const struct exposition *exposition, struct buffer *b)
{
    metrics_write(exposition->metrics, b);
    write_connections(exposition, b);
    write_users(exposition, b);
    write_process(exposition, b);
    write_cgroup(b);
    write_target(exposition, b);
}
