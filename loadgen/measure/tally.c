#include "loadgen/measure/tally.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/least.h"
#include "loadgen/measure/error_text.h"

const char *const error_kind_names[OUTCOMES_ALL] = {
#define X(id, text) [id] = (text),
    OUTCOMES(X)
#undef X
};

static void for_each_histogram(struct tally *tally, void (*act)(struct histogram *))
{
#define X(name, label) act(&tally->name);
    TIMINGS(X)
#undef X
#define X(name) act(&tally->name);
    UNANSWERED(X)
#undef X
    act(&tally->loop);
}

static void for_each_of_row(struct tally_row *row, void (*act)(struct histogram *))
{
#define X(name) act(&row->name);
    ROW_HISTOGRAMS(X)
#undef X
}

static bool create_rows(struct tally_row **rows, bool is_wanted)
{
    *rows = is_wanted ? calloc(ROWS_ALL, sizeof **rows) : NULL;
    return *rows || !is_wanted;
}

struct tally *tally_create(bool by_target, bool by_address)
{
    struct tally *tally = calloc(1, sizeof *tally);
    if (!tally) {
        return NULL;
    }
    bool ok = create_rows(&tally->rows, by_target) && create_rows(&tally->addresses, by_address);
#define X(name, label) ok = ok && histogram_reserve(&tally->name);
    TIMINGS(X)
#undef X
#define X(name) ok = ok && histogram_reserve(&tally->name);
    UNANSWERED(X)
#undef X
    if (!ok || !histogram_reserve(&tally->loop)) {
        tally_destroy(tally);
        return NULL;
    }
    tally_clear(tally);
    return tally;
}

static void destroy_rows(struct tally_row *rows)
{
    for (size_t i = 0; rows && i < ROWS_ALL; i++) {
        for_each_of_row(&rows[i], histogram_fini);
    }
    free(rows);
}

void tally_destroy(struct tally *tally)
{
    if (tally) {
        destroy_rows(tally->rows);
        destroy_rows(tally->addresses);
        for_each_histogram(tally, histogram_fini);
    }
    free(tally);
}

void tally_count_by(struct tally *tally, const struct buckets *bounds)
{
    tally->buckets = *bounds;
    buckets_clear(&tally->buckets);
}

static void clear_row(struct tally_row *row)
{
#define X(name) row->name = 0;
    ROW_COUNTERS(X)
#undef X
    for_each_of_row(row, histogram_clear);
}

static void clear_rows(struct tally_row *rows)
{
    for (size_t i = 0; rows && i < ROWS_ALL; i++) {
        if (rows[i].is_used) {
            clear_row(&rows[i]);
        }
    }
}

void tally_clear(struct tally *tally)
{
    memset(&tally->counters, 0, sizeof tally->counters);
    memset(tally->codes, 0, sizeof tally->codes);
    memset(tally->violations, 0, sizeof tally->violations);
#define X(name) tally->name = 0;
#define FIRST(name) tally->name = UINT64_MAX;
    TALLY_SUMS(X)
    TALLY_MOMENTS(FIRST, X)
#undef X
#undef FIRST
    tally->error_count = 0;
    memset(tally->kinds, 0, sizeof tally->kinds);
    buckets_clear(&tally->buckets);
    for_each_histogram(tally, histogram_clear);
    clear_rows(tally->rows);
    clear_rows(tally->addresses);
    failures_clear(&tally->failures);
}

struct tally_row *tally_use_row(struct tally_row *rows, size_t row)
{
    if (!rows[row].is_used) {
        clear_row(&rows[row]);
        rows[row].is_used = true;
    }
    return &rows[row];
}

static bool reserve_row(struct tally_row *row)
{
    bool ok = true;
#define X(name) ok = ok && histogram_reserve(&row->name);
    ROW_HISTOGRAMS(X)
#undef X
    return ok;
}

bool tally_reserve(struct tally_row *rows, size_t count)
{
    bool ok = reserve_row(tally_use_row(rows, ROWS_OTHER));
    for (size_t i = 0; ok && i < count; i++) {
        ok = reserve_row(tally_use_row(rows, i));
    }
    return ok;
}

