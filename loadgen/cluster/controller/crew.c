/* Lists the workers for on_workers (options.h). */
#include <stdlib.h>

#include "loadgen/base/memory.h"
#include "loadgen/cluster/controller/course.h"

static enum controller_worker_state state_of(const struct course *course,
                                             const struct roster_member *member, bool is_over)
{
    if (member->is_silent) {
        return CONTROLLER_WORKER_MISSING;
    }
    if (member->state == ROSTER_LEAVING) {
        return CONTROLLER_WORKER_STOPPING;
    }
    bool is_on = course->start_ns > 0 && !is_over && member->threads > 0;
    return is_on ? CONTROLLER_WORKER_RUNNING : CONTROLLER_WORKER_READY;
}

static void add_measured(const struct course *course, struct controller_worker *list)
{
    for (size_t i = 0; course->merge && i < merge_count(course->merge); i++) {
        const struct merge_worker worker = merge_worker(course->merge, i);
        const struct roster_member *member = roster_find(&course->roster, &worker.who);
        if (member) {
            struct controller_worker *shown = &list[member - course->roster.list];
            shown->users = worker.last.users;
            shown->cpu_seconds = worker.last.generator.cpu_seconds;
            shown->wall_seconds = worker.last.generator.wall_seconds;
            shown->memory_bytes = worker.last.generator.memory_bytes;
        }
    }
}

/* A worker whose part has ended owns no slots either, but is ready for the next run. */
static size_t drop_gone(const struct course *course, struct controller_worker *list, bool is_over)
{
    size_t kept = 0;
    for (size_t i = 0; i < course->roster.count; i++) {
        const struct roster_member *member = &course->roster.list[i];
        if (member->state != ROSTER_LEFT || (is_over && !member->is_silent)) {
            list[kept++] = list[i];
        }
    }
    return kept;
}

void course_show_workers(const struct course *course, bool is_over)
{
    const struct controller_options *options = course->options;
    const struct roster *roster = &course->roster;
    if (!options->on_workers) {
        return;
    }
    struct controller_worker *list = memory_of(calloc(roster->count + 1, sizeof *list));
    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_member *member = &roster->list[i];
        list[i] = (struct controller_worker){
            .name = member->last.from.name,
            .node = member->last.node,
            .threads = member->last.threads,
            .state = state_of(course, member, is_over),
        };
    }
    add_measured(course, list);
    options->on_workers(options->watcher, list, drop_gone(course, list, is_over));
    free(list);
}
