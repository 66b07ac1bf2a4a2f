#include "common/process/cgroup.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"

/* How one cgroup version stores the limit and the throttled time. */
struct version {
    bool (*read_limit)(const char *dir, double *cpus);
    const char *throttled_key;
    uint64_t throttled_unit_ns;
};

static FILE *open_in(const char *dir, const char *file)
{
    char path[3 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    return fopen(path, "re");
}

bool cgroup_read_line(const char *dir, const char *file, char *line, size_t size)
{
    FILE *f = open_in(dir, file);
    if (!f) {
        return false;
    }
    bool ok = fgets(line, (int)size, f) != NULL;
    fclose(f);
    return ok;
}

static bool read_limit_v2(const char *dir, double *cpus)
{
    char line[64];
    if (!cgroup_read_line(dir, "cpu.max", line, sizeof line)) {
        return false;
    }
    char *rest = NULL;
    double quota = strtod(line, &rest);
    double period = strtod(rest, NULL);
    if (rest == line || period <= 0) { /* "max 100000" */
        return false;
    }
    *cpus = quota / period;
    return true;
}

static bool read_limit_v1(const char *dir, double *cpus)
{
    char line[64];
    if (!cgroup_read_line(dir, "cpu.cfs_quota_us", line, sizeof line)) {
        return false;
    }
    double quota = strtod(line, NULL);
    if (quota <= 0 ||
        !cgroup_read_line(dir, "cpu.cfs_period_us", line, sizeof line)) { /* -1: none */
        return false;
    }
    double period = strtod(line, NULL);
    *cpus = quota / period;
    return period > 0;
}

static const struct version version_1 = {read_limit_v1, "throttled_time", 1};
static const struct version version_2 = {read_limit_v2, "throttled_usec", NS_PER_US};

bool cgroup_read_key(const char *dir, const char *file, const char *key, uint64_t *value)
{
    FILE *f = open_in(dir, file);
    if (!f) {
        return false;
    }
    char line[128];
    size_t len = strlen(key);
    bool is_found = false;
    while (!is_found && fgets(line, sizeof line, f)) {
        is_found = strncmp(line, key, len) == 0 && line[len] == ' ';
    }
    fclose(f);
    if (is_found) {
        *value = strtoull(line + len, NULL, 10);
    }
    return is_found;
}

static void read_stat(const struct version *version, const char *dir, struct cgroup_cpu *cpu)
{
    uint64_t n = 0;
    if (cgroup_read_key(dir, "cpu.stat", "nr_throttled", &n)) {
        cpu->has_stat = true;
        cpu->throttled_periods = n > cpu->throttled_periods ? n : cpu->throttled_periods;
    }
    if (cgroup_read_key(dir, "cpu.stat", version->throttled_key, &n)) {
        n *= version->throttled_unit_ns;
        cpu->throttled_ns = n > cpu->throttled_ns ? n : cpu->throttled_ns;
    }
}

/* Reads our group's path from /proc/self/cgroup; `controller` NULL: the unified hierarchy. */
static void own_path(const char *root, const char *controller, char *path, size_t size)
{
    snprintf(path, size, "/");
    FILE *f = open_in(root, "proc/self/cgroup");
    if (!f) {
        return;
    }
    char line[PATH_MAX];
    while (fgets(line, sizeof line, f)) { /* hierarchy:controllers:path */
        line[strcspn(line, "\n")] = '\0';
        char *names = strchr(line, ':');
        char *at = names ? strchr(names + 1, ':') : NULL;
        if (!at) {
            continue;
        }
        *at++ = '\0';
        names++;
        bool ours = !controller && names[0] == '\0';
        char *rest = NULL;
        for (char *name = strtok_r(names, ",", &rest); name && controller && !ours;
             name = strtok_r(NULL, ",", &rest)) {
            ours = strcmp(name, controller) == 0;
        }
        if (ours) {
            snprintf(path, size, "%s", at);
            break;
        }
    }
    fclose(f);
}

void cgroup_visit(const char *root, const char *controller, cgroup_visit_fn *visit, void *cls)
{
    char mount[PATH_MAX];
    char path[PATH_MAX];
    snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/cgroup.controllers", root);
    bool is_v2 = access(mount, R_OK) == 0;
    snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s%s", root, is_v2 ? "" : "/",
             is_v2 ? "" : controller);
    own_path(root, is_v2 ? NULL : controller, path, sizeof path);
    for (;;) {
        char dir[2 * PATH_MAX];
        snprintf(dir, sizeof dir, "%s%s", mount, path);
        visit(cls, dir, is_v2);
        char *slash = strrchr(path, '/');
        if (!slash) {
            return;
        }
        *slash = '\0'; /* "/a/b" -> "/a" -> "" (the mount itself) -> done */
    }
}

static void visit_cpu(void *cls, const char *dir, bool is_v2)
{
    struct cgroup_cpu *cpu = cls;
    const struct version *version = is_v2 ? &version_2 : &version_1;
    double cpus = 0;
    if (version->read_limit(dir, &cpus) && (cpu->limit_cpus == 0 || cpus < cpu->limit_cpus)) {
        cpu->limit_cpus = cpus;
    }
    read_stat(version, dir, cpu);
}

struct cgroup_cpu cgroup_read_cpu(const char *root)
{
    struct cgroup_cpu cpu = {0};
    cgroup_visit(root, "cpu", visit_cpu, &cpu);
    return cpu;
}

unsigned cgroup_usable_cpus(double limit_cpus)
{
    unsigned cpus = 1;
    cpu_set_t mask;
    if (sched_getaffinity(0, sizeof mask, &mask) == 0 && CPU_COUNT(&mask) > 0) {
        cpus = (unsigned)CPU_COUNT(&mask);
    }
    if (limit_cpus > 0 && ceil(limit_cpus) < cpus) {
        cpus = (unsigned)ceil(limit_cpus);
    }
    return cpus > 0 ? cpus : 1;
}
