#include "loadgen/agenda/agenda.h"

#include <string.h>

void agenda_init(struct agenda *agenda, const struct plan *plan, const struct source *source,
                 const struct timetable *timetable, uint16_t thread)
{
    memset(agenda, 0, sizeof *agenda);
    agenda->plan = plan;
    agenda->source = source;
    agenda->timetable = timetable;
    agenda->thread = thread;
    agenda->is_closed_loop = schedule_is_closed(&plan->schedule);
    agenda->cursor.epoch = &timetable->first->epoch;
}

/* Moves to the first request of an epoch; a closed loop continues unchanged. */
static void begin_epoch(struct agenda *agenda, const struct epoch *epoch, uint64_t base_ns)
{
    agenda->base_ns = base_ns;
    agenda->is_warming = base_ns < agenda->start_ns;
    if (agenda->is_closed_loop) {
        return;
    }
    if (agenda->upcoming && agenda->source->live) {
        agenda->source->live->release(agenda->source, agenda->upcoming);
    }
    agenda->upcoming = NULL;
    epoch_cursor_init(&agenda->cursor, epoch, agenda->thread);
}

static void add_free(struct agenda *agenda, uint64_t number, uint64_t now_ns)
{
    size_t last = (agenda->first_free + agenda->free_count) % agenda->users;
    agenda->free_users[last] = (struct timetable_user){now_ns, number};
    agenda->free_count++;
}

/* The closed loop. User u sends requests u, u + all users, u + twice as many... of its epoch:
 * pace/epoch.h. */

/* Starts the next user of the period. */
static void begin_user(struct agenda *agenda, uint64_t since_ns)
{
    const struct epoch *epoch = agenda_epoch(agenda);
    uint64_t user = agenda->next_user;
    while (epoch->slots.owner[user % SLOTS] != agenda->thread) {
        user++;
    }
    agenda->next_user = user + 1;
    add_free(agenda, epoch->number * EPOCH_NUMBERS + user, since_ns);
}

/* Switches to the users of a period. */
static void enter_period(struct agenda *agenda, const struct epoch *epoch)
{
    const struct period *period = period_of(epoch);
    unsigned index = agenda->thread - agenda->timetable->team->first;
    agenda->cursor.epoch = epoch;
    agenda->free_users = &period->rooms[period->room_at[index]];
    agenda->users = period_part(period, index);
    agenda->first_free = 0;
    agenda->free_count = 0;
    agenda->next_user = 0;
}

static void begin_users(struct agenda *agenda, uint64_t now_ns)
{
    enter_period(agenda, &agenda->timetable->first->epoch);
    while (agenda->free_count < agenda->users) {
        begin_user(agenda, now_ns);
    }
}

/* Free users continue, starting with the one that has waited longest; then new users start. */
static void change_users(struct agenda *agenda, const struct epoch *epoch)
{
    const struct timetable_user *before = agenda->free_users;
    const size_t room = agenda->users;
    size_t at = agenda->first_free;
    size_t left = agenda->free_count;
    enter_period(agenda, epoch);
    agenda->held = agenda->in_flight < agenda->users ? agenda->in_flight : agenda->users;
    while (agenda->free_count < agenda->users - agenda->held && !agenda->is_dropped) {
        uint64_t since_ns = agenda->start_ns + epoch->at_ns;
        if (left > 0) {
            since_ns = before[at].since_ns;
            at = (at + 1) % room;
            left--;
        }
        begin_user(agenda, since_ns);
    }
}

static const struct epoch *next_period(const struct agenda *agenda)
{
    return atomic_load_explicit(&agenda_epoch(agenda)->next, memory_order_acquire);
}

uint64_t agenda_change_ns(const struct agenda *agenda)
{
    const struct epoch *next = agenda->is_closed_loop ? next_period(agenda) : NULL;
    return next ? agenda->start_ns + next->at_ns : UINT64_MAX;
}

void agenda_begin(struct agenda *agenda, uint64_t start_ns, uint64_t end_ns)
{
    const struct timetable *timetable = agenda->timetable;
    uint64_t base_ns = start_ns - agenda->plan->warmup.duration_ns;
    agenda->start_ns = start_ns;
    agenda->end_ns = end_ns;
    if (agenda->is_closed_loop) { /* at_ns is 0, except in a process that joins */
        uint64_t at_ns = timetable->first->epoch.at_ns;
        begin_users(agenda, at_ns > 0 ? start_ns + at_ns : base_ns);
    }
    begin_epoch(agenda, base_ns < start_ns ? &timetable->warmup : &timetable->first->epoch,
                base_ns);
}

