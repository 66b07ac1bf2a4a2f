/*
 * test_users - a driver for tests: users whose every request is made from the answer before.
 *
 * Each user has connections of its own and sends one request at a time:
 *
 *     GET /start?n=N                Cookie: seen=<of the last answer>
 *       302 to /next?n=N            Set-Cookie: step=N
 *     GET /next?n=N                 Cookie: step=N, set by on_hop
 *       200 "N <step> <connection>" Set-Cookie: seen=N
 *
 * and goes on with N + 1. With `is_plain` the server may be any: it sends GET / whatever comes
 * back. When the run ends each user that was answered sends one more request, GET /stop.
 *
 * Names of the requests, and their rows, come up during the run (test_users_name).
 *
 * What must hold whatever the server does fails the test: one answer for each request, none from
 * inside a send or while another one is handled. The rest is counted.
 *
 * order.source->state is the struct test_users. Threads: see drive/driver.h.
 */
#ifndef TESTS_SUPPORT_TEST_USERS_H
#define TESTS_SUPPORT_TEST_USERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "loadgen/drive/driver.h"

enum { TEST_USERS = 100, TEST_USERS_CONNECTIONS = 1 << 16, TEST_USERS_NAMES = 8 * TEST_USERS };

struct test_users {
    bool is_plain;
    uint16_t stop_port;  /* of /stop, an endpoint that comes up during the run; 0: as the others */
    uint64_t timeout_ns; /* of the requests of even users; the others have the run's */
    /* What came of it. */
    _Atomic uint64_t sent;
    _Atomic uint64_t steps;  /* answers that were as they should be */
    _Atomic uint64_t wrong;  /* complete answers that were not */
    _Atomic uint64_t shared; /* answers over a connection that another user had used */
    _Atomic uint64_t stops;  /* answers to the requests after the end */
    _Atomic uint64_t named[TEST_USERS_NAMES]; /* requests, by the index of their name */
    _Atomic uint64_t overlaps;                /* answers from inside a send or another answer */
    _Atomic unsigned char owners[TEST_USERS_CONNECTIONS]; /* by connection: user + 1 */
};

/* The name of this index: "GET 17". */
const char *test_users_name(unsigned index, char name[16]);

extern const struct driver_type driver_test_users;

#endif
