#include "tests/support/brokered.h"

#include <check.h>
#include <poll.h>
#include <string.h>
#include <time.h>

enum { TAKE_MS = 20000, NOTHING_MS = 300, POLL_MS = 20, POLLS = 1500 };

struct bus *brokered_connect(struct brokered *brokered)
{
    char url[NATS_URL];
    const struct bus_options options = {.nats = nats_server_url(&brokered->nats, url)};
    struct bus *bus = bus_connect(&options, &brokered->err);
    ck_assert_msg(bus != NULL, "%s", brokered->err.text);
    return bus;
}

void brokered_start(struct brokered *brokered)
{
    *brokered = (struct brokered){0};
    nats_server_make(&brokered->nats);
    nats_server_start(&brokered->nats, NATS_STREAMS);
    brokered->bus = brokered_connect(brokered);
}

void brokered_stop(struct brokered *brokered)
{
    bus_close(brokered->bus);
    nats_server_stop(&brokered->nats);
}

void brokered_restart(struct brokered *brokered)
{
    nats_server_start(&brokered->nats, NATS_STREAMS);
    uint64_t began_ns = clock_now_ns();
    for (int polls = 0; *bus_pong_ns(brokered->bus) < began_ns; polls++) {
        ck_assert_int_lt(polls, POLLS);
        brokered_pause_ms(POLL_MS);
    }
}

void brokered_wait_for_pong(struct bus *bus)
{
    for (int polls = 0; bus_pong_age_ns(bus) > 2 * NS_PER_S; polls++) {
        ck_assert_int_lt(polls, POLLS);
        brokered_pause_ms(POLL_MS);
    }
}

static bool wait_for(struct bus_queue *queue, int ms)
{
    struct pollfd in = {.fd = bus_queue_fd(queue), .events = POLLIN};
    return poll(&in, 1, ms) == 1;
}

void brokered_take(struct bus_queue *queue, struct bus_message *message)
{
    ck_assert(wait_for(queue, TAKE_MS));
    ck_assert(bus_queue_take(queue, message));
}

uint64_t brokered_expect(struct bus_queue *queue, int source, const char *text)
{
    struct bus_message message;
    brokered_take(queue, &message);
    ck_assert_int_eq(message.source, source);
    ck_assert_uint_eq(message.length, strlen(text));
    ck_assert_mem_eq(message.data, text, message.length);
    uint64_t sequence = message.sequence;
    bus_message_free(&message);
    return sequence;
}

void brokered_expect_nothing(struct bus_queue *queue)
{
    struct bus_message message;
    ck_assert(!wait_for(queue, NOTHING_MS));
    ck_assert(!bus_queue_take(queue, &message));
}

void brokered_pause_ms(uint64_t ms)
{
    const struct timespec time = {.tv_sec = (time_t)(ms / 1000),
                                  .tv_nsec = (long)(ms % 1000 * NS_PER_MS)};
    nanosleep(&time, NULL);
}
