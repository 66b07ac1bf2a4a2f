/* Not under tsan: one thread. */
/* Tallies of several workers, late, twice, out of order or not at all, are added once each. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/cluster/merge/merge.h"
#include "loadgen/cluster/merge/save.h"
#include "loadgen/measure/tally_codec.h"
#include "tests/support/tallies.h"
#include "tests/support/worker_tallies.h"

enum { WORKERS = 4, SECONDS = 12, MESSAGES = 512, STATE_PARTS = 256, RESULTS = 50 };

/* A message on its way. */
struct letter {
    struct bytes bytes;
    uint64_t at_ns; /* run time at which it arrives */
    size_t worker;
    uint64_t second;
    uint64_t part;
};

static struct random chance;
static struct worker_tallies workers[WORKERS];
static struct letter letters[MESSAGES];
static size_t letter_count;
static struct merge_config config;
static struct merge *merge;
static struct tally *given; /* of all seconds that the observer got */
static uint64_t next_index; /* that the observer should get */
static uint64_t corrections;
static struct second last;  /* that the observer got */
static uint64_t last_ended; /* of its tally */

static void on_second(void *context, const struct second *second, bool is_correction)
{
    (void)context;
    if (is_correction) {
        ck_assert_uint_lt(second->index, next_index);
        corrections++;
    } else {
        ck_assert_uint_eq(second->index, next_index);
        next_index++;
    }
    ck_assert_ptr_eq(second->total, config.summary->tally);
    tally_merge(given, second->tally);
    last = *second;
    last_ended = second->tally->counters.ended;
}

static void create_merge(void)
{
    config.summary = summary_create();
    merge = merge_create(&config);
    ck_assert_ptr_nonnull(config.summary);
    ck_assert_ptr_nonnull(merge);
}

static void expect_all(void)
{
    for (size_t i = 0; i < WORKERS; i++) {
        ck_assert(merge_expect(merge, &workers[i].next.from, 0));
    }
}

static void setup(void)
{
    chance = random_seeded(5);
    config =
        (struct merge_config){.run = WORKER_TALLIES_RUN, .start_ns = 1000, .on_second = on_second};
    given = tally_create(true, true);
    ck_assert_ptr_nonnull(given);
    create_merge();
    for (size_t i = 0; i < WORKERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "worker-%zu", i);
        worker_tallies_init(&workers[i], name, 50 + i, i);
    }
}

static void teardown(void)
{
    for (size_t i = 0; i < letter_count; i++) {
        bytes_free(&letters[i].bytes);
    }
    for (size_t i = 0; i < WORKERS; i++) {
        worker_tallies_fini(&workers[i]);
    }
    tally_destroy(given);
    merge_destroy(merge);
    summary_destroy(config.summary);
}

/* Writing letters. */

static struct slice slice_of_letter(const struct letter *letter)
{
    return (struct slice){letter->bytes.at, letter->bytes.length};
}

static struct wire_tally read_letter(const struct letter *letter)
{
    struct wire_tally tally;
    ck_assert_int_eq(wire_read_tally(slice_of_letter(letter), &tally), WIRE_READ_OK);
    return tally;
}

static void put(void *context, struct slice message)
{
    const struct worker_tallies *worker = context;
    ck_assert_uint_lt(letter_count, MESSAGES);
    struct letter *letter = &letters[letter_count++];
    *letter = (struct letter){
        .at_ns = (worker->next.second + 1) * NS_PER_S + 1,
        .worker = (size_t)(worker - workers),
        .second = worker->next.second,
        .part = worker->next.part,
    };
    bytes_add(&letter->bytes, message.at, message.length);
}

/* The next second of a worker. Returns its first letter; it is not sent yet. */
static struct letter *write_second(size_t worker, size_t results)
{
    size_t first = letter_count;
    worker_tallies_second(&workers[worker], results, put, &workers[worker]);
    return &letters[first];
}

static enum merge_take take(const struct letter *letter, uint64_t now_ns)
{
    struct wire_tally tally = read_letter(letter);
    return merge_take(merge, &tally, now_ns);
}

/* Writes a second of a worker, which arrives in time. */
static void report(size_t worker)
{
    const struct letter *letter = write_second(worker, RESULTS);
    ck_assert_ptr_eq(letter, &letters[letter_count - 1]);
    ck_assert_int_eq(take(letter, letter->at_ns), MERGE_TAKEN);
}

