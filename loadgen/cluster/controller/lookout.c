#include "loadgen/cluster/controller/lookout.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loadgen/base/memory.h"
#include "loadgen/cluster/bus/queue.h"
#include "loadgen/cluster/controller/course.h"
#include "loadgen/cluster/names.h"

enum { QUEUE_MESSAGES = 4096, WAIT_MS = 100, TURN_MS = 50 };

#define TELL_NS (5 * NS_PER_S)    /* without a pong: the broker is reported as away */
#define REOPEN_NS (30 * NS_PER_S) /* then, the client library may have given up */

struct lookout {
    const struct controller_options *options;
    int stop_fd; /* eventfd: ends the thread */
    pthread_t thread;
    /* Of the thread: */
    struct bus *bus; /* NULL: not connected yet */
    struct bus_queue *queue;
    bool is_told; /* that the broker is away */
    uint64_t shown_ns;
    /* Under the lock: */
    pthread_mutex_t lock;
    struct roster roster;
    bool is_paused;
};

/* The list. */

/* A worker that has said that it will end, but still announces itself. */
static bool is_leaving(const struct roster *roster, const struct roster_member *member)
{
    return member->state == ROSTER_LEFT && roster->clock_ns - member->heard_ns < ROSTER_SILENT_NS;
}

static enum controller_worker_state state_of(const struct roster_member *member)
{
    if (member->is_silent) {
        return CONTROLLER_WORKER_MISSING;
    }
    if (member->state == ROSTER_LEFT) {
        return CONTROLLER_WORKER_STOPPING;
    }
    return member->last.state == WIRE_RUNNING ? CONTROLLER_WORKER_RUNNING : CONTROLLER_WORKER_READY;
}

static void show(const struct lookout *lookout)
{
    const struct roster *roster = &lookout->roster;
    struct controller_worker *list = memory_of(calloc(roster->count + 1, sizeof *list));
    size_t count = 0;
    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_member *member = &roster->list[i];
        if (!roster_is_gone(member) || is_leaving(roster, member)) {
            list[count++] = (struct controller_worker){
                .name = member->last.from.name,
                .node = member->last.node,
                .threads = member->last.threads,
                .state = state_of(member),
            };
        }
    }
    lookout->options->on_workers(lookout->options->watcher, list, count);
    free(list);
}

/* The broker. */

/* A run tells by itself. */
static void tell(struct lookout *lookout, bool is_away, const char *line)
{
    const struct controller_options *options = lookout->options;
    pthread_mutex_lock(&lookout->lock);
    if (lookout->is_told != is_away && !lookout->is_paused) {
        lookout->is_told = is_away;
        if (options->tell) {
            options->tell(options->context, line);
        }
    }
    pthread_mutex_unlock(&lookout->lock);
}

static void disconnect(struct lookout *lookout)
{
    bus_queue_free(lookout->queue);
    bus_close(lookout->bus);
    lookout->queue = NULL;
    lookout->bus = NULL;
}

static bool connect_bus(struct lookout *lookout)
{
    char line[sizeof((struct err){0}).text + 64];
    struct err err = {.code = ERR_NONE};
    lookout->bus = bus_connect(&lookout->options->bus, &err);
    lookout->queue = lookout->bus ? bus_queue_create(lookout->bus, QUEUE_MESSAGES, &err) : NULL;
    if (lookout->queue &&
        bus_queue_listen(lookout->queue, 0, names_subject(NAMES_ANNOUNCE, "*").text, &err)) {
        return true;
    }
    disconnect(lookout);
    snprintf(line, sizeof line, "%s; trying again", err.text);
    tell(lookout, true, line);
    return false;
}

static void take_message(struct lookout *lookout, const struct bus_message *message)
{
    struct wire_announce announce;
    struct wire_leave leave;
    struct slice data = {(const char *)message->data, message->length};
    if (wire_kind(data) == WIRE_LEAVE) {
        if (wire_read_leave(data, &leave) == WIRE_READ_OK &&
            course_is_from(message, NAMES_ANNOUNCE, &leave.from)) {
            roster_leave(&lookout->roster, &leave);
        }
    } else if (wire_read_announce(data, &announce) == WIRE_READ_OK &&
               course_is_from(message, NAMES_ANNOUNCE, &announce.from)) {
        roster_hear(&lookout->roster, &announce, NULL);
    }
}

