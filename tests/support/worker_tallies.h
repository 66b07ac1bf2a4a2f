/*
 * worker_tallies - tallies of a worker, second by second, as the messages that it publishes.
 *
 *     worker_tallies_init(&worker, "a", 1, seed);
 *     worker_tallies_second(&worker, results, put, context);    each second
 *     struct wire_end end = worker_tallies_end(&worker);
 *     worker_tallies_fini(&worker);
 *
 * Results are random, with moments in the second in which they are made, of ROWS rows. Some are
 * still in flight at the end of a second.
 *
 * Threads: one. Memory: worker_tallies_fini.
 */
#ifndef TESTS_SUPPORT_WORKER_TALLIES_H
#define TESTS_SUPPORT_WORKER_TALLIES_H

#include "loadgen/base/bytes.h"
#include "loadgen/cluster/wire/end.h"
#include "loadgen/cluster/wire/tally.h"
#include "loadgen/measure/tally.h"
#include "loadgen/measure/text_pool.h"
#include "loadgen/target/rows.h"
#include "tests/support/random.h"

enum { WORKER_TALLIES_ROWS = 5, WORKER_TALLIES_RUN = 7 };

struct worker_tallies {
    struct wire_tally next; /* the next second, with the state at its end */
    struct random chance;
    struct tally *tally;
    struct rows rows;
    struct text_pool texts;
    size_t part_room; /* TALLY_PART_MAX; with less, there are more parts */
};

void worker_tallies_init(struct worker_tallies *worker, const char *name, uint64_t incarnation,
                         uint64_t seed);
void worker_tallies_fini(struct worker_tallies *worker);

/* Makes a second, and puts its messages, in order. They are valid during the call. */
void worker_tallies_second(struct worker_tallies *worker, size_t results,
                           void (*put)(void *context, struct slice message), void *context);

/* The account after its last second. What was in flight has been abandoned. */
struct wire_end worker_tallies_end(const struct worker_tallies *worker);

#endif