void tally_count_error(struct tally *tally, const char *text, uint64_t n)
{
    size_t i = 0;
    while (i < tally->error_count && tally->errors[i].text != text) {
        i++;
    }
    if (i == tally->error_count) {
        tally->errors[tally->error_count++] = (struct error_count){text, 0};
    }
    tally->errors[i].count += n;
}

static void count_kind(struct error_kind *kind, const char *example, uint64_t n)
{
    kind->count += n;
    kind->example = kind->example ? kind->example : example;
}

static bool is_success(unsigned code)
{
    return code >= 200 && code < 400;
}

/* A time that is added to several histograms, with its bucket. */
struct span {
    uint64_t ns;
    uint32_t bucket;
};

static struct span span_of(uint64_t ns)
{
    return (struct span){ns, histogram_bucket(ns)};
}

static inline void record(struct histogram *h, struct span span)
{
    histogram_record_in(h, span.ns, span.bucket);
}

struct spans {
    struct span latency;
    struct span response;
    struct span service;
};

static void count_row(struct tally_row *rows, uint16_t index, const struct result *result,
                      const struct spans *spans)
{
    struct tally_row *row = tally_use_row(rows, index < ROWS_ALL ? index : ROWS_OTHER);
    row->ended++;
    row->successes += result_is_success(result);
    row->bytes_in += result->bytes_in;
    row->bytes_out += result->bytes_out;
    record(&row->latency, spans->latency);
    if (!result->is_bare) {
        record(&row->response, spans->response);
        record(&row->service, spans->service);
    }
    if (result->outcome != OUTCOME_ANSWERED) {
        record(&row->unanswered, spans->latency);
        if (!result->is_bare) {
            record(&row->unanswered_response, spans->response);
        }
    }
}

static void count_failure(struct failures *failures, const struct result *result)
{
    uint64_t end_ns = result_end_ns(result);
    const struct failure failure = {
        .text = result->error,
        .count = 1,
        .first_ns = end_ns,
        .last_ns = end_ns,
        .row = (uint16_t)(result->row < ROWS_ALL ? result->row : ROWS_OTHER),
    };
    failures_add(failures, &failure);
}

static void count_spans(struct tally *tally, const struct result *result, const struct spans *spans)
{
    record(&tally->response, spans->response);
    if (result->outcome != OUTCOME_ANSWERED) {
        record(&tally->unanswered_response, spans->response);
    }
    record(&tally->service, spans->service);
    if (!result->is_fired) {
        histogram_record(&tally->connect, result->connect_ns);
        histogram_record(&tally->wait, result->wait_ns);
        histogram_record(&tally->lag, result->lag_ns);
    }
}

static void count_judgement(struct counters *counters, const struct result *result)
{
    counters->accepted += result_is_success(result) && !is_success(result->code);
    counters->refused += !result_is_success(result) && is_success(result->code);
}

static void count_violations(struct tally *tally, unsigned violations)
{
    for (size_t i = 0; i < VIOLATIONS_ALL; i++) {
        tally->violations[i] += violations >> i & 1;
    }
}

void tally_add(struct tally *tally, const struct result *result)
{
    struct counters *counters = &tally->counters;
    uint64_t latency = result_latency_ns(result);
    const struct spans spans = {
        .latency = span_of(latency),
        .response = span_of(latency - result->lag_ns),
        .service = span_of(result->service_ns),
    };
    uint64_t started = result->intended_ns + result->lag_ns + result->wait_ns;
    counters->ended++;
    counters->answered += result->outcome == OUTCOME_ANSWERED && !result->is_fired;
    counters->fired += result->is_fired;
    counters->timed_out += result->outcome == OUTCOME_TIMED_OUT;
    counters->failed += result->outcome != OUTCOME_ANSWERED && result->outcome != OUTCOME_TIMED_OUT;
    counters->retried += result->retries;
    counters->redirected += result->redirects;
    counters->malformed += result->violations != 0;
    counters->late += result->lag_ns > RESULT_LATE_NS;
    if (result->judgement != JUDGEMENT_NONE) {
        count_judgement(counters, result);
    }
    tally->bytes_in += result->bytes_in;
    tally->bytes_out += result->bytes_out;
    tally->first_intended_ns = least(tally->first_intended_ns, result->intended_ns);
    tally->last_intended_ns = most(tally->last_intended_ns, result->intended_ns);
    tally->first_started_ns = least(tally->first_started_ns, started);
    tally->last_started_ns = most(tally->last_started_ns, started);
    tally->end_ns = most(tally->end_ns, result_end_ns(result));
    tally->codes[result->code < TALLY_CODES ? result->code : 0] += !result->is_fired;
    record(&tally->latency, spans.latency);
    buckets_record(&tally->buckets, latency);
    if (result->outcome != OUTCOME_ANSWERED) {
        record(&tally->unanswered, spans.latency);
    }
    if (result->violations) {
        count_violations(tally, result->violations);
    }
    if (result->is_bare) {
        tally->bare++;
    } else {
        count_spans(tally, result, &spans);
    }
    if (tally->rows) {
        count_row(tally->rows, result->row, result, &spans);
    }
    if (tally->addresses && !result->is_fired) {
        count_row(tally->addresses, result->address_row, result, &spans);
    }
    if (!result_is_success(result) || result->outcome != OUTCOME_ANSWERED) {
        count_kind(&tally->kinds[result->outcome], result->error, 1);
    }
    if (result->error) {
        tally_count_error(tally, result->error, 1);
    }
    if (result->error && tally->rows) {
        count_failure(&tally->failures, result);
    }
}

