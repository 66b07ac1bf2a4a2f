#include "loadgen/agenda/timetable.h"

#include <stdlib.h>

#include "loadgen/base/least.h"
#include "loadgen/pace/team_entry.h"

static void free_period(struct period *period)
{
    if (period) {
        free(period->rooms);
    }
    free(period);
}

/* Allocates the rooms of a closed loop: 16 bytes per user. */
static bool make_rooms(struct period *period, const struct team *team)
{
    uint64_t at = 0;
    for (uint16_t i = 0; i < team->threads; i++) {
        period->room_at[i] = at;
        at += slots_part(&period->epoch.slots, (uint16_t)(team->first + i), period->users);
    }
    period->room_at[team->threads] = at;
    period->rooms = calloc(at + 1, sizeof *period->rooms); /* calloc(0) may return NULL */
    return period->rooms;
}

static struct period *create_period(const struct timetable *timetable)
{
    return calloc(1, sizeof(struct period) + (timetable->team->threads + 1U) * sizeof(uint64_t));
}

static bool is_closed(const struct timetable *timetable)
{
    return schedule_is_closed(&timetable->plan->schedule);
}

static void begin_first(struct period *first, const struct plan *plan, const struct team *team)
{
    const struct team_entry *entry = team->entry;
    first->users = entry ? entry->users : plan->max_workers;
    if (entry) {
        epoch_init_copy(&first->epoch, &entry->epoch);
    } else {
        epoch_init(&first->epoch, &plan->schedule, &team->slots);
    }
}

bool timetable_init(struct timetable *timetable, const struct plan *plan, const struct team *team,
                    struct err *err)
{
    *timetable = (struct timetable){.plan = plan, .team = team};
    epoch_init(&timetable->warmup, &plan->warmup, &team->slots);
    timetable->seats = calloc(team->threads, sizeof *timetable->seats);
    struct period *first = create_period(timetable);
    timetable->first = timetable->last = first;
    if (first) {
        begin_first(first, plan, team);
        epoch_counter_init(&timetable->counter, &first->epoch);
    }
    if (!timetable->seats || !first || (is_closed(timetable) && !make_rooms(first, team))) {
        return err_set(err, ERR_FAILED, "not enough memory; lower order.max_workers");
    }
    for (uint16_t i = 0; i < team->threads; i++) {
        epoch_part_init(&timetable->seats[i].part, &first->epoch, (uint16_t)(team->first + i));
    }
    return true;
}

/* The epochs of a timetable are periods. */
static struct period *next_of(const struct period *period)
{
    return (struct period *)atomic_load_explicit(&period->epoch.next, memory_order_acquire);
}

void timetable_fini(struct timetable *timetable)
{
    struct period *period = timetable->first;
    while (period) {
        struct period *next = next_of(period);
        free_period(period);
        period = next;
    }
    free(timetable->seats);
}

uint64_t timetable_count(struct timetable *timetable, uint64_t t_ns)
{
    return epoch_count(&timetable->counter, t_ns);
}

uint64_t timetable_count_part(struct timetable *timetable, unsigned index, uint64_t t_ns)
{
    return epoch_part_count(&timetable->seats[index].part, timetable_count(timetable, t_ns));
}

/* Frees the periods that no thread will read again. They are at the start of the list. */
static void free_left(struct timetable *timetable, uint64_t now_ns)
{
    uint64_t needed = UINT64_MAX;
    for (unsigned i = 0; i < timetable->team->threads; i++) {
        struct timetable_seat *seat = &timetable->seats[i];
        timetable_count_part(timetable, i, now_ns);
        needed = least(needed, seat->part.epoch->number);
        needed = least(needed, atomic_load_explicit(&seat->entered, memory_order_acquire));
    }
    needed = least(needed, timetable->counter.epoch->number);
    while (timetable->first->epoch.number < needed) {
        struct period *next = next_of(timetable->first);
        free_period(timetable->first);
        timetable->first = next;
    }
}

/*
 * In a single process, assigns the slots again, because the number of users limits how many threads
 * own slots.
 */
static void deal(const struct timetable *timetable, struct period *period)
{
    uint16_t threads[SLOTS];
    struct plan plan = *timetable->plan;
    plan.max_workers = period->users;
    for (uint16_t i = 0; i < timetable->team->threads; i++) {
        threads[i] = i;
    }
    slots_deal(&period->epoch.slots, &timetable->last->epoch.slots, plan_cap(&plan), threads,
               timetable->team->threads);
}

uint64_t timetable_close(struct timetable *timetable, uint64_t at_ns)
{
    struct epoch *last = &timetable->last->epoch;
    at_ns = at_ns > last->at_ns ? at_ns : last->at_ns;
    epoch_close(last, at_ns);
    return at_ns;
}

bool timetable_change(struct timetable *timetable, uint64_t now_ns, const struct change *change,
                      struct err *err)
{
    struct period *last = timetable->last;
    bool is_alone = timetable->team->threads == timetable->team->all;
    if (change->users && !change->slots && !change->epoch && !is_alone) {
        epoch_close(&last->epoch, UINT64_MAX);
        return err_set(err, ERR_USAGE, "a change of users in several processes needs slots");
    }
    struct period *next = create_period(timetable);
    if (!next) {
        epoch_close(&last->epoch, UINT64_MAX);
        return err_set(err, ERR_FAILED, "not enough memory for another schedule");
    }
    /* A change never takes effect before an earlier one. */
    uint64_t at_ns = timetable_close(timetable, change->at_ns);
    if (change->epoch) {
        epoch_init_copy(&next->epoch, change->epoch);
    } else {
        epoch_init_next(&next->epoch, &timetable->counter, at_ns, change->schedule, change->slots);
    }
    next->users = change->users ? change->users : last->users;
    if (change->users && !change->slots && !change->epoch) {
        deal(timetable, next);
    }
    if (is_closed(timetable) && !make_rooms(next, timetable->team)) {
        free_period(next);
        epoch_close(&last->epoch, UINT64_MAX);
        return err_set(err, ERR_FAILED, "not enough memory for more users");
    }
    epoch_publish(&last->epoch, &next->epoch);
    timetable->last = next;
    free_left(timetable, now_ns);
    return true;
}
