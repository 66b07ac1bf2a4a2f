#include <stdio.h>
#include <string.h>

#include "loadgen/cluster/bus/queue.h"
#include "loadgen/cluster/bus/queue_inside.h"
#include "loadgen/cluster/bus/stream.h"

enum { UNLIMITED = -1, PREFIX_MAX = BUCKET_NAME_MAX + 16 };

/*
 * Reads the position of a stored message in its stream. False: it has none, or was already
 * delivered.
 */
static bool read_place(struct source *source, struct bus_message *message)
{
    jsMsgMetaData *place = NULL;
    natsMsg *from = message->held;
    if (natsMsg_GetMetaData(&place, from) != NATS_OK) {
        return false;
    }
    message->sequence = place->Sequence.Stream;
    message->stored_ns = (uint64_t)place->Timestamp;
    message->reply = NULL; /* it was an address for acknowledgments */
    jsMsgMetaData_Destroy(place);
    /*
     * libnats recreates a consumer at its last message, or at the start of the stream if it had
     * none.
     */
    if (message->sequence < source->next) {
        return false;
    }
    source->next = message->sequence + 1;
    message->is_deleted = source->prefix > 0 && bucket_is_deletion(from);
    return true;
}

static void deliver(natsConnection *connection, natsSubscription *subscription, natsMsg *from,
                    void *context)
{
    struct source *source = context;
    struct bus_message message;
    (void)connection, (void)subscription;
    bus_message_read(&message, from);
    message.arrived_ns = clock_now_ns();
    message.source = source->number;
    if (source->is_stored && !read_place(source, &message)) {
        bus_message_free(&message);
        return;
    }
    message.subject += source->prefix;
    queue_put(source->queue, &message);
}

static void ended(void *context)
{
    struct source *source = context;
    queue_source_ended(source->queue);
}

/* Subscribing. */

static struct source *add(struct bus_queue *queue, int number, struct err *err)
{
    if (queue->source_count == SOURCES_MAX) {
        err_set(err, ERR_FAILED, "a queue has at most %d sources", SOURCES_MAX);
        return NULL;
    }
    if (!bus_is_connected(queue->bus)) {
        bus_fail(queue->bus, NATS_CONNECTION_DISCONNECTED, 0, "cannot read from the broker", err);
        return NULL;
    }
    struct source *source = &queue->sources[queue->source_count];
    *source = (struct source){.queue = queue, .number = number};
    return source;
}

/* Stores the subscription of the last source. */
static bool keep(struct source *source, int bytes_max, struct err *err)
{
    struct bus_queue *queue = source->queue;
    natsSubscription *subscription = source->subscription;
    natsStatus status = natsSubscription_SetPendingLimits(subscription, UNLIMITED, bytes_max);
    status = status ? status : natsSubscription_SetOnCompleteCB(subscription, ended, source);
    if (status != NATS_OK) {
        natsSubscription_Destroy(subscription);
        return bus_fail(queue->bus, status, 0, "cannot read from the broker", err);
    }
    pthread_mutex_lock(&queue->lock);
    queue->running++;
    pthread_mutex_unlock(&queue->lock);
    queue->source_count++;
    return true;
}

static bool fail(struct bus *bus, natsStatus status, jsErrCode code, const char *subject,
                 struct err *err)
{
    char what[BUS_SUBJECT_MAX + 32];
    snprintf(what, sizeof what, "cannot read \"%.*s\"", BUS_SUBJECT_MAX, subject);
    return bus_fail(bus, status, code, what, err);
}

bool bus_queue_listen(struct bus_queue *queue, int number, const char *subject, struct err *err)
{
    struct bus *bus = queue->bus;
    struct source *source = add(queue, number, err);
    if (!source) {
        return false;
    }
    sigset_t before = bus_block_signals();
    natsStatus status =
        natsConnection_Subscribe(&source->subscription, bus->connection, subject, deliver, source);
    bus_unblock_signals(&before);
    if (status != NATS_OK) {
        return fail(bus, status, 0, subject, err);
    }
    if (!keep(source, QUEUE_PENDING_MAX, err)) {
        return false;
    }
    /* The broker knows the subscription when it has answered a later ping. */
    status = natsConnection_FlushTimeout(bus->connection, bus_ms(BUS_ANSWER_NS));
    return status == NATS_OK || fail(bus, status, 0, subject, err);
}

static bool follow(struct source *source, const struct bus_follow *from, jsDeliverPolicy policy,
                   struct err *err)
{
    struct bus *bus = source->queue->bus;
    jsErrCode code = 0;
    jsSubOptions options;
    jsSubOptions_Init(&options);
    options.Stream = from->stream;
    options.Ordered = true;
    options.Config.Heartbeat =
        (int64_t)(from->heartbeat_ns > 0 ? from->heartbeat_ns : QUEUE_HEARTBEAT_NS);
    options.Config.DeliverPolicy = policy;
    options.Config.OptStartSeq = source->next;
    source->is_stored = true;
    sigset_t before = bus_block_signals();
    natsStatus status = js_Subscribe(&source->subscription, bus->js, from->subject, deliver, source,
                                     NULL, &options, &code);
    bus_unblock_signals(&before);
    /*
     * libnats must not drop messages, because a consumer with a gap stalls. So there is no limit
     * here; flow control limits the messages, because `deliver` waits while the queue is full.
     */
    return status == NATS_OK ? keep(source, UNLIMITED, err)
                             : fail(bus, status, code, from->subject, err);
}

bool bus_queue_follow(struct bus_queue *queue, int number, const struct bus_follow *from,
                      struct err *err)
{
    struct source *source = add(queue, number, err);
    struct bus_stream_state state = {0};
    if (!source) {
        return false;
    }
    enum bus_status status = bus_stream_look(queue->bus, from->stream, &state);
    if (status != BUS_OK) {
        return err_set(err, ERR_FAILED, "cannot read the stream \"%s\": %s", from->stream,
                       bus_status_text(status));
    }
    source->next = from->from > 0 ? from->from : state.last + 1;
    struct bus_follow all = *from;
    all.subject = from->subject ? from->subject : ">";
    return follow(source, &all, js_DeliverByStartSequence, err);
}

bool bus_queue_watch(struct bus_queue *queue, int number, const char *bucket, const char *key,
                     struct err *err)
{
    char stream[PREFIX_MAX];
    char subject[BUS_SUBJECT_MAX + 1];
    struct source *source = add(queue, number, err);
    if (!source) {
        return false;
    }
    if (!bucket_name_is_valid(bucket) ||
        strlen(BUCKET_SUBJECT) + strlen(bucket) + 1 + strlen(key) > BUS_SUBJECT_MAX) {
        return err_set(err, ERR_USAGE, "\"%s\" in \"%s\" cannot be a key in a bucket", key, bucket);
    }
    snprintf(stream, sizeof stream, BUCKET_STREAM "%.*s", BUCKET_NAME_MAX, bucket);
    int length = snprintf(subject, sizeof subject, BUCKET_SUBJECT "%s.", bucket);
    source->prefix = (size_t)length;
    snprintf(subject + length, sizeof subject - (size_t)length, "%s", key);
    const struct bus_follow all = {.stream = stream, .subject = subject};
    return follow(source, &all, js_DeliverLastPerSubject, err);
}

uint64_t bus_queue_dropped(struct bus_queue *queue)
{
    uint64_t all = 0;
    for (size_t i = 0; i < queue->source_count; i++) {
        int64_t dropped = 0;
        natsSubscription_GetDropped(queue->sources[i].subscription, &dropped);
        all += (uint64_t)dropped;
    }
    return all;
}
