/*
 * The controller's epochs (wire/epoch.h). An epoch is due when workers join or leave, or when the
 * schedule changes. It is published EPOCH_LEAD_NS in advance, and becomes final when all workers
 * that lose slots have received it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/plural.h"
#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"
#include "loadgen/cluster/controller/course.h"
#include "loadgen/cluster/names.h"
#include "loadgen/drive/cargo.h"
#include "loadgen/drive/driver.h"

#define EPOCH_LEAD_NS (2 * NS_PER_S)
#define EPOCH_PATIENCE_NS NS_PER_S /* after its time, it becomes final with the old slots */

/* The same, in addition to the time-out of requests, if users must end before they move. */
#define USERS_PATIENCE_NS (60 * NS_PER_S)

static void write_epoch(struct course *course, const struct knot *knot, bool is_final,
                        struct bytes *out)
{
    const struct epoch *epoch = &knot->epoch;
    struct wire_epoch message = {
        .run = course->run,
        .number = epoch->number,
        .is_final = is_final,
        .at_ns = epoch->at_ns,
        .first = epoch->first,
        .users = knot->users,
        .users_from = profile_users(&course->profile, epoch->at_ns),
        .users_per_s = knot->users_per_s,
        .piece = epoch->piece,
        .walk = epoch->walk,
        .slots = epoch->slots,
    };
    roster_fill_seats(&course->roster, &message);
    wire_write_epoch(out, &message);
    wire_epoch_free(&message);
}

static bool is_final_epoch(const struct bus_message *value)
{
    struct wire_epoch epoch;
    struct slice data = {(const char *)value->data, value->length};
    if (wire_read_epoch(data, &epoch) != WIRE_READ_OK) {
        return false;
    }
    wire_epoch_free(&epoch);
    return epoch.is_final;
}

/*
 * Reads the key again, after a conflict or a call without an answer. An older proposal of this
 * controller is replaced by the next attempt. A final epoch of another controller means that this
 * one must not write anything more.
 */
static enum bus_status look_back(struct course *course, struct knot *knot, const char *key,
                                 const struct bytes *wanted)
{
    struct bus_message value;
    enum bus_status status = bucket_get(course->bucket, key, &value);
    if (status != BUS_OK) {
        knot->revision = status == BUS_MISSING ? 0 : knot->revision;
        return status;
    }
    bool is_ours =
        value.length == wanted->length && memcmp(value.data, wanted->at, value.length) == 0;
    if (is_ours || !is_final_epoch(&value)) {
        knot->revision = value.sequence;
    } else {
        course->is_superseded = true;
    }
    bus_message_free(&value);
    return is_ours ? BUS_OK : BUS_CONFLICT;
}

/* Stores an epoch, if its key has the expected revision. Unless BUS_OK, call it again later. */
static enum bus_status publish(struct course *course, struct knot *knot, bool is_final)
{
    struct bytes out = {0};
    const struct names_text key = names_epoch_key(course->run, knot->epoch.number);
    write_epoch(course, knot, is_final, &out);
    enum bus_status status =
        knot->revision > 0
            ? bucket_change(course->bucket, key.text, out.at, out.length, knot->revision,
                            &knot->revision)
            : bucket_add(course->bucket, key.text, out.at, out.length, &knot->revision);
    if (status == BUS_UNREACHABLE || status == BUS_CONFLICT) {
        status = look_back(course, knot, key.text, &out);
    }
    bytes_free(&out);
    return status;
}

/* The number of users of a scenario does not limit the workers that can have some. */
static uint64_t cap_of(const struct course *course, uint64_t users)
{
    if (course->driver_type->cargo) {
        return plan_cap(course->order->plan);
    }
    struct plan plan = *course->order->plan;
    plan.max_workers = users;
    return plan_cap(&plan);
}

static void begin_profile(struct course *course, struct knot *knot)
{
    const struct driver_cargo *cargo = course->driver_type->cargo;
    if (cargo) {
        course->is_elastic = cargo->add_profile(course->order->source, &course->profile);
        knot->users = UINT64_MAX;
        if (course->is_elastic) {
            const struct profile_piece *piece = &course->profile.list[0];
            knot->users = piece->to;
            knot->users_per_s = piece->per_s;
        }
    }
}