static void report_all(void)
{
    for (size_t i = 0; i < WORKERS; i++) {
        report(i);
    }
}

static void end_worker(size_t worker)
{
    struct wire_end end = worker_tallies_end(&workers[worker]);
    ck_assert(merge_end(merge, &end));
    ck_assert(merge_end(merge, &end));
}

/* What all letters together say, each once. */
static struct tally *add_letters(void)
{
    struct tally *sum = tally_create(true, true);
    struct summary *summary = config.summary;
    const struct tally_sum into = {sum, &summary->rows, &summary->addresses, &summary->texts,
                                   config.start_ns};
    for (size_t i = 0; i < letter_count; i++) {
        struct wire_tally tally = read_letter(&letters[i]);
        ck_assert_int_eq(tally_decode(&into, (const uint8_t *)tally.tally.at, tally.tally.length),
                         TALLY_DECODE_OK);
    }
    return sum;
}

static void expect_total(void)
{
    struct tally *sum = add_letters();
    ck_assert(tallies_are_equal(sum, config.summary->tally));
    tally_destroy(sum);
}

/* The observer keeps what it gets, the total has it, and every letter was taken once. */
static void expect_everything(void)
{
    expect_total();
    ck_assert(tallies_are_equal(given, config.summary->tally));
}

/* Any order of arrival. */

static int compare_arrival(const void *a, const void *b)
{
    const struct letter *x = a;
    const struct letter *y = b;
    return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

/* Most letters take up to 200 ms, some up to 20 s: what a cut network does. */
static void write_all(void)
{
    for (size_t i = 0; i < WORKERS; i++) {
        workers[i].part_room = i == 0 ? TALLY_PART_MIN : TALLY_PART_MAX;
        for (uint64_t second = 0; second < SECONDS; second++) {
            write_second(i, random_below(&chance, 400));
        }
    }
    for (size_t i = 0; i < letter_count; i++) {
        uint64_t limit_ns = random_below(&chance, 5) ? NS_PER_S / 5 : 20 * NS_PER_S;
        letters[i].at_ns += random_below(&chance, limit_ns);
    }
    qsort(letters, letter_count, sizeof letters[0], compare_arrival);
}

/* Accounts come when the run ends, before tallies that are late. */
static void deliver(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        uint64_t now_ns = letters[i].at_ns;
        for (size_t w = 0; w < WORKERS && now_ns >= SECONDS * NS_PER_S; w++) {
            end_worker(w);
        }
        ck_assert_int_eq(take(&letters[i], now_ns), MERGE_TAKEN);
        const struct letter *again = &letters[random_below(&chance, i + 1)];
        ck_assert_int_eq(take(again, now_ns), MERGE_KNOWN);
        merge_tick(merge, now_ns);
    }
}

static void expect_balance(void)
{
    const struct summary *summary = config.summary;
    struct merge_counts counts = merge_counts(merge);
    ck_assert_uint_eq(counts.unknown, 0);
    ck_assert_uint_eq(counts.missing, 0);
    ck_assert_uint_eq(counts.next, SECONDS);
    ck_assert_uint_eq(summary->intended, summary->started + summary->not_started);
    ck_assert_uint_eq(summary->started, summary->tally->counters.ended + summary->abandoned);
    ck_assert_uint_eq(summary->generator_count, WORKERS);
    ck_assert_str_eq(summary->generators[1].name, "worker-1");
}

START_TEST(every_tally_counts_once_in_any_order)
{
    chance = random_seeded((uint64_t)_i);
    expect_all();
    write_all();
    deliver(0, letter_count);
    ck_assert(merge_is_complete(merge));
    merge_finish(merge);
    ck_assert_uint_eq(next_index, SECONDS);
    ck_assert_uint_gt(corrections, 0);
    expect_everything();
    expect_balance();
}
END_TEST

/* Which seconds are given, and when. */

START_TEST(a_second_is_given_when_all_have_reported_it)
{
    expect_all();
    for (size_t i = 0; i < WORKERS; i++) {
        ck_assert_uint_eq(next_index, 0);
        report(i);
    }
    ck_assert_uint_eq(next_index, 1);
    ck_assert_uint_eq(last.elapsed_ns, NS_PER_S);
    ck_assert_uint_eq(last.start_ns, config.start_ns);
    ck_assert_uint_eq(last.in_flight, WORKERS * workers[0].next.at_end.in_flight);
    ck_assert_uint_eq(last_ended, (uint64_t)WORKERS * RESULTS);
    ck_assert_uint_eq(last.intended, WORKERS * workers[0].next.at_end.intended);
    expect_everything();
}
END_TEST

