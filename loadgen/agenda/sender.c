#include "loadgen/agenda/sender.h"

#include <string.h>

#include "loadgen/drive/limits.h"
#include "loadgen/order/order.h"

void sender_init(struct sender *sender, const struct order *order,
                 const struct timetable *timetable, struct drive_thread *thread)
{
    memset(sender, 0, sizeof *sender);
    sender->thread = thread;
    sender->seat = &timetable->seats[thread->index];
    agenda_init(&sender->agenda, order->plan, order->source, timetable, thread->number);
}

static bool has_room(struct sender *sender)
{
    struct engine *engine = sender->thread->engine;
    if (sender->thread->in_flight >= sender->slots) {
        return false;
    }
    const struct request *request = agenda_peek(&sender->agenda);
    return !request || engine->type->has_room(engine, request->endpoint);
}

/* Starts earlier requests first, because the thread's shares of the caps change only now. */
static void enter_epoch(struct sender *sender, const struct epoch *epoch)
{
    const struct agenda *agenda = &sender->agenda;
    const struct plan *plan = agenda->plan;
    bool is_warmup = epoch == &agenda->timetable->warmup;
    uint64_t users = is_warmup ? plan->max_workers : period_of(epoch)->users;
    struct plan now = *plan;
    now.max_workers = users;
    sender->epoch = epoch;
    sender->slots =
        users == UINT64_MAX ? UINT64_MAX : slots_part(&epoch->slots, agenda->thread, users);
    sender->is_capped =
        agenda->is_closed_loop ? plan_cap(&now) < users : plan_cap(&now) != UINT64_MAX;
    limits_split(&sender->thread->limits, plan->max_connections, plan->max_idle, &epoch->slots,
                 agenda->thread);
    atomic_store_explicit(&sender->seat->entered, epoch->number, memory_order_release);
}

static inline void follow_epoch(struct sender *sender)
{
    if (agenda_epoch(&sender->agenda) != sender->epoch) {
        enter_epoch(sender, agenda_epoch(&sender->agenda));
    }
}

void sender_begin(struct sender *sender, struct busy_peer *peers, uint64_t end_ns)
{
    const struct drive_thread *thread = sender->thread;
    agenda_begin(&sender->agenda, thread->start_ns, end_ns);
    busy_init(&sender->busy, peers, thread->team->threads, thread->index, sender->agenda.base_ns);
    follow_epoch(sender);
}

/*
 * After the end: drops all requests if the next one has to wait, or its grace time is over. True if
 * it did.
 */
static bool drop_after_end(struct sender *sender, uint64_t now_ns, bool has_room)
{
    struct agenda *agenda = &sender->agenda;
    if (now_ns < agenda->end_ns) {
        return false;
    }
    bool is_waiting = agenda->is_closed_loop || (!has_room && busy_all(&sender->busy));
    if (!is_waiting && now_ns < agenda->end_ns + SENDER_GRACE_NS) {
        return false;
    }
    sender->is_out_of_grace = !is_waiting;
    agenda_drop(agenda);
    return true;
}

/* After a cut-off, requests that are due now may belong to another process. */
static bool drop_if_cut_off(struct sender *sender)
{
    bool is_cut_off = !drive_may_send(sender->thread);
    if (is_cut_off) {
        agenda_drop(&sender->agenda);
    }
    return is_cut_off;
}

static void start_one(struct sender *sender)
{
    struct agenda *agenda = &sender->agenda;
    struct send send = {
        .request = agenda_peek(agenda),
        .terms = sender->thread->terms,
        .number = agenda_number(agenda),
        .intended_ns = agenda_due_ns(agenda),
    };
    if (sender->is_capped) {
        send.wait_ns = busy_between(&sender->busy, send.intended_ns, clock_now_ns());
    }
    send.row = send.request->row;
    agenda_mark_sent(agenda);
    drive_send(sender->thread, &send);
    follow_epoch(sender);
    if (sender->is_capped && has_room(sender) == sender->busy.is_full) {
        busy_note(&sender->busy, !sender->busy.is_full, clock_now_ns());
    }
}

bool sender_start_due(struct sender *sender, uint64_t now_ns, unsigned most)
{
    struct agenda *agenda = &sender->agenda;
    if (sender->is_starting) {
        return false; /* an exchange ended inside start_one: the loop below continues */
    }
    sender->is_starting = true;
    agenda_advance(agenda, now_ns);
    follow_epoch(sender);
    unsigned started = 0;
    while (started < most && agenda_has_next(agenda) && agenda_due_ns(agenda) <= now_ns) {
        bool room = has_room(sender);
        if (drop_after_end(sender, now_ns, room) || drop_if_cut_off(sender) || !room) {
            break;
        }
        if (!agenda_peek(agenda)) {
            agenda_end_if_exhausted(agenda, now_ns);
            break;
        }
        start_one(sender);
        started++;
    }
    if (started > 0 && agenda->source->live) {
        /* The last request ends the attack immediately, not when the next one would be due. */
        agenda_end_if_exhausted(agenda, now_ns);
    }
    sender->is_starting = false;
    return started > 0;
}

void sender_end_one(struct sender *sender, const struct exchange *exchange)
{
    struct agenda *agenda = &sender->agenda;
    uint64_t done_ns = exchange->done_ns;
    if (agenda->is_closed_loop) {
        agenda_end_request(agenda, exchange->number, done_ns);
    }
    if (sender->is_capped) {
        if (done_ns >= agenda->end_ns && busy_all(&sender->busy)) {
            agenda_drop(agenda); /* it waited for a connection when the run ended */
        }
        busy_note(&sender->busy, !has_room(sender), done_ns);
    }
}

uint64_t sender_next_ns(struct sender *sender, uint64_t now_ns)
{
    struct agenda *agenda = &sender->agenda;
    uint64_t end_ns = agenda->end_ns;
    uint64_t at_ns = now_ns < end_ns ? agenda_phase_end_ns(agenda) : UINT64_MAX;
    uint64_t change_ns = agenda_change_ns(agenda);
    at_ns = change_ns < at_ns ? change_ns : at_ns;
    if (agenda_has_next(agenda)) {
        uint64_t due_ns = agenda_due_ns(agenda);
        if (due_ns > now_ns || (agenda_peek(agenda) && has_room(sender))) {
            at_ns = due_ns < at_ns ? due_ns : at_ns;
        } else if (now_ns >= end_ns) {
            at_ns = end_ns + SENDER_GRACE_NS;
        }
    }
    return at_ns;
}
