/*
 * brokered - a broker and a connection to it, for tests of modules that use a broker.
 *
 * A failure fails the calling test. Threads: one.
 */
#ifndef TESTS_SUPPORT_BROKERED_H
#define TESTS_SUPPORT_BROKERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/cluster/bus/bus.h"
#include "loadgen/cluster/bus/queue.h"
#include "tests/support/nats_server.h"

struct brokered {
    struct nats_server nats;
    struct bus *bus;
    struct err err;
};

/* Starts a broker with streams, and connects. */
void brokered_start(struct brokered *brokered);

/* Disconnects, and stops the broker. */
void brokered_stop(struct brokered *brokered);

/* Opens one more connection. */
struct bus *brokered_connect(struct brokered *brokered);

/* Starts the broker again after nats_server_kill, and waits until the connection is back. */
void brokered_restart(struct brokered *brokered);

/* Waits until the pong is younger than 2 s. */
void brokered_wait_for_pong(struct bus *bus);

/* Takes the next message, within 20 s. */
void brokered_take(struct bus_queue *queue, struct bus_message *message);

/* Takes the next message, which must have this source and this text. Returns its sequence. */
uint64_t brokered_expect(struct bus_queue *queue, int source, const char *text);

/* Fails if a message arrives within a moment. */
void brokered_expect_nothing(struct bus_queue *queue);

void brokered_pause_ms(uint64_t ms);

#endif