START_TEST(a_clock_may_be_a_little_ahead)
{
    expect_all();
    for (size_t i = 0; i < WORKERS; i++) {
        ck_assert_int_eq(take(write_second(i, RESULTS), NS_PER_S - 1), MERGE_TAKEN);
    }
    ck_assert_uint_eq(next_index, 0);
    merge_tick(merge, NS_PER_S);
    ck_assert_uint_eq(next_index, 1);
}
END_TEST

START_TEST(a_second_waits_for_three_more)
{
    expect_all();
    for (size_t i = 1; i < WORKERS; i++) {
        report(i);
    }
    merge_tick(merge, NS_PER_S + MERGE_WAIT_NS - 1);
    ck_assert_uint_eq(next_index, 0);
    merge_tick(merge, NS_PER_S + MERGE_WAIT_NS);
    ck_assert_uint_eq(next_index, 1);
    ck_assert_uint_eq(last_ended, (uint64_t)(WORKERS - 1) * RESULTS);
    ck_assert_uint_eq(merge_counts(merge).missing, 1);
    const struct letter *late = write_second(0, RESULTS);
    ck_assert_int_eq(take(late, NS_PER_S + MERGE_WAIT_NS + 1), MERGE_TAKEN);
    ck_assert_uint_eq(corrections, 1);
    ck_assert_uint_eq(last.index, 0);
    ck_assert_uint_eq(last_ended, RESULTS);
    ck_assert_uint_eq(last.intended, WORKERS * workers[0].next.at_end.intended);
    ck_assert_uint_eq(merge_counts(merge).missing, 0);
    expect_everything();
}
END_TEST

/* The observer's counts do not go back because one worker is behind. */
START_TEST(counts_are_those_at_the_end_of_the_second)
{
    expect_all();
    uint64_t first = 0;
    for (size_t i = 0; i < WORKERS - 1; i++) {
        report(i);
        first += workers[i].next.at_end.started;
        report(i);
    }
    ck_assert_uint_eq(next_index, 0);
    report(WORKERS - 1);
    ck_assert_uint_eq(next_index, 1);
    ck_assert_uint_eq(last.started, first + workers[WORKERS - 1].next.at_end.started);
}
END_TEST

START_TEST(who_joins_later_is_not_waited_for_before)
{
    for (size_t i = 0; i < WORKERS; i++) {
        ck_assert(merge_expect(merge, &workers[i].next.from, i == 0 ? 2 * NS_PER_S + 5 : 0));
    }
    workers[0].next.second = 2;
    for (uint64_t second = 0; second < 3; second++) {
        for (size_t i = 1; i < WORKERS; i++) {
            report(i);
        }
    }
    ck_assert_uint_eq(next_index, 2);
    report(0);
    ck_assert_uint_eq(next_index, 3);
    expect_everything();
}
END_TEST

START_TEST(who_has_ended_is_not_waited_for)
{
    expect_all();
    report_all();
    end_worker(0);
    for (size_t i = 1; i < WORKERS; i++) {
        report(i);
    }
    ck_assert_uint_eq(next_index, 2);
    ck_assert_uint_eq(last.in_flight, (WORKERS - 1) * workers[1].next.at_end.in_flight);
    for (size_t i = 1; i < WORKERS; i++) {
        end_worker(i);
    }
    merge_tick(merge, 100 * NS_PER_S);
    ck_assert_uint_eq(next_index, 2); /* there are no more */
    ck_assert(merge_is_complete(merge));
}
END_TEST

START_TEST(an_account_does_not_stand_for_tallies)
{
    expect_all();
    report_all();
    const struct letter *delayed = write_second(0, RESULTS);
    end_worker(0);
    for (size_t i = 1; i < WORKERS; i++) {
        end_worker(i);
    }
    ck_assert(!merge_is_complete(merge));
    ck_assert_int_eq(take(delayed, delayed->at_ns), MERGE_TAKEN);
    ck_assert(merge_is_complete(merge));
    merge_finish(merge);
    expect_everything();
}
END_TEST

