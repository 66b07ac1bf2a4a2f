#include "loadgen/cluster/bus/bus.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/cluster/bus/connect.h"
#include "loadgen/cluster/bus/inside.h"
#include "loadgen/cluster/bus/pulse.h"

#define CLOSE_NS NS_PER_S

static bool start(struct bus *bus, const struct bus_options *options, struct err *err)
{
    /* The handshake ends with a ping that the broker answers. */
    atomic_store(&bus->pong_ns, clock_now_ns());
    if (!connect_open(bus, options, err)) {
        return false;
    }
    jsOptions js;
    jsOptions_Init(&js);
    js.Wait = bus_ms(BUS_ANSWER_NS);
    natsStatus status = natsConnection_JetStream(&bus->js, bus->connection, &js);
    if (status != NATS_OK) {
        return bus_fail(bus, status, 0, "cannot use NATS JetStream", err);
    }
    bus->pulse = pulse_start(bus, err);
    return bus->pulse != NULL;
}

bool bus_check_options(const struct bus_options *options, struct err *err)
{
    return connect_check(options, err);
}

struct bus *bus_connect(const struct bus_options *options, struct err *err)
{
    struct bus *bus = memory_of(calloc(1, sizeof *bus));
    pthread_mutex_init(&bus->lock, NULL);
    pthread_cond_init(&bus->closed, NULL);
    sigset_t before = bus_block_signals();
    bool is_started = start(bus, options, err);
    bus_unblock_signals(&before);
    if (!is_started) {
        bus_close(bus);
        return NULL;
    }
    return bus;
}

void bus_close(struct bus *bus)
{
    if (!bus) {
        return;
    }
    if (bus->connection && bus_is_connected(bus)) {
        natsConnection_FlushTimeout(bus->connection, bus_ms(CLOSE_NS));
    }
    connect_close(bus);
    pulse_stop(bus->pulse);
    jsCtx_Destroy(bus->js);
    natsConnection_Destroy(bus->connection);
    pthread_cond_destroy(&bus->closed);
    pthread_mutex_destroy(&bus->lock);
    free(bus);
}

const _Atomic uint64_t *bus_pong_ns(const struct bus *bus)
{
    return &bus->pong_ns;
}

uint64_t bus_pong_age_ns(const struct bus *bus)
{
    uint64_t pong_ns = atomic_load_explicit(&bus->pong_ns, memory_order_relaxed);
    uint64_t now_ns = clock_now_ns();
    return now_ns > pong_ns ? now_ns - pong_ns : 0;
}

const char *bus_complaint(struct bus *bus, char text[BUS_COMPLAINT_MAX])
{
    pthread_mutex_lock(&bus->lock);
    memcpy(text, bus->complaint, BUS_COMPLAINT_MAX);
    pthread_mutex_unlock(&bus->lock);
    return text;
}

size_t bus_message_max(const struct bus *bus)
{
    int64_t max = natsConnection_GetMaxPayload(bus->connection);
    return max > 0 ? (size_t)max : BUS_MESSAGE_MAX;
}

bool bus_check_message(const struct bus *bus, size_t needed, struct err *err)
{
    size_t most = bus_message_max(bus);
    return most >= needed ||
           err_set(err, ERR_FAILED,
                   "the broker accepts messages of at most %zu bytes, but %zu are needed; set "
                   "max_payload: 1MB in its configuration",
                   most, needed);
}

const char *bus_server(const struct bus *bus, char text[BUS_SUBJECT_MAX + 1])
{
    if (natsConnection_GetConnectedUrl(bus->connection, text, BUS_SUBJECT_MAX + 1) != NATS_OK) {
        text[0] = '\0';
    }
    char *at = strrchr(text, '@');
    char *user = strstr(text, "://");
    if (at && user) {
        memmove(user + 3, at + 1, strlen(at + 1) + 1);
    }
    return text;
}

bool bus_publish(struct bus *bus, const char *subject, const void *data, size_t length)
{
    return length <= bus_message_max(bus) && bus_is_connected(bus) &&
           natsConnection_Publish(bus->connection, subject, data, (int)length) == NATS_OK;
}

enum bus_status bus_request(struct bus *bus, const char *subject, const void *data, size_t length,
                            uint64_t wait_ns, struct bus_message *answer)
{
    natsMsg *got = NULL;
    *answer = (struct bus_message){0};
    if (length > bus_message_max(bus)) {
        return BUS_REFUSED;
    }
    if (!bus_is_connected(bus)) {
        return BUS_UNREACHABLE;
    }
    natsStatus status =
        natsConnection_Request(&got, bus->connection, subject, data, (int)length, bus_ms(wait_ns));
    if (status != NATS_OK) {
        return bus_status_of(status, 0);
    }
    bus_message_read(answer, got);
    answer->arrived_ns = clock_now_ns();
    return BUS_OK;
}

void bus_message_read(struct bus_message *message, natsMsg *from)
{
    *message = (struct bus_message){
        .subject = natsMsg_GetSubject(from),
        .reply = natsMsg_GetReply(from),
        .data = (const uint8_t *)natsMsg_GetData(from),
        .length = (size_t)natsMsg_GetDataLength(from),
        .held = from,
    };
    if (!message->data) {
        message->data = (const uint8_t *)"";
    }
    if (message->reply && message->reply[0] == '\0') {
        message->reply = NULL;
    }
}

void bus_message_free(struct bus_message *message)
{
    natsMsg_Destroy(message->held);
    *message = (struct bus_message){0};
}
