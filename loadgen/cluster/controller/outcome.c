/* The output of a controller's run: seconds for the observer and the file, and the summary. */
#include <stdio.h>
#include <string.h>

#include "loadgen/base/least.h"
#include "loadgen/binary/journal.h"
#include "loadgen/cluster/controller/course.h"
#include "loadgen/cluster/oddities.h"
#include "loadgen/drive/cargo.h"
#include "loadgen/drive/driver.h"
#include "loadgen/run/opening.h"
#include "loadgen/target/targets.h"

enum { ODDITIES = 10 }; /* if there are more, there is no norm */

static void on_second(void *context, const struct second *second, bool is_correction)
{
    struct course *course = context;
    const struct observer *observer = course->observer;
    journal_write_counts(course->writer, second, &course->summary->addresses);
    if (!is_correction && observer->on_second && !observer->on_second(observer->context, second)) {
        course->is_aborted = true;
    }
}

/* Rows are in the order of the targets, whichever worker reports first. */
static void name_rows(struct course *course)
{
    const struct rows *rows = &course->order->targets->rows;
    for (size_t i = 0; i < rows->count; i++) {
        rows_add(&course->summary->rows, rows_name(rows, i));
    }
}

void course_open_summary(struct course *course, uint64_t wall_ns)
{
    struct plan shown = *course->order->plan;
    shown.counts_only = true;
    opening_note(course->summary, &shown, wall_ns);
    if (course->driver_type->cargo) {
        course->driver_type->cargo->show(course->order->source, course->summary->plan);
    }
    opening_write(course->writer, course->summary, course->order->targets, course->origin_ns);
}

bool course_open_merge(struct course *course, struct err *err)
{
    const struct merge_config config = {
        .run = course->run,
        .summary = course->summary,
        .start_ns = course->start_ns - course->origin_ns,
        .on_second = on_second,
        .context = course,
    };
    name_rows(course);
    course->merge = merge_create(&config);
    return course->merge || err_set(err, ERR_FAILED, "not enough memory for histograms");
}

static void note_lost(struct course *course)
{
    for (size_t i = 0; i < merge_count(course->merge); i++) {
        const struct merge_worker worker = merge_worker(course->merge, i);
        if (worker.is_lost || worker.unknown > 0) {
            summary_add_lost(course->summary, worker.who.name, worker.unknown, worker.is_at_least);
        }
    }
}

/*
 * Of iterations at a rate, those that a lost worker did not report are unknown. After a worker has
 * left, none of its users is free, so the rest is dropped. If the run was stopped, it is not known
 * how many were due.
 */
static void note_iterations(struct course *course, const struct merge_worker *worker,
                            const struct cargo_part *part)
{
    struct summary *summary = course->summary;
    uint64_t known = worker->last.iterations + worker->last.iterations_dropped;
    if (part->iterations == UINT64_MAX || course->stop_ns != UINT64_MAX ||
        part->iterations <= known) {
        return;
    }
    if (worker->is_lost) {
        summary->iterations_unknown += part->iterations - known;
    } else {
        summary->iterations_dropped += part->iterations - known;
    }
}

/* What the driver divides among all workers, and some of them did not complete. */
static void note_parts(struct course *course)
{
    if (!course->driver_type->cargo) {
        return;
    }
    for (size_t i = 0; i < merge_count(course->merge); i++) {
        const struct merge_worker worker = merge_worker(course->merge, i);
        const struct roster_member *member = roster_find(&course->roster, &worker.who);
        if (member) {
            const struct cargo_part part = course_part(course, member);
            note_iterations(course, &worker, &part);
            course->summary->lost_rows += worker.is_lost ? part.rows : 0;
        }
    }
}

static void note_oddity(struct course *course, const struct oddity *oddity)
{
    struct summary *summary = course->summary;
    char text[ODDITY_TEXT];
    oddity_print(oddity, text);
    course_tell(course, "%s: %s", merge_worker(course->merge, oddity->worker).who.name, text);
    if (oddity->worker < summary->generator_count) {
        struct summary_own *own = &summary->generators[oddity->worker].own;
        size_t length = strlen(own->differs);
        snprintf(own->differs + length, sizeof own->differs - length, "%s%s",
                 length > 0 ? ", " : "", text);
    }
}

/* Reports workers whose results differ. */
static void note_oddities(struct course *course)
{
    struct oddity oddities[ODDITIES];
    size_t count = oddities_find(course->merge, oddities, ODDITIES);
    for (size_t i = 0; i < count; i++) {
        note_oddity(course, &oddities[i]);
    }
}

/*
 * The number of requests that were due is known without the workers. Their own counts have gaps
 * (slots that were lost by a worker before another one got them) and overlaps (a worker did not
 * know that its slots were moved). Requests in either were not started.
 */
static void balance(struct course *course)
{
    struct summary *summary = course->summary;
    const struct schedule *schedule = &course->order->plan->schedule;
    if (schedule_is_closed(schedule) || course->stop_ns != UINT64_MAX ||
        schedule->duration_ns == 0) {
        return;
    }
    uint64_t due = epoch_count(&course->counter, schedule->duration_ns);
    uint64_t known = summary->started + summary->unknown;
    summary->intended = most(due, known);
    summary->not_started = summary->intended - known;
}

void course_close_outcome(struct course *course)
{
    struct summary *summary = course->summary;
    course_lose_rest(course);
    merge_finish(course->merge);
    note_lost(course);
    note_parts(course);
    balance(course);
    note_oddities(course);
    uint64_t duration_ns = course->order->plan->schedule.duration_ns;
    bool is_early =
        course->stop_ns != UINT64_MAX && (duration_ns == 0 || course->stop_ns < duration_ns);
    summary->workers_changed = course->has_moved || summary->lost[0] != '\0';
    summary->is_aborted = is_early && course->is_aborted;
    summary->is_interrupted =
        is_early && !course->is_aborted && !course->has_no_users; /* even if workers left */
    summary->is_abandoned = course->stops > 1;
    journal_write_end(course->writer, summary, course->order->targets);
}