static void merge_row(struct tally_row *into, const struct tally_row *from)
{
#define X(name) into->name += from->name;
    ROW_COUNTERS(X)
#undef X
#define X(name) histogram_merge(&into->name, &from->name);
    ROW_HISTOGRAMS(X)
#undef X
}

static void merge_rows(struct tally_row *into, const struct tally_row *from)
{
    for (size_t i = 0; into && from && i < ROWS_ALL; i++) {
        if (from[i].is_used) {
            merge_row(tally_use_row(into, i), &from[i]);
        }
    }
}

void tally_merge(struct tally *into, const struct tally *from)
{
#define X(name) into->counters.name += from->counters.name;
    COUNTERS(X)
#undef X
#define X(name) into->name += from->name;
    TALLY_SUMS(X)
#undef X
#define FIRST(name) into->name = least(into->name, from->name);
#define LAST(name) into->name = most(into->name, from->name);
    TALLY_MOMENTS(FIRST, LAST)
#undef FIRST
#undef LAST
    for (size_t i = 0; i < TALLY_CODES; i++) {
        into->codes[i] += from->codes[i];
    }
    for (size_t i = 0; i < VIOLATIONS_ALL; i++) {
        into->violations[i] += from->violations[i];
    }
    for (size_t i = 0; i < from->error_count; i++) {
        const struct error_count *error = &from->errors[i];
        tally_count_error(into, error->text, error->count);
    }
    for (size_t i = 0; i < OUTCOMES_ALL; i++) {
        count_kind(&into->kinds[i], from->kinds[i].example, from->kinds[i].count);
    }
    buckets_merge(&into->buckets, &from->buckets);
#define X(name, label) histogram_merge(&into->name, &from->name);
    TIMINGS(X)
#undef X
#define X(name) histogram_merge(&into->name, &from->name);
    UNANSWERED(X)
#undef X
    histogram_merge(&into->loop, &from->loop);
    merge_rows(into->rows, from->rows);
    merge_rows(into->addresses, from->addresses);
    if (into->rows) {
        failures_merge(&into->failures, &from->failures);
    }
}

uint64_t tally_successes(const struct tally *tally)
{
    uint64_t successes = 0;
    for (unsigned code = 0; code < TALLY_CODES; code++) {
        successes += is_success(code) ? tally->codes[code] : 0;
    }
    /* Damaged files may contain any numbers. */
    successes += tally->counters.accepted;
    return successes > tally->counters.refused ? successes - tally->counters.refused : 0;
}

uint64_t tally_own_failures(const struct tally *tally)
{
    uint64_t failures = 0;
    for (size_t i = 0; i < tally->error_count; i++) {
        const struct error_count *error = &tally->errors[i];
        bool is_ours = error->text == text_pool_overflow || error_text_is_ours(error->text);
        failures += is_ours ? error->count : 0;
    }
    return failures;
}

uint64_t tally_clipped(const struct tally *tally)
{
    uint64_t clipped = 0;
#define X(name, label) clipped += tally->name.clipped;
    TIMINGS(X)
#undef X
    return clipped;
}
