#include "loadgen/web/api/events.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/version.h"
#include "loadgen/base/memory.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/page/view.h"

enum { REAL_DIGITS = 7, TICK_MS = 1000, RETRY_MS = 2000 };

/* Events that are sent when their data has changed. */
#define PARTS_ALL(X)                                                                               \
    X(state, view_status)                                                                          \
    X(change, view_order)                                                                          \
    X(search, view_search)

enum {
#define X(event, view) PART_##event,
    PARTS_ALL(X)
#undef X
        PARTS
};

/* The data that a client has received. */
struct known {
    uint64_t generation; /* 0: nothing */
    uint64_t seconds;
    uint64_t amended; /* points */
    bool is_on;
    uint64_t line;        /* of the log */
    json_t *parts[PARTS]; /* NULL: not known */
};

struct events {
    struct board *board;
    struct stream *stream;
    pthread_t thread;
    int wake_fd;
    atomic_bool is_stopping;
    pthread_mutex_t lock; /* guards the fields below, and serializes publishing */
    struct known known;   /* the data that all clients have */
    uint64_t published_ns;
};

/* Writing. */

static void forget_parts(struct known *known)
{
    for (size_t i = 0; i < PARTS; i++) {
        json_decref(known->parts[i]);
        known->parts[i] = NULL;
    }
}

/* Takes ownership of the data. */
static void add_event(struct bytes *out, const char *event, json_t *data)
{
    char *text = memory_of(
        json_dumps(data, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(REAL_DIGITS)));
    bytes_add_text(out, "event: ");
    bytes_add_text(out, event);
    bytes_add_text(out, "\ndata: "); /* compact JSON has no line breaks */
    bytes_add_text(out, text);
    bytes_add_text(out, "\n\n");
    free(text);
    json_decref(data);
}

static void add_id(struct bytes *out, const struct known *known)
{
    char text[64];
    int length = snprintf(text, sizeof text, "id: %" PRIu64 ".%" PRIu64 "\n", known->generation,
                          known->seconds);
    bytes_add(out, text, (size_t)length);
}

static void add_reset(struct bytes *out, const struct known *known)
{
    char id[32];
    json_t *data = json_object();
    snprintf(id, sizeof id, "%" PRIu64, known->generation);
    json_object_set_new(data, "id", json_string(id));
    json_object_set_new(data, "version", json_string(version_number));
    json_object_set_new(data, "columns", view_columns());
    add_id(out, known);
    add_event(out, "reset", data);
}

static void make_parts(const struct board *board, json_t *parts[PARTS])
{
#define X(event, view) parts[PART_##event] = view(board);
    PARTS_ALL(X)
#undef X
}

/* Takes ownership of the parts. */
static void add_parts(struct bytes *out, struct known *known, json_t *parts[PARTS])
{
    static const char *const names[PARTS] = {
#define X(event, view) #event,
        PARTS_ALL(X)
#undef X
    };
    for (size_t i = 0; i < PARTS; i++) {
        if (!known->parts[i] || !json_equal(parts[i], known->parts[i])) {
            add_event(out, names[i], json_incref(parts[i]));
        }
        json_decref(known->parts[i]);
        known->parts[i] = parts[i];
    }
}

/*
 * With the board's lock. The `second` of what is new; NULL: nothing. A point that was amended was
 * the last one, so that it is no earlier than the last one that is known.
 */
static json_t *take_second(struct board *board, struct known *known, bool is_new)
{
    bool is_amended = known->amended != board->amended;
    bool is_on = board_is_on(board);
    bool has_changed = is_new || is_amended || is_on != known->is_on ||
                       history_seconds(&board->history) > known->seconds;
    uint64_t from = is_amended && known->seconds > 0 ? known->seconds - 1 : known->seconds;
    known->amended = board->amended;
    known->is_on = is_on;
    return has_changed ? view_second(board, from) : NULL;
}

/* Adds the events that update a client from `known` to the current board. */
static void catch_up(struct board *board, struct known *known, struct bytes *out)
{
    json_t *parts[PARTS];
    bool is_first = !known->parts[0];
    pthread_mutex_lock(&board->lock);
    uint64_t seconds = history_seconds(&board->history);
    bool is_other = known->generation != board->generation || known->seconds > seconds;
    if (is_other) {
        known->generation = board->generation;
        known->seconds = 0;
    }
    make_parts(board, parts);
    json_t *second = take_second(board, known, is_first || is_other);
    json_t *log = board->lines.total > known->line ? view_log(board, known->line) : NULL;
    known->line = board->lines.total;
    pthread_mutex_unlock(&board->lock);
    if (is_other) {
        add_reset(out, known);
        forget_parts(known);
    }
    add_parts(out, known, parts);
    if (log) {
        add_event(out, "log", log);
    }
    known->seconds = seconds;
    if (second) {
        add_id(out, known);
        add_event(out, "second", second);
    }
}