bool course_begin_epochs(struct course *course, struct err *err)
{
    const struct plan *plan = course->order->plan;
    struct slots slots;
    if (!roster_deal(&course->roster, plan_cap(plan), &slots)) {
        return err_set(err, ERR_FAILED, "no worker can own a part of the run");
    }
    struct knot *knot = memory_of(calloc(1, sizeof *knot));
    epoch_init(&knot->epoch, &plan->schedule, &slots);
    knot->users = plan->max_workers;
    begin_profile(course, knot);
    course->first = course->last = knot;
    epoch_counter_init(&course->counter, &knot->epoch);
    roster_set(&course->roster, &slots);
    enum bus_status status = publish(course, knot, true);
    return status == BUS_OK ||
           err_set(err, ERR_FAILED, "the slots of the workers cannot be published: %s",
                   bus_status_text(status));
}

/* The change requested during the run (run/changes.h); NULL: none. */
static const struct change *find_wish(struct course *course)
{
    struct changes *changes = course->control->changes;
    course->has_wish = course->has_wish || (changes && changes_take(changes, &course->wish));
    return course->has_wish ? &course->wish.change : NULL;
}

static void note_change(struct course *course, const struct change *change, uint64_t at_ns)
{
    char words[SCHEDULE_TEXT];
    if (change->schedule) {
        summary_change_schedule(course->summary, schedule_print(change->schedule, words), at_ns);
    }
    if (change->users > 0 && course->is_elastic) {
        snprintf(words, sizeof words, "%" PRIu64 " %s", change->users,
                 plural(change->users, "user", "users"));
        summary_change_schedule(course->summary, words, at_ns);
        profile_add(&course->profile, at_ns, change->users, course->next->users_per_s);
    }
}

/* False: there is nothing to change, because the slots must stay with their owners. */
static bool fill_next(struct course *course, struct knot *next, const struct change *change)
{
    const struct knot *last = course->last;
    struct slots slots;
    uint64_t at_ns = most(course_now_ns(course) + EPOCH_LEAD_NS, last->epoch.at_ns);
    next->users = change && change->users ? change->users : last->users;
    next->users_per_s = change && change->users_per_s > 0 ? change->users_per_s : last->users_per_s;
    /* A new number of users does not wait for users that must end before they move. */
    bool keeps_slots = change && course->driver_type->cargo;
    if (keeps_slots || !roster_deal(&course->roster, cap_of(course, next->users), &slots)) {
        if (!change) {
            return false;
        }
        slots = last->epoch.slots;
    }
    epoch_init_next(&next->epoch, &course->counter, at_ns, change ? change->schedule : NULL,
                    &slots);
    course->decide_ns =
        at_ns + (course->driver_type->cargo ? USERS_PATIENCE_NS + course->order->plan->timeout_ns
                                            : EPOCH_PATIENCE_NS);
    return true;
}

/*
 * Creates the next epoch, and tells the workers to wait for it. If that fails, a new one is
 * created, because its time must be in the future.
 */
static void propose(struct course *course, const struct change *change)
{
    struct knot *next = memory_of(calloc(1, sizeof *next));
    next->revision = course->next_revision;
    if (!fill_next(course, next, change)) {
        free(next);
        course_tell_merge(course);
        return;
    }
    if (publish(course, next, false) != BUS_OK) {
        course->next_revision = next->revision;
        free(next);
        return;
    }
    course->next = next;
    course->next_revision = 0;
    if (change) {
        note_change(course, change, next->epoch.at_ns);
        course->has_wish = false;
    }
}

struct cargo_part course_part(const struct course *course, const struct roster_member *member)
{
    return course->driver_type->cargo->part(course->order->source, &course->first->epoch.slots,
                                            member->first, member->threads);
}

/*
 * The number of requests, of the first n, that this worker had to send. Users send all of their
 * part only if neither a stop nor a duration ends the run before.
 */
static uint64_t count_intended(const struct course *course, const struct roster_member *member,
                               uint64_t n)
{
    const struct driver_cargo *cargo = course->driver_type->cargo;
    uint64_t intended = 0;
    if (cargo) {
        bool is_cut_short =
            course->stop_ns != UINT64_MAX || course->order->plan->schedule.duration_ns > 0;
        return is_cut_short ? UINT64_MAX : course_part(course, member).requests;
    }
    if (schedule_is_closed(&course->order->plan->schedule)) {
        return UINT64_MAX;
    }
    for (uint16_t i = 0; i < member->threads; i++) {
        struct epoch_part part;
        epoch_part_init(&part, &course->first->epoch, (uint16_t)(member->first + i));
        intended += epoch_part_count(&part, n);
    }
    return intended;
}

