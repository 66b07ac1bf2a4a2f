/*
 * measurement - runs over real sockets against a script, to compare with what the server counted.
 *
 *     struct measurement m = measure(&measurement_open_loop, &script);
 *     ... compare m.summary with m.truth ...
 *     summary_destroy(m.summary);
 *
 * Every measurement checks that the counters add up, whatever the server did. For Check's tests: a
 * failure fails the calling test.
 */
#ifndef TESTS_SUPPORT_MEASUREMENT_H
#define TESTS_SUPPORT_MEASUREMENT_H

#include "loadgen/order/plan.h"
#include "loadgen/run/run.h"
#include "loadgen/target/targets.h"
#include "tests/support/script_server.h"

#define MS UINT64_C(1000000)

struct measurement {
    struct summary *summary; /* the caller's to destroy */
    struct script_counts truth;
    uint64_t took_ns;
};

/* The engine and the driver of all measurements. A test may set others. */
extern const struct engine_type *measurement_engine;
extern const struct driver_type *measurement_driver;

/* 200/s for 500 ms without a cap; four workers for 250 ms. Two threads each. */
extern const struct plan measurement_open_loop;
extern const struct plan measurement_closed_loop;

/* An immediate 200 with 15 bytes of body. */
extern const struct script measurement_answers_at_once;

/* Attacks /a and /b in turn on this port. `writer` may be NULL. */
struct summary *measurement_attack(const struct plan *plan, const char *method, uint16_t port,
                                   const struct control *control, struct result_writer *writer);

/* Checks what must hold after every run. */
void measurement_check_balance(const struct plan *plan, const struct measurement *m);

/* Runs the plan with GET, or another method, against a server with this script. */
struct measurement measure(const struct plan *plan, const struct script *script);
struct measurement measure_method(const struct plan *plan, const struct script *script,
                                  const char *method);

#endif