/* The thread. */

/* With the lock. */
static void publish(struct events *events, const struct bytes *frames)
{
    if (frames->length > 0) {
        stream_publish(events->stream, frames->at, frames->length);
        events->published_ns = clock_now_ns();
    }
}

/* With the lock. Renders nothing without clients; the next client gets everything. */
static void update(struct events *events)
{
    struct bytes frames = {0};
    if (stream_clients(events->stream) == 0) {
        return;
    }
    catch_up(events->board, &events->known, &frames);
    if (frames.length == 0 &&
        clock_now_ns() - events->published_ns >= EVENTS_SILENCE_S * NS_PER_S) {
        bytes_add_text(&frames, ": still here\n\n");
    }
    if (frames.has_failed) {
        events->known.generation = 0; /* next time, send everything */
    } else {
        publish(events, &frames);
    }
    bytes_free(&frames);
}

static void wait_for_more(struct events *events)
{
    uint64_t count = 0;
    struct pollfd wake = {.fd = events->wake_fd, .events = POLLIN};
    poll(&wake, 1, TICK_MS);
    (void)!read(events->wake_fd, &count, sizeof count);
}

void events_flush(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    update(events);
    pthread_mutex_unlock(&events->lock);
}

static void *follow(void *context)
{
    struct events *events = context;
    while (!events->is_stopping) {
        wait_for_more(events);
        events_flush(events);
    }
    return NULL;
}

void events_wake(struct events *events)
{
    uint64_t one = 1;
    (void)!write(events->wake_fd, &one, sizeof one);
}

/* Blocks signals in the new thread; another thread handles them. */
static bool start_thread(struct events *events)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&events->thread, NULL, follow, events);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

static void destroy(struct events *events)
{
    forget_parts(&events->known);
    if (events->wake_fd >= 0) {
        close(events->wake_fd);
    }
    pthread_mutex_destroy(&events->lock);
    free(events);
}

struct events *events_start(struct board *board, struct stream *stream, struct err *err)
{
    struct events *events = memory_of(calloc(1, sizeof *events));
    events->board = board;
    events->stream = stream;
    pthread_mutex_init(&events->lock, NULL);
    events->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (events->wake_fd < 0) {
        err_set(err, ERR_FAILED, "cannot create an eventfd: %s", strerror(errno));
    } else if (!start_thread(events)) {
        err_set(err, ERR_FAILED, "cannot start the thread that renders events");
    } else {
        return events;
    }
    destroy(events);
    return NULL;
}

void events_stop(struct events *events)
{
    if (events) {
        events->is_stopping = true;
        events_wake(events);
        pthread_join(events->thread, NULL);
        destroy(events);
    }
}

/* Clients. */

/* The data that a client has, according to the id it sent. Nothing if the id is not valid. */
static struct known read_id(const char *text)
{
    struct known known = {0};
    char *end = NULL;
    if (!text || text[0] < '0' || text[0] > '9') {
        return known;
    }
    known.generation = strtoull(text, &end, 10);
    if (end[0] != '.' || end[1] < '0' || end[1] > '9') {
        return (struct known){0};
    }
    known.seconds = strtoull(end + 1, &end, 10);
    return *end == '\0' ? known : (struct known){0};
}

/*
 * With the lock. Publishes to the other clients first. Data that changes in between is sent to this
 * client twice, which is harmless.
 */
static void greet(struct events *events, struct known *known, struct http_reply *reply)
{
    bool is_alone = stream_clients(events->stream) == 0;
    update(events);
    reply->from = stream_position(events->stream);
    catch_up(events->board, known, &reply->body);
    if (is_alone) {
        forget_parts(&events->known);
        events->known = *known;
        *known = (struct known){0};
        events->published_ns = clock_now_ns();
    }
}

void events_answer(struct events *events, const struct http_request *request,
                   struct http_reply *reply)
{
    char retry[32];
    struct known known = read_id(request->event);
    if (stream_clients(events->stream) == STREAM_CLIENTS) {
        http_reply_text(reply, HTTP_UNAVAILABLE, "too many clients already follow the events\n");
        return;
    }
    *reply = (struct http_reply){
        .status = HTTP_OK, .type = "text/event-stream; charset=utf-8", .is_stream = true};
    snprintf(retry, sizeof retry, "retry: %d\n\n", RETRY_MS);
    bytes_add_text(&reply->body, retry);
    pthread_mutex_lock(&events->lock);
    greet(events, &known, reply);
    pthread_mutex_unlock(&events->lock);
    forget_parts(&known);
}