/*
 * Discards a request that was fetched for another number. A live source hands out each request only
 * once.
 */
static void follow(struct agenda *agenda)
{
    uint64_t number = agenda->cursor.number;
    epoch_follow(&agenda->cursor);
    if (agenda->cursor.number != number && !agenda->source->live) {
        agenda->upcoming = NULL;
    }
}

void agenda_advance(struct agenda *agenda, uint64_t now_ns)
{
    if (agenda->is_warming && now_ns >= agenda->start_ns) {
        begin_epoch(agenda, &agenda->timetable->first->epoch, agenda->start_ns);
    } else if (!agenda->is_closed_loop) {
        follow(agenda);
    }
    while (agenda_change_ns(agenda) <= now_ns) {
        change_users(agenda, next_period(agenda));
    }
}

void agenda_end_at(struct agenda *agenda, uint64_t end_ns)
{
    agenda->end_ns = end_ns < agenda->end_ns ? end_ns : agenda->end_ns;
}

uint64_t agenda_phase_end_ns(const struct agenda *agenda)
{
    return agenda->is_warming && agenda->start_ns < agenda->end_ns ? agenda->start_ns
                                                                   : agenda->end_ns;
}

/* Open loop; UINT64_MAX: nothing is due in this epoch. */
static uint64_t due_ns(const struct agenda *agenda)
{
    uint64_t after_ns = agenda->cursor.due_ns;
    return after_ns < UINT64_MAX - agenda->base_ns ? agenda->base_ns + after_ns : UINT64_MAX;
}

bool agenda_has_next(const struct agenda *agenda)
{
    return agenda->is_closed_loop
               ? agenda->free_count > 0
               : !agenda->is_dropped && due_ns(agenda) < agenda_phase_end_ns(agenda) &&
                     epoch_is_open(&agenda->cursor);
}

uint64_t agenda_due_ns(const struct agenda *agenda)
{
    return agenda->is_closed_loop ? agenda->free_users[agenda->first_free].since_ns
                                  : due_ns(agenda);
}

uint64_t agenda_number(const struct agenda *agenda)
{
    return agenda->is_closed_loop ? agenda->free_users[agenda->first_free].number
                                  : agenda->cursor.number;
}

const struct request *agenda_peek(struct agenda *agenda)
{
    if (!agenda->upcoming) {
        /* In a closed loop each thread cycles through the targets at its own speed. */
        uint64_t k =
            agenda->is_closed_loop ? agenda->taken + agenda->thread : agenda->cursor.number;
        agenda->upcoming = agenda->source->next(agenda->source, k);
    }
    return agenda->upcoming;
}

void agenda_end_if_exhausted(struct agenda *agenda, uint64_t now_ns)
{
    if (!agenda_peek(agenda) && agenda->source->live->is_ended(agenda->source)) {
        agenda_end_at(agenda, now_ns);
        agenda_drop(agenda);
        atomic_store_explicit(&agenda->source_ended, true, memory_order_relaxed);
    }
}

void agenda_mark_sent(struct agenda *agenda)
{
    agenda->upcoming = NULL;
    agenda->taken++;
    if (agenda->is_closed_loop) {
        agenda->first_free = (agenda->first_free + 1) % agenda->users;
        agenda->free_count--;
        agenda->in_flight++;
    } else {
        epoch_take(&agenda->cursor);
    }
}

void agenda_end_request(struct agenda *agenda, uint64_t number, uint64_t now_ns)
{
    const struct epoch *epoch = agenda_epoch(agenda);
    agenda->in_flight--;
    if (number / EPOCH_NUMBERS == epoch->number) {
        add_free(agenda, number + period_of(epoch)->users, now_ns);
    } else if (agenda->held > 0 && agenda->in_flight + agenda->free_count < agenda->users) {
        agenda->held--;
        begin_user(agenda, now_ns);
    }
}

void agenda_drop(struct agenda *agenda)
{
    agenda->is_dropped = true;
    agenda->free_count = 0;
}