START_TEST(seconds_that_a_worker_merged_are_complete)
{
    expect_all();
    report_all();
    for (uint64_t second = 1; second < 4; second++) {
        for (size_t i = 1; i < WORKERS; i++) {
            report(i);
        }
    }
    ck_assert_uint_eq(next_index, 1);
    workers[0].next.second = 3;
    workers[0].next.covers = 3;
    report(0);
    ck_assert_uint_eq(next_index, 4);
    ck_assert_uint_eq(merge_counts(merge).merged, 2);
    ck_assert_uint_eq(merge_counts(merge).missing, 0);
    expect_everything();
}
END_TEST

/* Messages that are not taken. */

START_TEST(messages_of_others_are_refused)
{
    struct letter *letter = write_second(0, RESULTS);
    struct wire_tally tally = read_letter(letter);
    ck_assert_int_eq(merge_take(merge, &tally, NS_PER_S), MERGE_STRANGER);
    ck_assert(merge_expect(merge, &workers[0].next.from, 0));
    tally.run++;
    ck_assert_int_eq(merge_take(merge, &tally, NS_PER_S), MERGE_STRANGER);
    tally.run--;
    tally.from.incarnation++;
    ck_assert_int_eq(merge_take(merge, &tally, NS_PER_S), MERGE_STRANGER);
    tally.from.incarnation--;
    tally.second = 3;
    ck_assert_int_eq(merge_take(merge, &tally, NS_PER_S), MERGE_BAD);
    tally.second = 0;
    tally.tally.length--;
    ck_assert_int_eq(merge_take(merge, &tally, NS_PER_S), MERGE_BAD);
    ck_assert_uint_eq(config.summary->tally->counters.ended, 0);
    tally.tally.length++;
    ck_assert_int_eq(merge_take(merge, &tally, NS_PER_S), MERGE_TAKEN);
    merge_finish(merge);
    expect_everything();
    struct wire_end end = worker_tallies_end(&workers[1]);
    ck_assert(!merge_end(merge, &end));
}
END_TEST

START_TEST(a_message_that_is_too_late_is_dropped)
{
    const uint64_t now_ns = (MERGE_LATE + 1) * NS_PER_S + 1;
    ck_assert(merge_expect(merge, &workers[0].next.from, 0));
    const struct letter *first = write_second(0, RESULTS);
    const struct letter *second = write_second(0, RESULTS);
    workers[0].next.second = MERGE_LATE;
    report(0);
    ck_assert_int_eq(take(first, now_ns), MERGE_DROPPED);
    ck_assert_int_eq(take(second, now_ns), MERGE_TAKEN);
    ck_assert_uint_eq(merge_counts(merge).dropped, 1);
}
END_TEST

/* Lost workers. */

START_TEST(a_lost_worker_leaves_unknown_requests)
{
    bool is_known = _i == 0;
    expect_all();
    report_all();
    uint64_t ended = workers[0].next.at_end.ended;
    uint64_t intended = workers[0].next.at_end.intended;
    merge_lose(merge, &workers[0].next.from, is_known ? 1000 : UINT64_MAX);
    struct merge_counts counts = merge_counts(merge);
    ck_assert_uint_eq(counts.unknown, (is_known ? 1000 : intended) - ended);
    ck_assert_int_eq(counts.is_at_least, !is_known);
    ck_assert_uint_eq(counts.in_flight, (WORKERS - 1) * workers[1].next.at_end.in_flight);
    for (size_t i = 1; i < WORKERS; i++) {
        report(i);
    }
    ck_assert_uint_eq(next_index, 2); /* it is not waited for */
    for (size_t i = 1; i < WORKERS; i++) {
        end_worker(i);
    }
    ck_assert(merge_is_complete(merge));
    merge_finish(merge);
    const struct summary *summary = config.summary;
    counts = merge_counts(merge);
    ck_assert_uint_eq(summary->intended, summary->started + summary->not_started + counts.unknown);
    ck_assert_uint_eq(summary->started, summary->tally->counters.ended + summary->abandoned);
    ck_assert_uint_eq(counts.missing, 0);
    struct merge_worker worker = merge_worker(merge, 0);
    ck_assert(worker.is_lost && !worker.has_ended);
    ck_assert_uint_eq(worker.unknown, counts.unknown);
    expect_everything();
}
END_TEST

START_TEST(who_reports_after_all_is_not_lost)
{
    expect_all();
    report_all();
    merge_lose(merge, &workers[0].next.from, 1000);
    report(0);
    struct merge_counts counts = merge_counts(merge);
    ck_assert_uint_eq(counts.unknown, 0);
    ck_assert(!merge_worker(merge, 0).is_lost);
    merge_lose(merge, &workers[0].next.from, 1000);
    end_worker(0);
    ck_assert_uint_eq(merge_counts(merge).unknown, 0);
    ck_assert(merge_worker(merge, 0).has_ended);
}
END_TEST

