#include "loadgen/cluster/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"

void roster_free(struct roster *roster)
{
    free(roster->list);
    finder_free(&roster->finder);
    *roster = (struct roster){0};
}

/* The state of a worker in this run, according to its announcement. */
static enum roster_state state_of(const struct roster *roster, const struct wire_announce *announce)
{
    if (announce->run != roster->run || roster->run == 0) {
        return ROSTER_WAITING;
    }
    switch (announce->state) {
    case WIRE_READY:
    case WIRE_RUNNING:
        return ROSTER_READY;
    case WIRE_REFUSED:
        return ROSTER_REFUSED;
    default:
        return ROSTER_WAITING;
    }
}

/* Removes members that are gone and have no seat. */
static void forget(struct roster *roster)
{
    size_t kept = 0;
    finder_clear(&roster->finder);
    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_member *member = &roster->list[i];
        if (!roster_is_gone(member) || member->threads > 0) {
            finder_add(&roster->finder, &member->last.from, kept);
            roster->list[kept++] = *member;
        }
    }
    roster->count = kept;
}

void roster_begin(struct roster *roster, uint64_t run)
{
    roster->run = run;
    roster->has_slots = false;
    roster->is_stuck = false;
    roster->threads = 0;
    for (size_t i = 0; i < roster->count; i++) {
        struct roster_member *member = &roster->list[i];
        member->first = member->threads = member->slots = 0;
        member->is_passed_over = false;
        if (member->state == ROSTER_LEAVING) {
            member->state = ROSTER_LEFT;
        } else if (!roster_is_gone(member)) {
            member->state = state_of(roster, &member->last);
        }
    }
    forget(roster);
}

struct roster_member *roster_find(const struct roster *roster, const struct wire_worker *worker)
{
    size_t place = finder_find(&roster->finder, worker);
    return place == FINDER_NONE ? NULL : &roster->list[place];
}

static struct roster_member *add(struct roster *roster, const struct wire_worker *worker)
{
    size_t count = roster->count + 1;
    roster->list = memory_of(realloc(roster->list, count * sizeof *roster->list));
    finder_add(&roster->finder, worker, roster->count);
    struct roster_member *member = &roster->list[roster->count++];
    *member = (struct roster_member){.last.from = *worker, .heard_ns = roster->clock_ns};
    return member;
}

void roster_restore(struct roster *roster, const struct wire_epoch *epoch)
{
    roster_begin(roster, epoch->run);
    for (size_t i = 0; i < epoch->count; i++) {
        const struct wire_seat *seat = &epoch->seats[i];
        struct roster_member *member = roster_find(roster, &seat->worker);
        if (!member) {
            member = add(roster, &seat->worker);
            member->state = ROSTER_READY;
            member->last.threads = seat->threads;
            member->is_silent = true;
        }
        member->first = seat->first;
        member->threads = seat->threads;
    }
    roster->threads = wire_epoch_threads(epoch);
    roster_set(roster, &epoch->slots);
}

static void note_word(struct roster *roster, struct roster_member *member)
{
    member->heard_ns = roster->clock_ns;
    roster->has_changed |= member->is_silent;
    member->is_silent = false;
    member->is_passed_over &= member->state != ROSTER_LOST;
}

bool roster_hear(struct roster *roster, const struct wire_announce *announce, struct err *err)
{
    struct roster_member *member = roster_find(roster, &announce->from);
    if (!member && roster->count == WIRE_WORKERS) {
        forget(roster);
    }
    if (!member && roster->count == WIRE_WORKERS) {
        return err_set(err, ERR_FAILED, "%s cannot take part: there are %d workers already",
                       announce->from.name, WIRE_WORKERS);
    }
    if (!member) {
        member = add(roster, &announce->from);
        roster->has_changed = true;
    }
    if (member->threads > 0 && announce->run != roster->run) {
        return true; /* it has ended its part, and its account will follow */
    }
    note_word(roster, member);
    member->last = *announce;
    if (member->state != ROSTER_LEAVING && member->state != ROSTER_LEFT) {
        enum roster_state state = state_of(roster, announce);
        roster->has_changed |= state != member->state;
        member->state = state;
    }
    return true;
}

void roster_leave(struct roster *roster, const struct wire_leave *leave)
{
    struct roster_member *member = roster_find(roster, &leave->from);
    if (member && member->state != ROSTER_LEFT) {
        note_word(roster, member);
        member->state = member->slots > 0 ? ROSTER_LEAVING : ROSTER_LEFT;
        roster->has_changed = true;
    }
}

static void note_silence(struct roster *roster, struct roster_member *member)
{
    uint64_t silence_ns = roster->clock_ns - member->heard_ns;
    if (roster_is_gone(member)) {
        return;
    }
    if (silence_ns >= ROSTER_LOST_NS) {
        member->state = ROSTER_LOST;
        member->is_silent = true;
        roster->has_changed = true;
    } else if (silence_ns >= ROSTER_SILENT_NS && !member->is_silent) {
        member->is_silent = true;
        roster->has_changed = true;
    }
}

bool roster_tick(struct roster *roster, uint64_t now_ns, bool is_connected)
{
    if (roster->is_connected && is_connected && now_ns > roster->tick_ns) {
        roster->clock_ns += least(now_ns - roster->tick_ns, ROSTER_TICK_MAX_NS);
    }
    roster->tick_ns = now_ns;
    roster->is_connected = is_connected;
    for (size_t i = 0; i < roster->count; i++) {
        note_silence(roster, &roster->list[i]);
    }
    bool has_changed = roster->has_changed;
    roster->is_stuck &= !has_changed;
    roster->has_changed = false;
    return has_changed;
}

size_t roster_count(const struct roster *roster, enum roster_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_member *member = &roster->list[i];
        count += member->state == state && (state == ROSTER_LOST || !member->is_silent);
    }
    return count;
}

/* False: there is no room for the whole text. */
static bool print_member(const struct roster_member *member, const char *before, char *text,
                         size_t size)
{
    const struct wire_announce *last = &member->last;
    bool has_node = last->node[0] != '\0';
    int length =
        snprintf(text, size, "%s%s (%u thread%s%s%s)", before, last->from.name, last->threads,
                 last->threads == 1 ? "" : "s", has_node ? " on " : "", last->node);
    return length >= 0 && (size_t)length < size;
}

void roster_print(const struct roster *roster, enum roster_state state, char *text, size_t size)
{
    static const char more[] = ", ...";
    size_t length = 0;
    size_t room = size - sizeof more;
    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_member *member = &roster->list[i];
        if (member->state != state || (member->is_silent && state != ROSTER_LOST)) {
            continue;
        }
        if (!print_member(member, length > 0 ? ", " : "", text + length, room - length)) {
            snprintf(text + length, size - length, "%s", length > 0 ? more : "...");
            return;
        }
        length += strlen(text + length);
    }
    if (length == 0) {
        snprintf(text, size, "nobody");
    }
}
