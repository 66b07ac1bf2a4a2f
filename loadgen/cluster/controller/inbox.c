/* Handles the messages of workers to the controller. */
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/base/least.h"
#include "loadgen/cluster/controller/course.h"
#include "loadgen/cluster/names.h"
#include "loadgen/cluster/wire/clock.h"
#include "loadgen/drive/cargo.h"
#include "loadgen/drive/driver.h"
#include "loadgen/run/changes.h"

enum { SOURCE_ANNOUNCE, SOURCE_ASK, SOURCE_TALLY };
enum { QUEUE_MESSAGES = 4096, WAIT_MS = 100 };

/* How long the run waits for a worker that was cut off, even if all others have ended. */
#define RETURN_NS (30 * NS_PER_S)
#define TURN_NS (5 * NS_PER_MS) /* from one turn to the next, at least */

bool course_listen(struct course *course, uint64_t from, struct err *err)
{
    const struct bus_follow tallies = {
        .stream = NAMES_TALLIES,
        .subject = NAMES_TALLY ".*",
        .from = from,
        .heartbeat_ns = NS_PER_S, /* seconds are reported 3 s after their end at the latest */
    };
    course->queue = bus_queue_create(course->bus, QUEUE_MESSAGES, err);
    return course->queue &&
           bus_queue_listen(course->queue, SOURCE_ANNOUNCE, names_subject(NAMES_ANNOUNCE, "*").text,
                            err) &&
           bus_queue_listen(course->queue, SOURCE_ASK, names_subject(NAMES_ASK, "*").text, err) &&
           bus_queue_follow(course->queue, SOURCE_TALLY, &tallies, err);
}

bool course_is_from(const struct bus_message *message, const char *subject,
                    const struct wire_worker *worker)
{
    return strcmp(message->subject, names_subject(subject, worker->name).text) == 0;
}

static void take_announce(struct course *course, const struct bus_message *message,
                          struct slice data)
{
    struct wire_announce announce;
    struct wire_leave leave;
    struct err err = {.code = ERR_NONE};
    if (wire_kind(data) == WIRE_LEAVE) {
        if (wire_read_leave(data, &leave) == WIRE_READ_OK &&
            course_is_from(message, NAMES_ANNOUNCE, &leave.from)) {
            roster_leave(&course->roster, &leave);
        }
    } else if (wire_read_announce(data, &announce) == WIRE_READ_OK &&
               course_is_from(message, NAMES_ANNOUNCE, &announce.from) &&
               !roster_hear(&course->roster, &announce, &err)) {
        course_tell(course, "%s", err.text);
    }
}

static void take_ask(const struct course *course, const struct bus_message *message,
                     struct slice data)
{
    struct wire_ask ask;
    struct bytes out = {0};
    if (!message->reply || wire_read_ask(data, &ask) != WIRE_READ_OK) {
        return;
    }
    const struct wire_answer answer = {
        .clock = course->clock,
        .sent_ns = ask.sent_ns,
        .received_ns = message->arrived_ns,
        .answered_ns = clock_now_ns(),
    };
    wire_write_answer(&out, &answer);
    bus_publish(course->bus, message->reply, out.at, out.length);
    bytes_free(&out);
}

/* What scripts say of the run. One of them may have ended it for all. */
static void take_account(struct course *course, const struct wire_end *end)
{
    const struct driver_cargo *cargo = course->driver_type->cargo;
    json_t *account = cargo ? json_loadb(end->account.at, end->account.length, 0, NULL) : NULL;
    if (account) {
        course->has_quit |=
            cargo->take_account(course->order->source, account, &course->summary->exceptions);
    }
    json_decref(account);
}

/* It joins the run again as another member. What its driver cannot hand over ends with it. */
static void take_cut_off(struct course *course, const struct roster_member *member)
{
    course_tell(course, "%s did not reach the broker for 15 s, and has stopped%s",
                member->last.from.name, course->can_move ? "" : ": its users have ended");
    course->return_by_ns = course->roster.clock_ns + RETURN_NS;
    course->has_moved = true;
}

/*
 * A worker that has sent its account sends no more requests, so its slots can be moved immediately.
 * What its driver cannot hand over ends with it.
 */
static void take_end(struct course *course, const struct wire_end *end)
{
    struct roster_member *member = roster_find(&course->roster, &end->from);
    bool is_first = !course->driver_type->cargo || !merge_has_ended(course->merge, &end->from);
    if (!merge_end(course->merge, end)) {
        return;
    }
    if (is_first) {
        take_account(course, end);
    }
    if (is_first && member && member->state == ROSTER_LEAVING && !course->can_move) {
        course_tell(course, "%s has left, and its users have ended", end->from.name);
        course->has_moved = true;
    }
    if (end->problem[0] != '\0') {
        course_tell(course, "%s failed: %s", end->from.name, end->problem);
        err_set(&course->err, ERR_FAILED, "%s: %s", end->from.name, end->problem);
    }
    if (member && end->is_cut_off && member->state != ROSTER_LEFT) {
        take_cut_off(course, member);
    }
    if (member) {
        member->state = ROSTER_LEFT;
    }
}