START_TEST(who_never_ended_counts_as_lost)
{
    expect_all();
    report_all();
    for (size_t i = 1; i < WORKERS; i++) {
        end_worker(i);
    }
    ck_assert(!merge_is_complete(merge));
    merge_finish(merge);
    const struct wire_second *at_end = &workers[0].next.at_end;
    struct merge_counts counts = merge_counts(merge);
    ck_assert_uint_eq(counts.unknown, at_end->intended - at_end->ended);
    ck_assert(counts.is_at_least);
}
END_TEST

/* What its account has and no tally: it was sent, but nothing is known of it. */
START_TEST(what_was_never_reported_is_unknown)
{
    bool is_lost = _i == 1;
    expect_all();
    report_all();
    write_second(0, RESULTS); /* it is not sent */
    struct wire_end end = worker_tallies_end(&workers[0]);
    if (is_lost) {
        report(0);
        merge_lose(merge, &workers[0].next.from, end.intended);
    } else {
        ck_assert(merge_end(merge, &end));
    }
    ck_assert(is_lost || !merge_is_accounted(merge));
    for (size_t i = 1; i < WORKERS; i++) {
        end_worker(i);
    }
    ck_assert(merge_is_accounted(merge));
    ck_assert_int_eq(merge_is_complete(merge), is_lost);
    merge_finish(merge);
    const struct summary *summary = config.summary;
    uint64_t unknown = merge_counts(merge).unknown;
    ck_assert_uint_ge(unknown, RESULTS);
    ck_assert_uint_eq(unknown, merge_worker(merge, 0).unknown);
    ck_assert_uint_eq(summary->started, summary->tally->counters.ended + summary->abandoned);
    ck_assert_uint_eq(summary->intended, summary->started + summary->not_started + unknown);
}
END_TEST

/* State. */

static struct bytes state[STATE_PARTS];
static size_t state_count;

static void keep_part(void *context, uint64_t part, struct slice bytes)
{
    (void)context;
    ck_assert_uint_eq(part, state_count);
    ck_assert_uint_lt(part, STATE_PARTS);
    ck_assert_uint_le(bytes.length, WIRE_MAX);
    bytes_clear(&state[part]);
    bytes_add(&state[part], bytes.at, bytes.length);
    state_count++;
}

static void save(uint64_t number, uint64_t sequence)
{
    const struct merge_sink sink = {keep_part, NULL};
    state_count = 0;
    ck_assert_uint_eq(merge_save(merge, number, sequence, &sink), state_count);
}

static void free_state(void)
{
    for (size_t i = 0; i < STATE_PARTS; i++) {
        bytes_free(&state[i]);
    }
}

static enum merge_load load_part(size_t part, uint64_t *sequence)
{
    return merge_load(merge, (struct slice){state[part].at, state[part].length}, sequence);
}

/* Another controller has the state, and what its observer was given is forgotten. */
static uint64_t take_over(void)
{
    uint64_t sequence = 0;
    merge_destroy(merge);
    summary_destroy(config.summary);
    create_merge();
    for (size_t i = 0; i < state_count; i++) {
        ck_assert_int_eq(load_part(i, &sequence),
                         i + 1 < state_count ? MERGE_LOAD_MORE : MERGE_LOAD_COMPLETE);
    }
    return sequence;
}

static void expect_counts(struct merge_counts expected)
{
    struct merge_counts counts = merge_counts(merge);
    ck_assert_uint_eq(counts.intended, expected.intended);
    ck_assert_uint_eq(counts.started, expected.started);
    ck_assert_uint_eq(counts.ended, expected.ended);
    ck_assert_uint_eq(counts.in_flight, expected.in_flight);
    ck_assert_uint_eq(counts.unknown, expected.unknown);
    ck_assert_uint_eq(counts.missing, expected.missing);
    ck_assert_uint_eq(counts.next, expected.next);
}

