#include "loadgen/run/fingerprint.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/environment.h"
#include "common/process/cgroup_use.h"
#include "common/version.h"
#include "loadgen/run/usage.h"

enum { CLOCK_READS = 1001, TEXT = 256 };

/* Reads the first line of a file that begins with `key`, without its newline. False: none. */
static bool read_line(const char *root, const char *path, const char *key, char line[TEXT])
{
    char full[PATH_MAX];
    snprintf(full, sizeof full, "%s%s", root, path);
    FILE *file = fopen(full, "re");
    bool is_found = false;
    while (file && !is_found && fgets(line, TEXT, file)) {
        is_found = strncmp(line, key, strlen(key)) == 0;
    }
    if (file) {
        fclose(file);
    }
    line[is_found ? strcspn(line, "\n") : 0] = '\0';
    return is_found;
}

static json_t *text_or_null(const char *text)
{
    return text && text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *positive_or_null(uint64_t value)
{
    return value > 0 && value <= INT64_MAX ? json_integer((json_int_t)value) : json_null();
}

/* "model name : ..." on x86; other architectures have no such line. */
static json_t *cpu_model(const char *root)
{
    char line[TEXT];
    const char *value =
        read_line(root, "/proc/cpuinfo", "model name", line) ? strchr(line, ':') : NULL;
    return text_or_null(value ? value + 1 + strspn(value + 1, " \t") : NULL);
}

static json_t *clock_source(const char *root)
{
    char line[TEXT];
    read_line(root, "/sys/devices/system/clocksource/clocksource0/current_clocksource", "", line);
    return text_or_null(line);
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The median, because a reading that was interrupted takes much longer. */
static uint64_t clock_read_cost_ns(void)
{
    static const int reads = 16; /* per sample; one takes less than the clock's resolution */
    uint64_t costs[CLOCK_READS];
    for (int i = 0; i < CLOCK_READS; i++) {
        uint64_t begin_ns = clock_now_ns();
        for (int k = 1; k < reads; k++) {
            clock_now_ns();
        }
        costs[i] = (clock_now_ns() - begin_ns) / reads;
    }
    qsort(costs, CLOCK_READS, sizeof costs[0], compare);
    return costs[CLOCK_READS / 2];
}

static json_t *load_average(const char *root)
{
    char line[TEXT];
    return read_line(root, "/proc/loadavg", "", line) ? json_real(strtod(line, NULL)) : json_null();
}

static json_t *kernel(void)
{
    struct utsname name;
    return uname(&name) == 0 ? json_string(name.release) : json_null();
}

static uint64_t open_files(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

json_t *fingerprint_take(const char *root)
{
    struct cgroup_use use = cgroup_read_use(root);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return json_pack(
        "{so so so so so so sI sf so so so so so so so}", "version", json_string(version_number),
        "commit", json_string(version_commit), "kernel", kernel(), "cpu_model", cpu_model(root),
        "cores", positive_or_null(cores > 0 ? (uint64_t)cores : 0), "clock", clock_source(root),
        "clock_read_ns", (json_int_t)clock_read_cost_ns(), "cpu_limit", usage_cpu_limit(root),
        "memory_limit", positive_or_null(use.has_memory_limit ? use.memory_limit_bytes : 0),
        "open_files", positive_or_null(open_files()), "local_ports",
        positive_or_null(usage_local_ports()), "load_average", load_average(root), "pod",
        text_or_null(environment_get("HEADROOM_POD")), "node",
        text_or_null(environment_get("HEADROOM_NODE")), "namespace",
        text_or_null(environment_get("HEADROOM_NAMESPACE")));
}

double fingerprint_stolen_s(const char *root)
{
    enum { STEAL = 8 }; /* cpu user nice system idle iowait irq softirq steal */
    char line[TEXT];
    char *value = line + strlen("cpu");
    unsigned long long ticks = 0;
    if (!read_line(root, "/proc/stat", "cpu ", line)) {
        return -1;
    }
    for (int i = 0; i < STEAL; i++) {
        char *end = value;
        ticks = strtoull(value, &end, 10);
        if (end == value) {
            return -1; /* an old kernel */
        }
        value = end;
    }
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}