/*
 * The run time at which the broker stored the message, so that an old message that is read again
 * after a takeover does not count as late. The broker's clock may be behind ours, but no second is
 * reported before it has begun.
 */
static uint64_t stored_ns(const struct course *course, const struct bus_message *message,
                          uint64_t second)
{
    uint64_t now_ns = course_now_ns(course);
    uint64_t stored_ns =
        message->stored_ns > course->wall_ns ? message->stored_ns - course->wall_ns : 0;
    return course->replay_until > 0 ? least(most(stored_ns, second * NS_PER_S), now_ns) : now_ns;
}

static void take_tally(struct course *course, const struct bus_message *message, struct slice data)
{
    struct wire_tally tally;
    struct wire_end end;
    if (!course->merge) {
        return;
    }
    course->taken = message->sequence;
    course->reported_ns = course->roster.clock_ns;
    if (message->sequence >= course->replay_until) {
        course->replay_until = 0;
    }
    if (wire_kind(data) == WIRE_END) {
        if (wire_read_end(data, &end) == WIRE_READ_OK && end.run == course->run &&
            course_is_from(message, NAMES_TALLY, &end.from)) {
            take_end(course, &end);
        }
    } else if (wire_read_tally(data, &tally) == WIRE_READ_OK &&
               course_is_from(message, NAMES_TALLY, &tally.from)) {
        merge_take(course->merge, &tally, stored_ns(course, message, tally.second));
    }
}

static void take_messages(struct course *course)
{
    struct bus_message message;
    while (bus_queue_take(course->queue, &message)) {
        struct slice data = {(const char *)message.data, message.length};
        if (message.source == SOURCE_ANNOUNCE) {
            take_announce(course, &message, data);
        } else if (message.source == SOURCE_ASK) {
            take_ask(course, &message, data);
        } else {
            take_tally(course, &message, data);
        }
        bus_message_free(&message);
    }
}

static void tell_silence(struct course *course)
{
    size_t silent = 0;
    size_t lost = 0;
    for (size_t i = 0; i < course->roster.count; i++) {
        const struct roster_member *member = &course->roster.list[i];
        bool has_seat = member->threads > 0;
        silent += has_seat && member->is_silent && member->state != ROSTER_LOST;
        lost += has_seat && member->state == ROSTER_LOST;
        if (has_seat && member->is_silent && member->state != ROSTER_LOST &&
            silent > course->told_silent) {
            course_tell(course, "%s is silent", member->last.from.name);
        }
        if (has_seat && member->state == ROSTER_LOST && lost > course->told_lost) {
            course_tell(course, "%s is lost", member->last.from.name);
        }
    }
    course->told_silent = silent;
    course->told_lost = lost;
}

/*
 * Waits until TURN_NS after the last turn, so that one turn takes many messages. Otherwise, each
 * message would have its own turn. Both the messages and the work of a turn grow with the number of
 * workers.
 */
static void wait_for_turn(struct course *course)
{
    uint64_t now_ns = clock_now_ns();
    if (now_ns < course->turn_ns) {
        poll(NULL, 0, (int)((course->turn_ns - now_ns) / NS_PER_MS) + 1);
        now_ns = clock_now_ns();
    }
    course->turn_ns = now_ns + TURN_NS;
}

void course_attend(struct course *course)
{
    const struct control *control = course->control;
    uint64_t count = 0;
    struct pollfd waits[] = {
        {.fd = bus_queue_fd(course->queue), .events = POLLIN},
        {.fd = control->stop_fd, .events = POLLIN},
        {.fd = control->changes ? control->changes->fd : -1, .events = POLLIN},
    };
    wait_for_turn(course);
    poll(waits, sizeof waits / sizeof waits[0], WAIT_MS);
    if ((waits[1].revents & POLLIN) && read(control->stop_fd, &count, sizeof count) > 0) {
        course->asked += count;
    }
    if (control->changes && (waits[2].revents & POLLIN)) {
        (void)!read(control->changes->fd, &count, sizeof count);
    }
    take_messages(course);
    bool is_connected = bus_pong_age_ns(course->bus) < COURSE_CONNECTED_NS;
    uint64_t now_ns = clock_now_ns();
    if (roster_tick(&course->roster, now_ns, is_connected)) {
        tell_silence(course);
    }
    if (now_ns >= course->shown_ns + NS_PER_S) {
        course->shown_ns = now_ns;
        course_show_workers(course, false);
    }
    if (course->merge && course->replay_until == 0) {
        merge_tick(course->merge, course_now_ns(course));
    }
}
