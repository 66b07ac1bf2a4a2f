#include "loadgen/run/opening.h"

#include "loadgen/binary/journal.h"
#include "loadgen/order/order_json.h"
#include "loadgen/order/plan_json.h"
#include "loadgen/run/fingerprint.h"

/* A constant rate goes into the summary as numbers, others in words. */
static void note_schedule(struct summary *summary, const struct schedule *schedule)
{
    summary->scheduled_per_s = schedule_mean_per_s(schedule);
    if (schedule->type == SCHEDULE_CONSTANT) {
        summary->rate_count = schedule->rate.count;
        summary->rate_per_ns = schedule->rate.per_ns;
    } else {
        char words[SCHEDULE_TEXT];
        summary_add_schedule(summary, schedule_print(schedule, words));
    }
}

void opening_note(struct summary *summary, const struct plan *plan, uint64_t wall_ns)
{
    summary->wall_start_ns = wall_ns;
    summary->has_plan = true;
    summary->environment = fingerprint_take("");
    note_schedule(summary, &plan->schedule);
    summary->plan = plan_to_json(plan, false);
    if (tls_has_files(&plan->tls)) {
        json_object_set_new(summary->plan, "files", order_files_shown(plan));
    }
}

void opening_write(struct result_writer *writer, const struct summary *summary,
                   const struct targets *targets, uint64_t origin_ns)
{
    journal_write_header(writer, summary->plan, summary->environment, summary->wall_start_ns,
                         origin_ns);
    journal_write_targets(writer, targets, 0);
}
