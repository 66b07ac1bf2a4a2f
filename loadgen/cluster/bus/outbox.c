#include "loadgen/cluster/bus/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"
#include "loadgen/cluster/bus/inside.h"

/* A message that is not in flight. */
struct waiting {
    struct waiting *next;
    natsMsg *message;
    uint64_t due_ns;
};

/* First in, first out, so the first message is due first. */
struct line {
    struct waiting *first;
    struct waiting **end;
};

struct bus_outbox {
    struct bus *bus;
    jsCtx *js; /* separate from the bus's, because it has the handler of acknowledgments */
    size_t bytes_max;
    pthread_t thread; /* sends */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* CLOCK_MONOTONIC */
    /* under the lock */
    struct line fresh;
    struct line again;
    size_t in_flight; /* messages held by libnats */
    struct bus_outbox_state state;
    bool is_ending;
};

static void line_add(struct line *line, natsMsg *message, uint64_t due_ns)
{
    struct waiting *waiting = memory_of(malloc(sizeof *waiting));
    *waiting = (struct waiting){.message = message, .due_ns = due_ns};
    *line->end = waiting;
    line->end = &waiting->next;
}

/* NULL: it is empty, or its first message is not due. */
static natsMsg *line_take(struct line *line, uint64_t now_ns)
{
    struct waiting *first = line->first;
    if (!first || first->due_ns > now_ns) {
        return NULL;
    }
    natsMsg *message = first->message;
    line->first = first->next;
    if (!line->first) {
        line->end = &line->first;
    }
    free(first);
    return message;
}

static size_t bytes_of(natsMsg *message)
{
    return strlen(natsMsg_GetSubject(message)) + (size_t)natsMsg_GetDataLength(message);
}

/* Waits for a change, at most until until_ns. False: timeout. */
static bool wait_until(struct bus_outbox *outbox, uint64_t until_ns)
{
    struct timespec until = clock_system_time(least(until_ns, INT32_MAX * NS_PER_S));
    return pthread_cond_timedwait(&outbox->changed, &outbox->lock, &until) == 0;
}

/* Sending. */

static void keep_for_later(struct bus_outbox *outbox, natsMsg *message, enum bus_status why)
{
    outbox->in_flight--;
    outbox->state.last = why;
    line_add(&outbox->again, message, clock_now_ns() + OUTBOX_RETRY_NS);
}

/* Called on a thread of libnats. Takes the message back. */
static void answered(jsCtx *js, natsMsg *message, jsPubAck *stored, jsPubAckErr *failed,
                     void *context)
{
    struct bus_outbox *outbox = context;
    (void)js;
    pthread_mutex_lock(&outbox->lock);
    if (stored) {
        outbox->in_flight--;
        outbox->state.acknowledged++;
        outbox->state.kept--;
        outbox->state.kept_bytes -= bytes_of(message);
        natsMsg_Destroy(message);
    } else {
        keep_for_later(outbox, message, bus_status_of(failed->Err, failed->ErrCode));
    }
    pthread_cond_broadcast(&outbox->changed);
    pthread_mutex_unlock(&outbox->lock);
}

/*
 * Call this with the lock, which is released meanwhile. The answer may arrive before libnats
 * returns.
 */
static void send(struct bus_outbox *outbox, natsMsg *message)
{
    jsPubOptions options;
    jsPubOptions_Init(&options);
    options.MaxWait = bus_ms(OUTBOX_ANSWER_NS);
    outbox->in_flight++;
    pthread_mutex_unlock(&outbox->lock);
    natsStatus status = js_PublishMsgAsync(outbox->js, &message, &options);
    pthread_mutex_lock(&outbox->lock);
    if (status != NATS_OK) {
        keep_for_later(outbox, message, bus_status_of(status, 0));
    }
}

/* When the next message is due. */
static uint64_t next_ns(const struct bus_outbox *outbox)
{
    return outbox->again.first ? outbox->again.first->due_ns : UINT64_MAX;
}

static void *work(void *context)
{
    struct bus_outbox *outbox = context;
    pthread_mutex_lock(&outbox->lock);
    while (!outbox->is_ending) {
        uint64_t now_ns = clock_now_ns();
        if (!bus_is_connected(outbox->bus)) {
            wait_until(outbox, now_ns + OUTBOX_RETRY_NS / 4);
            continue;
        }
        natsMsg *message = line_take(&outbox->again, now_ns);
        outbox->state.repeated += message != NULL;
        message = message ? message : line_take(&outbox->fresh, now_ns);
        if (message) {
            send(outbox, message);
        } else {
            wait_until(outbox, next_ns(outbox));
        }
    }
    pthread_mutex_unlock(&outbox->lock);
    return NULL;
}

