#include "loadgen/pace/epoch.h"

#include <string.h>

#include "loadgen/base/least.h"

static const struct epoch *next_of(const struct epoch *epoch)
{
    return atomic_load_explicit(&epoch->next, memory_order_acquire);
}

void epoch_init(struct epoch *epoch, const struct schedule *schedule, const struct slots *slots)
{
    struct schedule_cursor start;
    memset(epoch, 0, sizeof *epoch);
    epoch->piece.schedule = *schedule;
    schedule_begin(&start, schedule);
    epoch->walk = start.walk;
    epoch->slots = *slots;
    atomic_init(&epoch->end_ns, UINT64_MAX);
}

void epoch_init_copy(struct epoch *epoch, const struct epoch *from)
{
    memset(epoch, 0, sizeof *epoch);
    epoch->number = from->number;
    epoch->at_ns = from->at_ns;
    epoch->first = from->first;
    epoch->piece = from->piece;
    epoch->walk = from->walk;
    epoch->slots = from->slots;
    atomic_init(&epoch->end_ns, UINT64_MAX);
}

/* The counter. */

static void count_from(struct epoch_counter *counter, const struct epoch *epoch)
{
    counter->epoch = epoch;
    schedule_resume(&counter->cursor, &epoch->piece.schedule, &epoch->walk);
}

void epoch_counter_init(struct epoch_counter *counter, const struct epoch *first)
{
    count_from(counter, first);
}

uint64_t epoch_count(struct epoch_counter *counter, uint64_t t_ns)
{
    const struct epoch *next = NULL;
    while ((next = next_of(counter->epoch)) && next->at_ns <= t_ns) {
        count_from(counter, next);
    }
    uint64_t end_ns = atomic_load_explicit(&counter->epoch->end_ns, memory_order_acquire);
    t_ns = most(least(t_ns, end_ns), counter->epoch->at_ns);
    const struct piece *piece = &counter->epoch->piece;
    return piece->first + schedule_count_next(&counter->cursor, t_ns - piece->at_ns);
}

void epoch_init_next(struct epoch *next, const struct epoch_counter *counter, uint64_t at_ns,
                     const struct schedule *schedule, const struct slots *slots)
{
    struct epoch_counter at = *counter;
    uint64_t first = epoch_count(&at, at_ns);
    const struct epoch *last = at.epoch;
    memset(next, 0, sizeof *next);
    atomic_init(&next->end_ns, UINT64_MAX);
    next->number = last->number + 1;
    next->at_ns = at_ns;
    next->first = first;
    next->slots = slots ? *slots : last->slots;
    if (schedule) {
        next->piece = (struct piece){.at_ns = at_ns, .first = first, .schedule = *schedule};
        schedule_begin(&at.cursor, schedule);
    } else {
        next->piece = last->piece;
    }
    next->walk = at.cursor.walk;
}

void epoch_close(struct epoch *last, uint64_t at_ns)
{
    atomic_store(&last->end_ns, at_ns);
}

void epoch_publish(struct epoch *last, struct epoch *next)
{
    atomic_store_explicit(&last->next, next, memory_order_release);
}

/* The cursor. */

static void enter(struct epoch_cursor *cursor, const struct epoch *epoch)
{
    cursor->epoch = epoch;
    schedule_resume(&cursor->schedule, &epoch->piece.schedule, &epoch->walk);
    share_init(&cursor->share, &epoch->slots, cursor->thread);
    cursor->number = share_seek(&cursor->share, most(epoch->first, cursor->after));
}

/* Finds the epoch that the number belongs to, and then its moment. */
void epoch_settle(struct epoch_cursor *cursor)
{
    const struct epoch *next = NULL;
    while ((next = next_of(cursor->epoch)) && cursor->number >= next->first) {
        enter(cursor, next);
    }
    const struct piece *piece = &cursor->epoch->piece;
    cursor->due_ns = UINT64_MAX;
    if (cursor->number != SHARE_END) {
        uint64_t due_ns = schedule_due(&cursor->schedule, cursor->number - piece->first);
        cursor->due_ns = due_ns < UINT64_MAX - piece->at_ns ? piece->at_ns + due_ns : UINT64_MAX;
    }
}

void epoch_cursor_init(struct epoch_cursor *cursor, const struct epoch *epoch, uint16_t thread)
{
    cursor->thread = thread;
    cursor->after = 0;
    enter(cursor, epoch);
    epoch_settle(cursor);
}

void epoch_take(struct epoch_cursor *cursor)
{
    cursor->after = cursor->number + 1;
    cursor->number = share_next(&cursor->share);
    epoch_settle(cursor);
}

/* The part. */

void epoch_part_init(struct epoch_part *part, const struct epoch *first, uint16_t thread)
{
    *part = (struct epoch_part){.epoch = first, .thread = thread};
    share_init(&part->share, &first->slots, thread);
}

uint64_t epoch_part_count(struct epoch_part *part, uint64_t n)
{
    const struct epoch *next = NULL;
    while ((next = next_of(part->epoch)) && next->first <= n) {
        part->before += share_count(&part->share, part->epoch->first, next->first);
        part->epoch = next;
        share_init(&part->share, &next->slots, part->thread);
    }
    return part->before + share_count(&part->share, part->epoch->first, n);
}