static void take_messages(struct lookout *lookout)
{
    struct bus_message message;
    uint64_t age_ns = bus_pong_age_ns(lookout->bus);
    pthread_mutex_lock(&lookout->lock);
    while (bus_queue_take(lookout->queue, &message)) {
        take_message(lookout, &message);
        bus_message_free(&message);
    }
    uint64_t now_ns = clock_now_ns();
    bool has_changed = roster_tick(&lookout->roster, now_ns, age_ns < COURSE_CONNECTED_NS);
    if (!lookout->is_paused && (has_changed || now_ns >= lookout->shown_ns + NS_PER_S)) {
        lookout->shown_ns = now_ns;
        show(lookout);
    }
    pthread_mutex_unlock(&lookout->lock);
    if (age_ns < COURSE_CONNECTED_NS) {
        tell(lookout, false, "the broker answers");
    } else if (age_ns > TELL_NS) {
        tell(lookout, true, "the broker does not answer; trying again");
    }
    if (age_ns > REOPEN_NS) {
        disconnect(lookout);
    }
}

/* The thread. */

/*
 * Waits for a message, and at least for TURN_MS, so that a thousand workers that arrive at once are
 * not shown a thousand times. False: the lookout ends.
 */
static bool wait(const struct lookout *lookout)
{
    struct pollfd waits[] = {
        {.fd = lookout->stop_fd, .events = POLLIN},
        {.fd = lookout->queue ? bus_queue_fd(lookout->queue) : -1, .events = POLLIN},
    };
    if (poll(waits, 1, TURN_MS) > 0) {
        return false;
    }
    poll(waits, 2, lookout->queue ? WAIT_MS : (int)(LOOKOUT_AGAIN_NS / NS_PER_MS));
    return waits[0].revents == 0;
}

static void *work(void *context)
{
    struct lookout *lookout = context;
    do {
        if (lookout->bus || connect_bus(lookout)) {
            take_messages(lookout);
        }
    } while (wait(lookout));
    disconnect(lookout);
    return NULL;
}

static bool start(struct lookout *lookout, struct err *err)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&lookout->thread, NULL, work, lookout);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0 || err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(code));
}

struct lookout *lookout_start(const struct controller_options *options, struct err *err)
{
    if (!bus_check_options(&options->bus, err)) {
        return NULL;
    }
    struct lookout *lookout = memory_of(calloc(1, sizeof *lookout));
    lookout->options = options;
    lookout->stop_fd = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&lookout->lock, NULL);
    if (lookout->stop_fd >= 0 && start(lookout, err)) {
        return lookout;
    }
    if (lookout->stop_fd < 0) {
        err_set(err, ERR_FAILED, "cannot make an eventfd: %s", strerror(errno));
    } else {
        close(lookout->stop_fd);
    }
    pthread_mutex_destroy(&lookout->lock);
    free(lookout);
    return NULL;
}

void lookout_hand_over(struct lookout *lookout, struct roster *roster)
{
    if (!lookout) {
        return;
    }
    pthread_mutex_lock(&lookout->lock);
    lookout->is_paused = true;
    for (size_t i = 0; i < lookout->roster.count; i++) {
        const struct roster_member *member = &lookout->roster.list[i];
        if (!roster_is_gone(member) && !member->is_silent) {
            roster_hear(roster, &member->last, NULL);
        }
    }
    pthread_mutex_unlock(&lookout->lock);
}

void lookout_resume(struct lookout *lookout)
{
    if (lookout) {
        pthread_mutex_lock(&lookout->lock);
        lookout->is_paused = false;
        pthread_mutex_unlock(&lookout->lock);
    }
}

void lookout_stop(struct lookout *lookout)
{
    if (lookout) {
        eventfd_write(lookout->stop_fd, 1);
        pthread_join(lookout->thread, NULL);
        close(lookout->stop_fd);
        roster_free(&lookout->roster);
        pthread_mutex_destroy(&lookout->lock);
        free(lookout);
    }
}
