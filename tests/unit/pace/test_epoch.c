/* Not under tsan: one thread. */
/* Random epochs, schedules and threads: each request is sent once, by its thread, at its moment. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/pace/epoch.h"
#include "tests/support/pacing.h"
#include "tests/support/random.h"

#define PER_S UINT64_C(3600) /* of requests per hour */

enum { EPOCHS = 12, THREADS = 60, REQUESTS = 60000 };

static struct random chance; /* of the forked test */

/* About 2,000 requests per second, of any kind; with an end or without where that is possible. */
static struct schedule any_schedule(void)
{
    struct schedule schedule = {
        .type = (enum schedule_type)random_below(&chance, SCHEDULE_STAGES + 1),
        .duration_ns = NS_PER_MS * (1 + random_below(&chance, 2000)),
        .rate = {1 + random_below(&chance, 4000), NS_PER_S},
        .seed = random_below(&chance, 1000),
        .sine = {2000 * PER_S, 1 + random_below(&chance, 1999) * PER_S,
                 1 + random_below(&chance, NS_PER_S), SINE_PEAK},
    };
    switch (schedule.type) {
    case SCHEDULE_CONSTANT:
    case SCHEDULE_POISSON:
        schedule.duration_ns *= random_below(&chance, 2);
        break;
    case SCHEDULE_RAMP:
        schedule.stages = (struct stages){{{schedule.duration_ns, 0, 3000 * PER_S}}, 1};
        break;
    case SCHEDULE_SINE:
        break;
    case SCHEDULE_STAGES: /* up, a pause, down */
        schedule.stages = (struct stages){{{schedule.duration_ns, PER_S, 3000 * PER_S},
                                           {NS_PER_S / 10, 0, 0},
                                           {schedule.duration_ns, 2000 * PER_S, 0}},
                                          3};
        schedule.duration_ns = 2 * schedule.duration_ns + NS_PER_S / 10;
        break;
    }
    return schedule;
}

/* An assertion takes longer than all the rest. */
static void expect(bool holds, const char *what, uint64_t number)
{
    if (!holds) {
        ck_abort_msg("%s: %lu", what, number);
    }
}

/* A run as it is published, and what it comes to in long hand. */
struct run {
    struct epoch epochs[EPOCHS];
    size_t count; /* of all requests so far */
    uint64_t due_ns[REQUESTS];
    uint16_t owner[REQUESTS];
    uint8_t sent[REQUESTS];
    uint16_t threads[THREADS]; /* those that take part now */
    size_t thread_count;
    uint16_t joined;                      /* so many threads ever joined */
    uint16_t begun;                       /* of these have a cursor */
    struct epoch_cursor cursors[THREADS]; /* of all that ever joined */
};

static struct run *run; /* of the forked test */

/* Some leave, but never all; some join. */
static void change_threads(void)
{
    for (size_t go = run->thread_count ? random_below(&chance, run->thread_count) : 0; go > 0;
         go--) {
        size_t who = random_below(&chance, run->thread_count--);
        memmove(&run->threads[who], &run->threads[who + 1],
                (run->thread_count - who) * sizeof run->threads[0]);
    }
    for (size_t come = random_below(&chance, 8) + (run->thread_count == 0); come > 0; come--) {
        if (run->joined < THREADS) {
            run->threads[run->thread_count++] = run->joined++;
        }
    }
}

static void deal(struct slots *slots, const struct slots *before)
{
    uint64_t cap = random_below(&chance, 2) ? UINT64_MAX : 1 + random_below(&chance, 20);
    change_threads();
    slots_deal(slots, before, cap, run->threads, run->thread_count);
}

/* Writes out the requests that are due from this epoch's instant until end_ns, one by one. */
static void write_out(const struct epoch *epoch, uint64_t end_ns)
{
    struct schedule_cursor cursor;
    uint64_t at_ns = epoch->piece.at_ns;
    schedule_begin(&cursor, &epoch->piece.schedule);
    ck_assert_uint_eq(epoch->first, run->count);
    for (uint64_t k = 0;; k++) {
        uint64_t due_ns = schedule_due(&cursor, k);
        if (due_ns == UINT64_MAX || at_ns + due_ns >= end_ns) {
            return;
        }
        if (at_ns + due_ns >= epoch->at_ns) {
            expect(run->count < REQUESTS, "no room", k);
            expect(run->count == epoch->piece.first + k, "another number", k);
            run->due_ns[run->count] = at_ns + due_ns;
            run->owner[run->count] = epoch->slots.owner[pacing_slot(run->count)];
            run->count++;
        }
    }
}

/* The thread sends what is due until then. */
static void send_until(uint16_t thread, uint64_t until_ns)
{
    struct epoch_cursor *cursor = &run->cursors[thread];
    for (epoch_follow(cursor); cursor->due_ns < until_ns; epoch_follow(cursor)) {
        uint64_t k = cursor->number;
        expect(k < run->count, "too many", k);
        expect(cursor->due_ns == run->due_ns[k], "another moment", k);
        expect(thread == run->owner[k], "of another thread", k);
        run->sent[k]++;
        epoch_take(cursor);
    }
}