/* The interface. */

static void make_lock(struct bus_outbox *outbox)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&outbox->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&outbox->lock, NULL);
}

static void destroy(struct bus_outbox *outbox)
{
    jsCtx_Destroy(outbox->js);
    pthread_cond_destroy(&outbox->changed);
    pthread_mutex_destroy(&outbox->lock);
    free(outbox);
}

struct bus_outbox *bus_outbox_create(struct bus *bus, size_t bytes_max, struct err *err)
{
    struct bus_outbox *outbox = memory_of(calloc(1, sizeof *outbox));
    outbox->bus = bus;
    outbox->bytes_max = bytes_max;
    outbox->fresh.end = &outbox->fresh.first;
    outbox->again.end = &outbox->again.first;
    make_lock(outbox);
    jsOptions options;
    jsOptions_Init(&options);
    options.PublishAsync.AckHandler = answered;
    options.PublishAsync.AckHandlerClosure = outbox;
    natsStatus status = natsConnection_JetStream(&outbox->js, bus->connection, &options);
    if (status != NATS_OK) {
        bus_fail(bus, status, 0, "cannot use NATS JetStream", err);
        destroy(outbox);
        return NULL;
    }
    sigset_t before = bus_block_signals();
    int code = pthread_create(&outbox->thread, NULL, work, outbox);
    bus_unblock_signals(&before);
    if (code != 0) {
        err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(code));
        destroy(outbox);
        return NULL;
    }
    return outbox;
}

static bool has_room(const struct bus_outbox *outbox, size_t bytes, size_t length)
{
    return length <= bus_message_max(outbox->bus) &&
           bytes <= outbox->bytes_max - outbox->state.kept_bytes;
}

bool bus_outbox_put(struct bus_outbox *outbox, const char *subject, const void *data, size_t length)
{
    size_t bytes = strlen(subject) + length;
    natsMsg *message = NULL;
    pthread_mutex_lock(&outbox->lock);
    bool is_kept = has_room(outbox, bytes, length) &&
                   natsMsg_Create(&message, subject, NULL, data, (int)length) == NATS_OK;
    if (is_kept) {
        outbox->state.kept++;
        outbox->state.kept_bytes += bytes;
        line_add(&outbox->fresh, message, 0);
        pthread_cond_broadcast(&outbox->changed);
    } else {
        outbox->state.refused++;
    }
    pthread_mutex_unlock(&outbox->lock);
    return is_kept;
}

void bus_outbox_look(struct bus_outbox *outbox, struct bus_outbox_state *state)
{
    pthread_mutex_lock(&outbox->lock);
    *state = outbox->state;
    pthread_mutex_unlock(&outbox->lock);
}

bool bus_outbox_drain(struct bus_outbox *outbox, uint64_t deadline_ns)
{
    pthread_mutex_lock(&outbox->lock);
    while (outbox->state.kept > 0 && wait_until(outbox, deadline_ns)) {
    }
    bool is_empty = outbox->state.kept == 0;
    pthread_mutex_unlock(&outbox->lock);
    return is_empty;
}

/*
 * Takes back the messages held by libnats, and waits for answers in progress. Must not ask libnats
 * if it holds no messages.
 */
static void end_flights(struct bus_outbox *outbox)
{
    natsMsgList pending = {0};
    bool has_flights = outbox->state.acknowledged > 0 || outbox->in_flight > 0;
    if (has_flights) {
        js_PublishAsyncGetPendingList(&pending, outbox->js);
    }
    pthread_mutex_lock(&outbox->lock);
    outbox->in_flight -= (size_t)pending.Count;
    while (outbox->in_flight > 0) {
        pthread_cond_wait(&outbox->changed, &outbox->lock);
    }
    pthread_mutex_unlock(&outbox->lock);
    natsMsgList_Destroy(&pending);
}

static void empty(struct line *line)
{
    natsMsg *message = line_take(line, UINT64_MAX);
    while (message) {
        natsMsg_Destroy(message);
        message = line_take(line, UINT64_MAX);
    }
}

void bus_outbox_free(struct bus_outbox *outbox)
{
    if (!outbox) {
        return;
    }
    pthread_mutex_lock(&outbox->lock);
    outbox->is_ending = true;
    pthread_cond_broadcast(&outbox->changed);
    pthread_mutex_unlock(&outbox->lock);
    pthread_join(outbox->thread, NULL);
    end_flights(outbox);
    empty(&outbox->fresh);
    empty(&outbox->again);
    destroy(outbox);
}