/* The state knows letters up to some earlier one: the stream is read again from there. */
START_TEST(another_controller_continues)
{
    chance = random_seeded((uint64_t)_i);
    expect_all();
    write_all();
    size_t known = random_below(&chance, letter_count);
    size_t seen = known + random_below(&chance, letter_count - known);
    deliver(0, known);
    struct merge_counts counts = merge_counts(merge);
    save(1, known);
    deliver(known, seen);
    uint64_t sequence = take_over();
    ck_assert_uint_eq(sequence, known);
    expect_counts(counts);
    next_index = counts.next;
    deliver(known, letter_count);
    ck_assert(merge_is_complete(merge));
    merge_finish(merge);
    ck_assert_uint_eq(next_index, SECONDS);
    expect_total();
    expect_balance();
    free_state();
}
END_TEST

START_TEST(accounts_and_losses_are_saved)
{
    expect_all();
    report_all();
    struct wire_end end = worker_tallies_end(&workers[0]);
    end.environment = (struct slice){"{\"cpu\": \"x\"}", 12};
    ck_assert(merge_end(merge, &end));
    merge_lose(merge, &workers[1].next.from, 5000);
    uint64_t unknown = merge_counts(merge).unknown;
    save(1, 1);
    take_over();
    ck_assert_uint_eq(merge_counts(merge).unknown, unknown);
    ck_assert(merge_worker(merge, 0).has_ended);
    end_worker(2);
    end_worker(3);
    ck_assert(merge_is_complete(merge));
    merge_finish(merge);
    const json_t *environment = config.summary->generators[0].environment;
    ck_assert_str_eq(json_string_value(json_object_get(environment, "cpu")), "x");
    free_state();
}
END_TEST

START_TEST(a_damaged_state_is_refused)
{
    uint64_t sequence = 0;
    expect_all();
    report_all();
    save(1, 1);
    for (size_t part = 0; part < state_count; part++) {
        size_t step = state[part].length / 50 + 1;
        for (size_t length = 0; length < state[part].length; length += step) {
            struct bytes whole = state[part];
            merge_destroy(merge);
            summary_clear(config.summary);
            merge = merge_create(&config);
            for (size_t i = 0; i < part; i++) {
                ck_assert_int_eq(load_part(i, &sequence), MERGE_LOAD_MORE);
            }
            state[part].length = length;
            ck_assert_int_eq(load_part(part, &sequence), MERGE_LOAD_BAD);
            state[part] = whole;
        }
    }
    free_state();
}
END_TEST

START_TEST(parts_of_different_states_are_not_mixed)
{
    uint64_t sequence = 0;
    expect_all();
    report_all();
    save(1, 1);
    struct bytes older = state[1];
    state[1] = (struct bytes){0};
    save(2, 2);
    bytes_free(&state[1]);
    state[1] = older;
    merge_destroy(merge);
    summary_clear(config.summary);
    merge = merge_create(&config);
    ck_assert_int_eq(load_part(0, &sequence), MERGE_LOAD_MORE);
    ck_assert_int_eq(load_part(1, &sequence), MERGE_LOAD_BAD);
    free_state();
}
END_TEST

Suite *merge_suite(void);
Suite *merge_suite(void)
{
    Suite *suite = suite_create("merge");
    TCase *tests = tcase_create("merge");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, every_tally_counts_once_in_any_order, 0, 10);
    tcase_add_test(tests, a_second_is_given_when_all_have_reported_it);
    tcase_add_test(tests, a_clock_may_be_a_little_ahead);
    tcase_add_test(tests, a_second_waits_for_three_more);
    tcase_add_test(tests, counts_are_those_at_the_end_of_the_second);
    tcase_add_test(tests, who_joins_later_is_not_waited_for_before);
    tcase_add_test(tests, who_has_ended_is_not_waited_for);
    tcase_add_test(tests, an_account_does_not_stand_for_tallies);
    tcase_add_test(tests, seconds_that_a_worker_merged_are_complete);
    tcase_add_test(tests, messages_of_others_are_refused);
    tcase_add_test(tests, a_message_that_is_too_late_is_dropped);
    tcase_add_loop_test(tests, a_lost_worker_leaves_unknown_requests, 0, 2);
    tcase_add_test(tests, who_reports_after_all_is_not_lost);
    tcase_add_test(tests, who_never_ended_counts_as_lost);
    tcase_add_loop_test(tests, what_was_never_reported_is_unknown, 0, 2);
    tcase_add_loop_test(tests, another_controller_continues, 0, 10);
    tcase_add_test(tests, accounts_and_losses_are_saved);
    tcase_add_test(tests, a_damaged_state_is_refused);
    tcase_add_test(tests, parts_of_different_states_are_not_mixed);
    suite_add_tcase(suite, tests);
    return suite;
}
