#include "tests/support/tallies.h"

#include <stdio.h>
#include <string.h>

struct result tallies_random_result(struct random *random, struct text_pool *texts)
{
    char text[32];
    snprintf(text, sizeof text, "error %d", (int)random_below(random, 300));
    enum outcome outcome = (enum outcome)random_below(random, OUTCOMES_ALL);
    return (struct result){
        .intended_ns = random_below(random, UINT64_C(1) << 40),
        .lag_ns = random_below(random, 2 * RESULT_LATE_NS),
        .wait_ns = random_below(random, 1 << 20),
        .connect_ns = random_below(random, 1 << 20),
        .service_ns =
            random_below(random, 100) ? random_below(random, 1 << 30) : HISTOGRAM_MAX_NS + 1,
        .bytes_in = random_below(random, 1000),
        .bytes_out = random_below(random, 1000),
        .retries = (uint16_t)random_below(random, 3),
        .violations = (uint16_t)random_below(random, VIOLATION_BITS + 1),
        .row = (uint16_t)random_below(random, ROWS_ALL),
        .address_row = (uint16_t)random_below(random, ROWS_ALL),
        .is_bare = random_below(random, 10) == 0,
        .code = outcome == OUTCOME_ANSWERED ? (uint16_t)random_below(random, 1000) : 0,
        .outcome = outcome,
        .error = outcome != OUTCOME_ANSWERED ? text_pool_intern(texts, text) : NULL,
    };
}

static uint64_t errors_of(const struct tally *tally, const char *text)
{
    for (size_t i = 0; i < tally->error_count; i++) {
        if (tally->errors[i].text == text) {
            return tally->errors[i].count;
        }
    }
    return 0;
}

static bool are_errors_equal(const struct tally *a, const struct tally *b)
{
    bool same = a->error_count == b->error_count;
    for (size_t i = 0; i < a->error_count && same; i++) {
        same = errors_of(b, a->errors[i].text) == a->errors[i].count;
    }
    for (size_t i = 0; i < OUTCOMES_ALL && same; i++) {
        same = a->kinds[i].count == b->kinds[i].count &&
               (a->kinds[i].example == NULL) == (b->kinds[i].example == NULL);
    }
    return same;
}

bool histograms_are_equal(const struct histogram *a, const struct histogram *b)
{
    bool same = a->count == b->count && a->sum_ns == b->sum_ns && a->max_ns == b->max_ns &&
                a->clipped == b->clipped && (a->count == 0 || a->min_ns == b->min_ns);
    for (uint32_t i = histogram_next(a, 0), j = histogram_next(b, 0);
         same && (i < HISTOGRAM_BUCKETS || j < HISTOGRAM_BUCKETS);
         i = histogram_next(a, i + 1), j = histogram_next(b, j + 1)) {
        same = i == j && histogram_bucket_count(a, i) == histogram_bucket_count(b, i);
    }
    return same;
}

static bool is_row_equal(const struct tally_row *a, const struct tally_row *b)
{
    bool same = true;
#define X(name) same = same && a->name == b->name;
    ROW_COUNTERS(X)
#undef X
#define X(name) same = same && histograms_are_equal(&a->name, &b->name);
    ROW_HISTOGRAMS(X)
#undef X
    return same;
}

static bool are_rows_equal(const struct tally_row *a, const struct tally_row *b)
{
    bool same = !a == !b;
    for (size_t i = 0; a && same && i < ROWS_ALL; i++) {
        same = is_row_equal(&a[i], &b[i]);
    }
    return same;
}

static bool has_failure(const struct failures *failures, const struct failure *like)
{
    for (size_t i = 0; i < failures->count; i++) {
        const struct failure *one = &failures->list[i];
        if (one->text == like->text && one->row == like->row) {
            return one->count == like->count && one->first_ns == like->first_ns &&
                   one->last_ns == like->last_ns;
        }
    }
    return false;
}

static uint64_t all_failures(const struct failures *failures)
{
    uint64_t count = failures->unlisted;
    for (size_t i = 0; i < failures->count; i++) {
        count += failures->list[i].count;
    }
    return count;
}

/* Which pairs have an entry in a full list depends on the order of the results. */
static bool are_failures_equal(const struct failures *a, const struct failures *b)
{
    bool same = a->count == b->count && all_failures(a) == all_failures(b);
    if (a->count == FAILURES_MAX) {
        return same;
    }
    for (size_t i = 0; i < a->count && same; i++) {
        same = has_failure(b, &a->list[i]);
    }
    return same;
}

bool tallies_are_equal(const struct tally *a, const struct tally *b)
{
    bool same = memcmp(&a->counters, &b->counters, sizeof a->counters) == 0 &&
                memcmp(a->codes, b->codes, sizeof a->codes) == 0 &&
                memcmp(a->violations, b->violations, sizeof a->violations) == 0 &&
                memcmp(&a->buckets, &b->buckets, sizeof a->buckets) == 0 &&
                histograms_are_equal(&a->loop, &b->loop);
#define X(name) same = same && a->name == b->name;
    TALLY_SUMS(X)
    TALLY_MOMENTS(X, X)
#undef X
#define X(name, label) same = same && histograms_are_equal(&a->name, &b->name);
    TIMINGS(X)
#undef X
#define X(name) same = same && histograms_are_equal(&a->name, &b->name);
    UNANSWERED(X)
#undef X
    return same && are_errors_equal(a, b) && are_failures_equal(&a->failures, &b->failures) &&
           are_rows_equal(a->rows, b->rows) && are_rows_equal(a->addresses, b->addresses);
}
