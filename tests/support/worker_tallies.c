#include "tests/support/worker_tallies.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "loadgen/measure/tally_codec.h"
#include "tests/support/tallies.h"

enum { IN_FLIGHT = 7, WAITING = 3 };

void worker_tallies_init(struct worker_tallies *worker, const char *name, uint64_t incarnation,
                         uint64_t seed)
{
    *worker = (struct worker_tallies){
        .next = {.from.incarnation = incarnation, .run = WORKER_TALLIES_RUN, .covers = 1},
        .chance = random_seeded(seed),
        .tally = tally_create(true, true),
        .part_room = TALLY_PART_MAX,
    };
    ck_assert_ptr_nonnull(worker->tally);
    snprintf(worker->next.from.name, sizeof worker->next.from.name, "%s", name);
    text_pool_init(&worker->texts);
    for (size_t i = 0; i < WORKER_TALLIES_ROWS; i++) {
        char row[16];
        snprintf(row, sizeof row, "row %zu", i);
        rows_add(&worker->rows, row);
    }
}

void worker_tallies_fini(struct worker_tallies *worker)
{
    tally_destroy(worker->tally);
    rows_free(&worker->rows);
    text_pool_fini(&worker->texts);
}

/* The parts of a tally. */
struct parts {
    size_t room;
    size_t count;
    struct bytes list[WIRE_PARTS];
};

static uint8_t *begin_part(void *context)
{
    struct parts *parts = context;
    ck_assert_uint_lt(parts->count, WIRE_PARTS);
    return (uint8_t *)bytes_reserve(&parts->list[parts->count], parts->room);
}

static void end_part(void *context, size_t length)
{
    struct parts *parts = context;
    parts->list[parts->count++].length = length;
}

static void add_results(struct worker_tallies *worker, size_t count)
{
    enum { ERRORS = 3 };
    static const char *const errors[ERRORS] = {"connection refused", "no route", "timed out"};
    for (size_t i = 0; i < count; i++) {
        struct result result = tallies_random_result(&worker->chance, &worker->texts);
        result.intended_ns = worker->next.second * NS_PER_S + result.intended_ns % NS_PER_S;
        result.row %= WORKER_TALLIES_ROWS;
        result.address_row %= WORKER_TALLIES_ROWS;
        result.error = result.error ? text_pool_intern(&worker->texts, errors[i % ERRORS]) : NULL;
        tally_add(worker->tally, &result);
    }
}

/* There are always so many in flight and waiting. */
static void note_state(struct worker_tallies *worker, size_t count)
{
    struct wire_second *at_end = &worker->next.at_end;
    at_end->elapsed_ns = (worker->next.second + 1) * NS_PER_S;
    at_end->ended += count;
    at_end->in_flight = IN_FLIGHT;
    at_end->started = at_end->ended + IN_FLIGHT;
    at_end->intended = at_end->started + WAITING;
    at_end->p99_ns = histogram_percentile(&worker->tally->latency, 990000);
    at_end->generator.threads = 1;
}

void worker_tallies_second(struct worker_tallies *worker, size_t results,
                           void (*put)(void *context, struct slice message), void *context)
{
    struct parts parts = {.room = worker->part_room};
    const struct tally_sink sink = {worker->part_room, begin_part, end_part, &parts};
    struct bytes message = {0};
    add_results(worker, results);
    note_state(worker, results);
    tally_encode(worker->tally, &worker->rows, &worker->rows, &sink);
    tally_clear(worker->tally);
    worker->next.parts = parts.count;
    for (size_t i = 0; i < parts.count; i++) {
        worker->next.part = i;
        worker->next.tally = (struct slice){parts.list[i].at, parts.list[i].length};
        bytes_clear(&message);
        wire_write_tally(&message, &worker->next);
        put(context, (struct slice){message.at, message.length});
        bytes_free(&parts.list[i]);
    }
    bytes_free(&message);
    worker->next.second++;
}

struct wire_end worker_tallies_end(const struct worker_tallies *worker)
{
    const struct wire_second *last = &worker->next.at_end;
    return (struct wire_end){
        .from = worker->next.from,
        .run = worker->next.run,
        .seconds = worker->next.second,
        .intended = last->intended,
        .started = last->started,
        .ended = last->ended,
        .not_started = WAITING,
        .abandoned = IN_FLIGHT,
        .generator = last->generator,
    };
}