/* The run time up to which requests are due: now, or the end. */
static uint64_t until_ns(const struct course *course, uint64_t stop_ns)
{
    uint64_t duration_ns = course->order->plan->schedule.duration_ns;
    uint64_t end_ns = least(stop_ns, duration_ns > 0 ? duration_ns : UINT64_MAX);
    return least(course_now_ns(course), end_ns);
}

void course_tell_merge(struct course *course)
{
    uint64_t due = epoch_count(&course->counter, until_ns(course, course->stop_ns));
    uint64_t n = most(due, course->last->epoch.first);
    for (size_t i = 0; i < course->roster.count; i++) {
        const struct roster_member *member = &course->roster.list[i];
        if (member->slots > 0) {
            merge_expect(course->merge, &member->last.from, course->last->epoch.at_ns);
        }
        if (member->state == ROSTER_LOST && member->threads > 0) {
            merge_lose(course->merge, &member->last.from, count_intended(course, member, n));
        }
    }
}

/* Workers that were not told to stop go on. */
void course_lose_rest(struct course *course)
{
    uint64_t stop_ns = course->stops > 0 ? course->stop_ns : UINT64_MAX;
    uint64_t due = epoch_count(&course->counter, until_ns(course, stop_ns));
    uint64_t n = most(due, course->last->epoch.first);
    for (size_t i = 0; i < course->roster.count; i++) {
        const struct roster_member *member = &course->roster.list[i];
        if (member->threads > 0) {
            merge_lose(course->merge, &member->last.from, count_intended(course, member, n));
        }
    }
}

/*
 * True if the slots must stay with their owners: a new one is gone, and can never take them, or
 * users would start after the end of the run.
 */
static bool is_void(const struct course *course, const struct knot *next, bool has_ended)
{
    return (has_ended && course->driver_type->cargo) ||
           roster_gives_to_gone(&course->roster, &next->epoch.slots);
}

/*
 * Decides the owners of the slots once, because an attempt to publish them may have been stored
 * although it failed.
 */
static bool decide(const struct course *course, struct knot *next, bool has_ended)
{
    bool stays = is_void(course, next, has_ended);
    bool is_agreed =
        !stays && roster_has_agreed(&course->roster, &next->epoch.slots, next->epoch.number + 1);
    if (!stays && !is_agreed && course_now_ns(course) < course->decide_ns) {
        return false;
    }
    if (!is_agreed) {
        next->epoch.slots = course->last->epoch.slots;
    }
    next->is_decided = true;
    return true;
}

/* The users of slots that have got another owner. */
static void count_moved(struct course *course, const struct epoch *next)
{
    const uint16_t *before = course->last->epoch.slots.owner;
    uint64_t users = profile_users(&course->profile, next->at_ns);
    for (uint64_t slot = 0; slot < SLOTS && slot < users; slot++) {
        if (before[slot] != next->slots.owner[slot]) {
            course->summary->users_moved += (users - slot - 1) / SLOTS + 1;
        }
    }
}

static void settle(struct course *course, bool has_ended)
{
    struct knot *next = course->next;
    if ((!next->is_decided && !decide(course, next, has_ended)) ||
        publish(course, next, true) != BUS_OK) {
        return; /* will be retried */
    }
    course->has_moved |=
        memcmp(&next->epoch.slots, &course->last->epoch.slots, sizeof next->epoch.slots) != 0;
    count_moved(course, &next->epoch);
    epoch_publish(&course->last->epoch, &next->epoch);
    roster_set(&course->roster, &next->epoch.slots);
    course->last->next = next;
    course->last = next;
    course->next = NULL;
    course_tell_merge(course);
}

void course_move_epochs(struct course *course)
{
    uint64_t now_ns = course_now_ns(course);
    uint64_t duration_ns = course->order->plan->schedule.duration_ns;
    bool is_stopped = course->stop_ns != UINT64_MAX;
    bool is_late = duration_ns > 0 && now_ns + EPOCH_LEAD_NS >= duration_ns;
    bool has_ended = is_stopped || (duration_ns > 0 && now_ns >= duration_ns);
    epoch_count(&course->counter, until_ns(course, course->stop_ns));
    if (course->next) {
        settle(course, has_ended);
    } else if (has_ended || !course->can_move) {
        course_tell_merge(course); /* no worker takes over the slots of another */
    } else if (!is_late && (find_wish(course) || roster_is_epoch_due(&course->roster))) {
        propose(course, find_wish(course));
    }
}

void course_free_epochs(struct course *course)
{
    struct knot *knot = course->first;
    while (knot) {
        struct knot *next = knot->next;
        free(knot);
        knot = next;
    }
    free(course->next);
}
