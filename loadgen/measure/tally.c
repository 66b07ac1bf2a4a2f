#include "loadgen/measure/tally.h"

#include <stdlib.h>
#include <string.h>

const char *const error_kind_names[OUTCOMES_ALL] = {
#define X(id, text) [id] = (text),
    OUTCOMES(X)
#undef X
};

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
    if (!create_rows(&tally->rows, by_target) || !create_rows(&tally->addresses, by_address)) {
        tally_destroy(tally);
        return NULL;
    }
    tally_clear(tally);
    return tally;
}

void tally_destroy(struct tally *tally)
{
    if (tally) {
        free(tally->rows);
        free(tally->addresses);
    }
    free(tally);
}

void tally_count_by(struct tally *tally, const struct buckets *bounds)
{
    tally->buckets = *bounds;
    buckets_clear(&tally->buckets);
}

static void clear_rows(struct tally_row *rows)
{
    for (size_t i = 0; rows && i < ROWS_ALL; i++) {
        struct tally_row *row = &rows[i];
        row->ended = 0;
        row->successes = 0;
        row->bytes_in = 0;
        row->bytes_out = 0;
        histogram_clear(&row->latency);
        histogram_clear(&row->service);
        histogram_clear(&row->unanswered);
    }
}

void tally_clear(struct tally *tally)
{
    memset(&tally->counters, 0, sizeof tally->counters);
    memset(tally->codes, 0, sizeof tally->codes);
    tally->bare = 0;
    tally->bytes_in = 0;
    tally->bytes_out = 0;
    tally->first_intended_ns = UINT64_MAX;
    tally->last_intended_ns = 0;
    tally->first_started_ns = UINT64_MAX;
    tally->last_started_ns = 0;
    tally->end_ns = 0;
    tally->error_count = 0;
    memset(tally->kinds, 0, sizeof tally->kinds);
    buckets_clear(&tally->buckets);
#define X(name, label) histogram_clear(&tally->name);
    TIMINGS(X)
#undef X
    histogram_clear(&tally->unanswered);
    histogram_clear(&tally->loop);
    clear_rows(tally->rows);
    clear_rows(tally->addresses);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The pool keeps no more texts than there is room for here. */
static void count_error(struct tally *tally, const char *text, uint64_t n)
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

static void count_row(struct tally_row *row, const struct result *result, uint64_t latency_ns)
{
    row->ended++;
    row->successes += is_success(result->code);
    row->bytes_in += result->bytes_in;
    row->bytes_out += result->bytes_out;
    histogram_record(&row->latency, latency_ns);
    if (!result->is_bare) {
        histogram_record(&row->service, result->service_ns);
    }
    if (result->outcome != OUTCOME_ANSWERED) {
        histogram_record(&row->unanswered, latency_ns);
    }
}

static void count_rows(struct tally_row *rows, uint8_t row, const struct result *result,
                       uint64_t latency_ns)
{
    if (rows) {
        count_row(&rows[row < ROWS_ALL ? row : ROWS_OTHER], result, latency_ns);
    }
}

static void count_spans(struct tally *tally, const struct result *result)
{
    histogram_record(&tally->service, result->service_ns);
    histogram_record(&tally->connect, result->connect_ns);
    histogram_record(&tally->wait, result->wait_ns);
    histogram_record(&tally->lag, result->lag_ns);
}

void tally_add(struct tally *tally, const struct result *result)
{
    struct counters *counters = &tally->counters;
    uint64_t latency = result_latency_ns(result);
    uint64_t started = result->intended_ns + result->lag_ns + result->wait_ns;
    counters->ended++;
    counters->answered += result->outcome == OUTCOME_ANSWERED;
    counters->timed_out += result->outcome == OUTCOME_TIMED_OUT;
    counters->failed += result->outcome != OUTCOME_ANSWERED && result->outcome != OUTCOME_TIMED_OUT;
    counters->retried += result->retries;
    counters->redirected += result->redirects;
    counters->late += result->lag_ns > RESULT_LATE_NS;
    tally->bytes_in += result->bytes_in;
    tally->bytes_out += result->bytes_out;
    tally->first_intended_ns = least(tally->first_intended_ns, result->intended_ns);
    tally->last_intended_ns = most(tally->last_intended_ns, result->intended_ns);
    tally->first_started_ns = least(tally->first_started_ns, started);
    tally->last_started_ns = most(tally->last_started_ns, started);
    tally->end_ns = most(tally->end_ns, result->intended_ns + latency);
    tally->codes[result->code < TALLY_CODES ? result->code : 0]++;
    histogram_record(&tally->latency, latency);
    buckets_record(&tally->buckets, latency);
    if (result->outcome != OUTCOME_ANSWERED) {
        histogram_record(&tally->unanswered, latency);
    }
    if (result->is_bare) {
        tally->bare++;
    } else {
        count_spans(tally, result);
    }
    count_rows(tally->rows, result->row, result, latency);
    count_rows(tally->addresses, result->address_row, result, latency);
    if (!is_success(result->code) || result->outcome != OUTCOME_ANSWERED) {
        count_kind(&tally->kinds[result->outcome], result->error, 1);
    }
    if (result->error) {
        count_error(tally, result->error, 1);
    }
}

static void merge_row(struct tally_row *into, const struct tally_row *from)
{
    into->ended += from->ended;
    into->successes += from->successes;
    into->bytes_in += from->bytes_in;
    into->bytes_out += from->bytes_out;
    histogram_merge(&into->latency, &from->latency);
    histogram_merge(&into->service, &from->service);
    histogram_merge(&into->unanswered, &from->unanswered);
}

static void merge_rows(struct tally_row *into, const struct tally_row *from)
{
    for (size_t i = 0; into && from && i < ROWS_ALL; i++) {
        merge_row(&into[i], &from[i]);
    }
}

void tally_merge(struct tally *into, const struct tally *from)
{
#define X(name) into->counters.name += from->counters.name;
    COUNTERS(X)
#undef X
    into->bare += from->bare;
    into->bytes_in += from->bytes_in;
    into->bytes_out += from->bytes_out;
    into->first_intended_ns = least(into->first_intended_ns, from->first_intended_ns);
    into->last_intended_ns = most(into->last_intended_ns, from->last_intended_ns);
    into->first_started_ns = least(into->first_started_ns, from->first_started_ns);
    into->last_started_ns = most(into->last_started_ns, from->last_started_ns);
    into->end_ns = most(into->end_ns, from->end_ns);
    for (size_t i = 0; i < TALLY_CODES; i++) {
        into->codes[i] += from->codes[i];
    }
    for (size_t i = 0; i < from->error_count; i++) {
        const struct error_count *error = &from->errors[i];
        count_error(into, error->text, error->count);
    }
    for (size_t i = 0; i < OUTCOMES_ALL; i++) {
        count_kind(&into->kinds[i], from->kinds[i].example, from->kinds[i].count);
    }
    buckets_merge(&into->buckets, &from->buckets);
#define X(name, label) histogram_merge(&into->name, &from->name);
    TIMINGS(X)
#undef X
    histogram_merge(&into->unanswered, &from->unanswered);
    histogram_merge(&into->loop, &from->loop);
    merge_rows(into->rows, from->rows);
    merge_rows(into->addresses, from->addresses);
}

uint64_t tally_successes(const struct tally *tally)
{
    uint64_t successes = 0;
    for (unsigned code = 0; code < TALLY_CODES; code++) {
        successes += is_success(code) ? tally->codes[code] : 0;
    }
    return successes;
}

uint64_t tally_clipped(const struct tally *tally)
{
    uint64_t clipped = 0;
#define X(name, label) clipped += tally->name.clipped;
    TIMINGS(X)
#undef X
    return clipped;
}
