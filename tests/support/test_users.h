/*
 * test_users - a driver for tests: users who make each request from the previous answer.
 *
 * Each user has its own connections, and sends one request at a time:
 *
 *     GET /start?n=N                Cookie: seen=<from the last answer>
 *       302 to /next?n=N            Set-Cookie: step=N
 *     GET /next?n=N                 Cookie: step=N, set by on_hop
 *       200 "N <step> <connection>" Set-Cookie: seen=N
 *
 * and continues with N + 1. With `is_plain`, any server will do: the users send GET /, and ignore
 * the answers. When the run ends, each user that got an answer sends one more request, GET /stop.
 *
 * Names of the requests, and their rows, are new during the run (test_users_name).
 *
 * These must hold whatever the server does, or the test fails: each request has one answer, and
 * none arrives from inside a send or while another one is handled. The rest is counted.
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
    uint16_t stop_port;  /* of /stop, an endpoint that is new during the run; 0: as the others */
    uint64_t timeout_ns; /* of the requests of even users; the others have the run's */
    /* Results. */
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