/* Threads send until an epoch is published for at_ns. Some are late, by any time. */
static void send_some(uint64_t at_ns)
{
    for (uint16_t thread = 0; thread < run->begun; thread++) {
        send_until(thread, random_below(&chance, 3) ? at_ns : random_below(&chance, at_ns + 1));
    }
}

static void begin_threads(const struct epoch *epoch)
{
    for (; run->begun < run->joined; run->begun++) {
        epoch_cursor_init(&run->cursors[run->begun], epoch, run->begun);
    }
}

static void make_next(const struct epoch *last, struct epoch *next,
                      const struct epoch_counter *counter)
{
    bool has_schedule = random_below(&chance, 2);
    bool has_slots = !has_schedule || random_below(&chance, 4) == 0;
    uint64_t at_ns = last->at_ns + (random_below(&chance, 8) ? random_below(&chance, NS_PER_S) : 0);
    struct schedule schedule = any_schedule();
    struct slots slots;
    if (has_slots) {
        deal(&slots, &last->slots);
    }
    epoch_init_next(next, counter, at_ns, has_schedule ? &schedule : NULL,
                    has_slots ? &slots : NULL);
    ck_assert_uint_eq(next->number, last->number + 1);
    ck_assert_uint_eq(next->piece.at_ns, has_schedule ? at_ns : last->piece.at_ns);
}

static void expect_counts(uint64_t end_ns)
{
    struct epoch_counter counter;
    epoch_counter_init(&counter, &run->epochs[0]);
    size_t n = 0;
    for (uint64_t t_ns = 0; t_ns <= end_ns; t_ns += random_below(&chance, NS_PER_S / 20)) {
        for (; n < run->count && run->due_ns[n] < t_ns; n++) {
        }
        ck_assert_uint_eq(epoch_count(&counter, t_ns), n);
    }
    for (uint16_t thread = 0; thread < run->joined; thread++) {
        struct epoch_part part;
        uint64_t own = 0;
        size_t k = 0;
        epoch_part_init(&part, &run->epochs[0], thread);
        for (n = 0; n <= run->count; n += 1 + random_below(&chance, 3000)) {
            for (; k < n; k++) {
                own += run->owner[k] == thread;
            }
            ck_assert_uint_eq(epoch_part_count(&part, n), own);
        }
    }
}

START_TEST(each_request_is_sent_once_over_any_sequence_of_epochs)
{
    struct epoch_counter counter;
    struct slots slots;
    chance = random_seeded((uint64_t)_i);
    run = calloc(1, sizeof *run);
    struct schedule schedule = any_schedule();
    deal(&slots, NULL);
    epoch_init(&run->epochs[0], &schedule, &slots);
    epoch_counter_init(&counter, &run->epochs[0]);
    begin_threads(&run->epochs[0]);
    for (int i = 1; i < EPOCHS; i++) {
        struct epoch *last = &run->epochs[i - 1];
        struct epoch *next = &run->epochs[i];
        epoch_count(&counter, last->at_ns); /* as far as the clock is, at least */
        make_next(last, next, &counter);
        write_out(last, next->at_ns);
        send_some(next->at_ns);
        epoch_publish(last, next);
        begin_threads(next);
    }
    uint64_t end_ns = run->epochs[EPOCHS - 1].at_ns + NS_PER_S;
    write_out(&run->epochs[EPOCHS - 1], end_ns);
    for (uint16_t thread = 0; thread < run->joined; thread++) {
        send_until(thread, end_ns);
    }
    for (size_t k = 0; k < run->count; k++) {
        expect(run->sent[k] == 1, "not sent once", k);
    }
    expect_counts(end_ns);
    free(run);
}
END_TEST

static const struct schedule constant = {.rate = {1000, NS_PER_S}};

START_TEST(threads_have_equal_parts_whatever_the_rate)
{
    static const uint16_t threads[] = {0, 1, 2, 3, 4};
    const size_t count = sizeof threads / sizeof threads[0];
    static struct epoch epochs[3];
    struct epoch_counter counter;
    struct slots slots;
    slots_deal(&slots, NULL, UINT64_MAX, threads, count);
    epoch_init(&epochs[0], &constant, &slots);
    epoch_counter_init(&counter, &epochs[0]);
    for (size_t i = 1; i < 3; i++) {
        struct schedule schedule = {.rate = {1000 * i * i * 7, NS_PER_S}};
        epoch_init_next(&epochs[i], &counter, i * NS_PER_S, &schedule, NULL);
        epoch_publish(&epochs[i - 1], &epochs[i]);
    }
    uint64_t all = epoch_count(&counter, 10 * NS_PER_S);
    ck_assert_uint_eq(all, 1000 + 7000 + 8 * 28000);
    uint64_t sum = 0;
    for (uint16_t thread = 0; thread < count; thread++) {
        struct epoch_part part;
        epoch_part_init(&part, &epochs[0], thread);
        uint64_t own = epoch_part_count(&part, all);
        ck_assert_double_eq_tol((double)own, (double)all / (double)count, (double)all / SLOTS);
        sum += own;
    }
    ck_assert_uint_eq(sum, all);
}
END_TEST

