/*
 * Not under sanitizers: it judges CPU time and memory.
 *
 * What a thousand workers cost their controller: each announces itself and reports five rows, once
 * a second.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/cluster/merge/merge.h"
#include "loadgen/cluster/roster.h"
#include "tests/support/worker_tallies.h"

enum { WORKERS = 1000, SECONDS = 5, RESULTS = 1000, MIB = 1024 * 1024 };

#define CPU_MAX_NS (150 * NS_PER_MS) /* a second: 15% of a core */
#define MEMORY_MAX ((uint64_t)300 * MIB)

static struct merge *merge;
static struct roster roster;
static struct bytes announces[WORKERS];
static struct bytes tallies[WORKERS];
static uint64_t given;

static void on_second(void *context, const struct second *second, bool is_correction)
{
    (void)context;
    ck_assert(!is_correction);
    ck_assert_uint_eq(second->tally->counters.ended, (uint64_t)WORKERS * RESULTS);
    given++;
}

static uint64_t cpu_ns(void)
{
    return clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
}

static uint64_t memory_bytes(void)
{
    char line[128];
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file)); /* all pages, those in memory... */
    fclose(file);
    return strtoul(strchr(line, ' '), NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static struct wire_worker worker_of(size_t i)
{
    struct wire_worker worker = {.incarnation = i * RANDOM_STEP};
    snprintf(worker.name, sizeof worker.name, "headroom-worker-%zu", i);
    return worker;
}

/* All workers send the same, each under its own name. */
static void put(void *context, struct slice message)
{
    struct wire_tally tally;
    (void)context;
    ck_assert_int_eq(wire_read_tally(message, &tally), WIRE_READ_OK);
    for (size_t i = 0; i < WORKERS; i++) {
        struct wire_announce announce = {
            .threads = 1, .state = WIRE_RUNNING, .run = WORKER_TALLIES_RUN};
        tally.from = announce.from = worker_of(i);
        bytes_clear(&announces[i]);
        bytes_clear(&tallies[i]);
        wire_write_announce(&announces[i], &announce);
        wire_write_tally(&tallies[i], &tally);
    }
}

static struct slice content(const struct bytes *bytes)
{
    return (struct slice){bytes->at, bytes->length};
}

static void receive_all(uint64_t now_ns)
{
    for (size_t i = 0; i < WORKERS; i++) {
        struct wire_announce announce;
        struct wire_tally tally;
        ck_assert_int_eq(wire_read_announce(content(&announces[i]), &announce), WIRE_READ_OK);
        ck_assert(roster_hear(&roster, &announce, NULL));
        ck_assert_int_eq(wire_read_tally(content(&tallies[i]), &tally), WIRE_READ_OK);
        ck_assert_int_eq(merge_take(merge, &tally, now_ns), MERGE_TAKEN);
    }
    roster_tick(&roster, now_ns, true);
}

START_TEST(a_thousand_workers_cost_little)
{
    struct worker_tallies worker;
    uint64_t least_ns = UINT64_MAX;
    worker_tallies_init(&worker, "all", 0, 1);
    uint64_t before = memory_bytes();
    const struct merge_config config = {
        .run = WORKER_TALLIES_RUN, .summary = summary_create(), .on_second = on_second};
    merge = merge_create(&config);
    roster_begin(&roster, WORKER_TALLIES_RUN);
    for (size_t i = 0; i < WORKERS; i++) {
        struct wire_worker from = worker_of(i);
        ck_assert(merge_expect(merge, &from, 0));
    }
    for (uint64_t second = 1; second <= SECONDS; second++) {
        worker_tallies_second(&worker, RESULTS, put, NULL);
        uint64_t begin_ns = cpu_ns();
        receive_all(second * NS_PER_S);
        uint64_t took_ns = cpu_ns() - begin_ns;
        least_ns = took_ns < least_ns ? took_ns : least_ns;
        ck_assert_uint_eq(given, second);
    }
    uint64_t memory = memory_bytes() - before;
    printf("merge: %d workers, %zu bytes each: %.1f ms of CPU a second, %.1f MiB\n", WORKERS,
           tallies[0].length, (double)least_ns / (double)NS_PER_MS, (double)memory / MIB);
    ck_assert_uint_lt(least_ns, CPU_MAX_NS);
    ck_assert_uint_lt(memory, MEMORY_MAX);
    for (size_t i = 0; i < WORKERS; i++) {
        bytes_free(&announces[i]);
        bytes_free(&tallies[i]);
    }
    worker_tallies_fini(&worker);
    roster_free(&roster);
    merge_destroy(merge);
    summary_destroy(config.summary);
}
END_TEST

Suite *merge_cost_suite(void);
Suite *merge_cost_suite(void)
{
    Suite *suite = suite_create("merge_cost");
    TCase *tests = tcase_create("merge_cost");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_thousand_workers_cost_little);
    suite_add_tcase(suite, tests);
    return suite;
}
