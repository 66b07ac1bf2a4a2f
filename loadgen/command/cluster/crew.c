#include "loadgen/command/cluster/crew.h"

enum { PERCENT = 100 };

static const char *const states[] = {
    [CONTROLLER_WORKER_READY] = "ready",
    [CONTROLLER_WORKER_RUNNING] = "running",
    [CONTROLLER_WORKER_STOPPING] = "stopping",
    [CONTROLLER_WORKER_MISSING] = "missing",
};

static json_t *worker_to_json(const struct controller_worker *worker)
{
    json_t *cpu = worker->wall_seconds > 0
                      ? json_real(PERCENT * worker->cpu_seconds / worker->wall_seconds)
                      : json_null();
    return json_pack("{s:s, s:s, s:I, s:I, s:o, s:I, s:s?}", "id", worker->name, "state",
                     states[worker->state], "users", (json_int_t)worker->users, "threads",
                     (json_int_t)worker->threads, "cpu_percent", cpu, "memory_bytes",
                     (json_int_t)worker->memory_bytes, "node",
                     worker->node[0] ? worker->node : NULL);
}

json_t *crew_to_json(const struct controller_worker *list, size_t count)
{
    json_t *json = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(json, worker_to_json(&list[i]));
    }
    return json;
}
