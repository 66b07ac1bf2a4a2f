#include "loadgen/run/agenda.h"

#include <stdlib.h>
#include <string.h>

bool agenda_init(struct agenda *agenda, const struct plan *plan, const struct source *source,
                 struct share share, uint64_t users, struct err *err)
{
    memset(agenda, 0, sizeof *agenda);
    agenda->plan = plan;
    agenda->source = source;
    agenda->share = share;
    agenda->is_closed = schedule_is_closed(&plan->schedule);
    if (agenda->is_closed) {
        agenda->users = users;
        agenda->freed = calloc(users, sizeof *agenda->freed);
    }
    return !agenda->is_closed || agenda->freed ||
           err_set(err, ERR_FAILED, "not enough memory for so many -max-workers");
}

void agenda_fini(struct agenda *agenda)
{
    free(agenda->freed);
}

/* The cursor has moved. */
static void set_next(struct agenda *agenda)
{
    uint64_t after_ns = schedule_peek(&agenda->cursor);
    agenda->number = agenda->cursor.number;
    agenda->due_ns =
        after_ns < UINT64_MAX - agenda->base_ns ? agenda->base_ns + after_ns : UINT64_MAX;
}

/* Goes to the first request of a schedule; a closed loop goes on as it is. */
static void begin_schedule(struct agenda *agenda, const struct schedule *schedule, uint64_t base_ns)
{
    agenda->base_ns = base_ns;
    agenda->is_warming = base_ns < agenda->start_ns;
    if (agenda->is_closed) {
        return;
    }
    if (agenda->upcoming && agenda->source->live) {
        agenda->source->live->release(agenda->source, agenda->upcoming);
    }
    agenda->upcoming = NULL;
    schedule_begin(&agenda->cursor, schedule, agenda->share);
    set_next(agenda);
}

void agenda_begin(struct agenda *agenda, uint64_t start_ns, uint64_t end_ns)
{
    const struct plan *plan = agenda->plan;
    uint64_t base_ns = start_ns - plan->warmup.duration_ns;
    agenda->start_ns = start_ns;
    agenda->end_ns = end_ns;
    if (agenda->is_closed) {
        agenda->number = share_next(agenda->share, 0);
        while (agenda->freed_count < agenda->users) {
            agenda_set_free(agenda, base_ns);
        }
    }
    begin_schedule(agenda, base_ns < start_ns ? &plan->warmup : &plan->schedule, base_ns);
}

void agenda_advance(struct agenda *agenda, uint64_t now_ns)
{
    if (agenda->is_warming && now_ns >= agenda->start_ns) {
        begin_schedule(agenda, &agenda->plan->schedule, agenda->start_ns);
    }
}

uint64_t agenda_phase_end_ns(const struct agenda *agenda)
{
    return agenda->is_warming && agenda->start_ns < agenda->end_ns ? agenda->start_ns
                                                                   : agenda->end_ns;
}

bool agenda_has_more(const struct agenda *agenda)
{
    return agenda->is_closed ? agenda->freed_count > 0
                             : agenda->due_ns < agenda_phase_end_ns(agenda);
}

uint64_t agenda_due_ns(const struct agenda *agenda)
{
    return agenda->is_closed ? agenda->freed[agenda->freed_first] : agenda->due_ns;
}

const struct request *agenda_request(struct agenda *agenda)
{
    if (!agenda->upcoming) {
        /* In a closed loop each thread goes round the targets by itself, whoever is faster. */
        uint64_t k = agenda->is_closed ? agenda->taken + agenda->share.index : agenda->number;
        agenda->upcoming = agenda->source->next(agenda->source, k);
    }
    return agenda->upcoming;
}

bool agenda_is_dry(struct agenda *agenda, uint64_t now_ns)
{
    if (agenda_request(agenda)) {
        return false;
    }
    if (agenda->source->live->is_ended(agenda->source)) {
        agenda->end_ns = now_ns < agenda->end_ns ? now_ns : agenda->end_ns;
        agenda_drop(agenda);
        atomic_store_explicit(&agenda->shown_dry, true, memory_order_relaxed);
    }
    return true;
}

void agenda_take(struct agenda *agenda)
{
    agenda->upcoming = NULL;
    agenda->taken++;
    if (agenda->is_closed) {
        agenda->freed_first = (agenda->freed_first + 1) % agenda->users;
        agenda->freed_count--;
        agenda->number = share_next(agenda->share, agenda->number + 1);
    } else {
        schedule_take(&agenda->cursor);
        set_next(agenda);
    }
}

void agenda_set_free(struct agenda *agenda, uint64_t now_ns)
{
    agenda->freed[(agenda->freed_first + agenda->freed_count) % agenda->users] = now_ns;
    agenda->freed_count++;
}

void agenda_drop(struct agenda *agenda)
{
    agenda->due_ns = UINT64_MAX;
    agenda->freed_count = 0;
}
