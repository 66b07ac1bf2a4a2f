#include "common/process/cgroup_use.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/process/cgroup.h"

/* v1 represents "no limit" as the largest multiple of the page size. */
static const uint64_t no_limit = UINT64_C(1) << 62;

static bool read_number(const char *dir, const char *file, uint64_t *value)
{
    char line[64];
    char *end = NULL;
    if (!cgroup_read_line(dir, file, line, sizeof line)) {
        return false;
    }
    *value = strtoull(line, &end, 10);
    return end != line; /* "max" is not a number */
}

static void visit_cpu(void *cls, const char *dir, bool is_v2)
{
    struct cgroup_use *use = cls;
    if (use->has_cpu) {
        return;
    }
    if (is_v2) {
        use->has_cpu = cgroup_read_key(dir, "cpu.stat", "usage_usec", &use->cpu_ns);
        use->cpu_ns *= NS_PER_US;
    } else {
        use->has_cpu = read_number(dir, "cpuacct.usage", &use->cpu_ns);
    }
}

static void visit_memory(void *cls, const char *dir, bool is_v2)
{
    struct cgroup_use *use = cls;
    uint64_t limit = 0;
    if (read_number(dir, is_v2 ? "memory.max" : "memory.limit_in_bytes", &limit) &&
        limit < no_limit && (!use->has_memory_limit || limit < use->memory_limit_bytes)) {
        use->has_memory_limit = true;
        use->memory_limit_bytes = limit;
    }
    if (!use->has_memory) {
        use->has_memory = read_number(dir, is_v2 ? "memory.current" : "memory.usage_in_bytes",
                                      &use->memory_bytes);
    }
    if (!use->has_oom_kills) {
        use->has_oom_kills = cgroup_read_key(dir, is_v2 ? "memory.events" : "memory.oom_control",
                                             "oom_kill", &use->oom_kills);
    }
}

struct cgroup_use cgroup_read_use(const char *root)
{
    struct cgroup_use use = {0};
    cgroup_visit(root, "cpuacct", visit_cpu, &use);
    cgroup_visit(root, "memory", visit_memory, &use);
    return use;
}