/* A thread that slept has both to send, in order. */
START_TEST(what_was_due_in_the_old_piece_goes_first)
{
    static const uint16_t thread = 9;
    static struct epoch epochs[2];
    struct epoch_counter counter;
    struct epoch_cursor cursor;
    struct slots slots;
    struct schedule slow = {.rate = {1, NS_PER_S}, .duration_ns = 5 * NS_PER_S};
    slots_deal(&slots, NULL, UINT64_MAX, &thread, 1);
    epoch_init(&epochs[0], &constant, &slots);
    epoch_counter_init(&counter, &epochs[0]);
    epoch_cursor_init(&cursor, &epochs[0], thread);
    epoch_init_next(&epochs[1], &counter, 3 * NS_PER_MS + 1, &slow, NULL);
    epoch_publish(&epochs[0], &epochs[1]);
    for (uint64_t k = 0; k < 9; k++, epoch_take(&cursor)) {
        epoch_follow(&cursor);
        ck_assert_uint_eq(cursor.number, k);
        ck_assert_uint_eq(cursor.due_ns,
                          k < 4 ? k * NS_PER_MS : 3 * NS_PER_MS + 1 + (k - 4) * NS_PER_S);
    }
    ck_assert_uint_eq(cursor.due_ns, UINT64_MAX); /* the piece has ended */
    ck_assert_uint_eq(epoch_count(&counter, UINT64_MAX), 9);
}
END_TEST

/* It has looked ahead, and what it saw there is now another thread's. */
START_TEST(a_thread_goes_back_to_what_became_its_own)
{
    static const uint16_t threads[] = {0, 1};
    static struct epoch epochs[2];
    struct epoch_counter counter;
    struct epoch_cursor cursor;
    struct slots slots;
    struct schedule schedule = {.type = SCHEDULE_POISSON, .rate = {100, NS_PER_S}, .seed = 3};
    slots_deal(&slots, NULL, UINT64_MAX, threads, 2);
    epoch_init(&epochs[0], &schedule, &slots);
    epoch_counter_init(&counter, &epochs[0]);
    epoch_cursor_init(&cursor, &epochs[0], slots.owner[pacing_slot(1)]);
    ck_assert_uint_eq(cursor.number, 1);
    slots_deal(&slots, &slots, UINT64_MAX, &cursor.thread, 1);
    epoch_init_next(&epochs[1], &counter, 0, NULL, &slots);
    epoch_publish(&epochs[0], &epochs[1]);
    for (uint64_t k = 0; k < 100; k++, epoch_take(&cursor)) {
        epoch_follow(&cursor);
        ck_assert_uint_eq(cursor.number, k);
        ck_assert_uint_eq(cursor.due_ns, pacing_due_ns(&schedule, k));
    }
}
END_TEST

/* Not by repeating it: with another seed the later epoch goes on with the moments of the first. */
START_TEST(a_thread_that_joins_goes_on_with_the_walk)
{
    static const uint16_t threads[] = {0, 1};
    static struct epoch epochs[2];
    struct epoch_counter counter;
    struct epoch_cursor cursor;
    struct slots slots;
    struct schedule schedule = {.type = SCHEDULE_POISSON,
                                .rate = {1000, NS_PER_S},
                                .duration_ns = (uint64_t)_i * NS_PER_S,
                                .seed = 3};
    slots_deal(&slots, NULL, UINT64_MAX, threads, 1);
    epoch_init(&epochs[0], &schedule, &slots);
    epoch_counter_init(&counter, &epochs[0]);
    slots_deal(&slots, &slots, UINT64_MAX, threads, 2);
    epoch_init_next(&epochs[1], &counter, NS_PER_S / 2, NULL, &slots);
    epochs[1].piece.schedule.seed = 4;
    epoch_publish(&epochs[0], &epochs[1]);
    ck_assert_uint_gt(epochs[1].first, 300);
    epoch_cursor_init(&cursor, &epochs[1], 1);
    for (int i = 0; i < 100; i++, epoch_take(&cursor)) {
        ck_assert_uint_eq(cursor.due_ns, pacing_due_ns(&schedule, cursor.number));
    }
    ck_assert_uint_eq(epoch_count(&counter, NS_PER_S), schedule_count(&schedule, NS_PER_S));
}
END_TEST

Suite *epoch_suite(void);
Suite *epoch_suite(void)
{
    Suite *suite = suite_create("epoch");
    TCase *tests = tcase_create("epoch");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, each_request_is_sent_once_over_any_sequence_of_epochs, 0, 40);
    tcase_add_test(tests, threads_have_equal_parts_whatever_the_rate);
    tcase_add_test(tests, what_was_due_in_the_old_piece_goes_first);
    tcase_add_test(tests, a_thread_goes_back_to_what_became_its_own);
    tcase_add_loop_test(tests, a_thread_that_joins_goes_on_with_the_walk, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
