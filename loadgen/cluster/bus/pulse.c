#include "loadgen/cluster/bus/pulse.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/memory.h"
#include "loadgen/cluster/bus/inside.h"

/*
 * Timeout of an answer. It is long because a late answer still counts, with the time at which its
 * ping was sent.
 */
#define PING_WAIT_NS (10 * NS_PER_S)

struct pulse {
    struct bus *bus;
    int stop_fd; /* eventfd */
    pthread_t thread;
};

static void ping(struct bus *bus)
{
    /* Without a connection, the ping would wait for the next one. */
    if (!bus_is_connected(bus)) {
        return;
    }
    uint64_t sent_ns = clock_now_ns();
    if (natsConnection_FlushTimeout(bus->connection, bus_ms(PING_WAIT_NS)) == NATS_OK) {
        atomic_store_explicit(&bus->pong_ns, sent_ns, memory_order_relaxed);
    }
}

static void *beat(void *context)
{
    struct pulse *pulse = context;
    struct pollfd stop = {.fd = pulse->stop_fd, .events = POLLIN};
    while (stop.revents == 0) {
        uint64_t due_ns = clock_now_ns() + PULSE_NS;
        ping(pulse->bus);
        uint64_t now_ns = clock_now_ns();
        poll(&stop, 1, due_ns > now_ns ? (int)bus_ms(due_ns - now_ns) : 0);
    }
    return NULL;
}

struct pulse *pulse_start(struct bus *bus, struct err *err)
{
    struct pulse *pulse = memory_of(calloc(1, sizeof *pulse));
    pulse->bus = bus;
    pulse->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pulse->stop_fd < 0) {
        err_set(err, ERR_FAILED, "cannot create an eventfd: %s", strerror(errno));
        free(pulse);
        return NULL;
    }
    sigset_t before = bus_block_signals();
    int code = pthread_create(&pulse->thread, NULL, beat, pulse);
    bus_unblock_signals(&before);
    if (code != 0) {
        err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(code));
        close(pulse->stop_fd);
        free(pulse);
        return NULL;
    }
    return pulse;
}

void pulse_stop(struct pulse *pulse)
{
    if (!pulse) {
        return;
    }
    eventfd_write(pulse->stop_fd, 1);
    pthread_join(pulse->thread, NULL);
    close(pulse->stop_fd);
    free(pulse);
}
