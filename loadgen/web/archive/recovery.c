#include "loadgen/web/archive/recovery.h"

#include <jansson.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/binary/block.h"
#include "loadgen/results/results.h"

/* A second as stored in the file: sums since the start of the run. */
struct record_of_second {
    bool is_there; /* and is not in the history yet */
    uint64_t elapsed_ns;
    struct history_second sums;
};

struct reader {
    struct history *history;
    struct record_of_second last;   /* its counts may follow with the next second or the end */
    struct record_of_second newest; /* its counts have not been read yet */
    struct history_second before;   /* sums as of the last second of the history */
    struct histogram none;
};

static uint64_t number(const json_t *json, const char *key)
{
    double value = json_number_value(json_object_get(json, key));
    return value > 0 && value < 9e18 ? (uint64_t)value : 0;
}

static uint64_t ns_of(const json_t *json, const char *key)
{
    double seconds = json_number_value(json_object_get(json, key));
    return seconds > 0 && seconds < 9e9 ? (uint64_t)(seconds * (double)NS_PER_S) : 0;
}

/*
 * Adds a second to the history. `second` contains the values that are not computed from the sums.
 */
static void add(struct reader *reader, struct record_of_second *record,
                struct history_second second)
{
    if (!record->is_there) {
        return;
    }
    struct history_second *before = &reader->before;
    record->sums.failures = before->failures + second.failures;
    record->sums.bytes_in = before->bytes_in + second.bytes_in;
#define X(name)                                                                                    \
    second.name = record->sums.name > before->name ? record->sums.name - before->name : 0;
    HISTORY_SUMS(X)
#undef X
    second.in_flight = record->sums.in_flight;
    second.users = record->sums.users;
    *before = record->sums;
    history_add(reader->history, &second);
    record->is_there = false;
}

static void add_without_counts(struct reader *reader, struct record_of_second *record)
{
    add(reader, record, (struct history_second){.latency = &reader->none, .lag = &reader->none});
}

/* Called when the counts of a second have been read. */
static void on_second(void *context, const struct results_second *second)
{
    struct reader *reader = context;
    const struct tally *tally = second->tally;
    uint64_t elapsed_ns = second->to_ns - second->start_ns;
    struct record_of_second *record = reader->last.is_there && reader->last.elapsed_ns == elapsed_ns
                                          ? &reader->last
                                          : &reader->newest;
    if (record == &reader->newest) {
        add_without_counts(reader, &reader->last);
    }
    record->sums.ended = reader->before.ended + tally->counters.ended;
    add(reader, record,
        (struct history_second){
            .failures = tally->counters.ended - tally_successes(tally),
            .bytes_in = tally->bytes_in,
            .latency = &tally->latency,
            .lag = &tally->lag,
        });
}

static void read_second(struct record_of_second *record, const json_t *json, uint64_t ended)
{
    const json_t *generator = json_object_get(json, "generator");
    *record = (struct record_of_second){
        .is_there = true,
        .elapsed_ns = number(json, "elapsed"),
        .sums =
            {
                .intended = number(json, "intended"),
                .started = number(json, "started"),
                .ended = ended + number(json_object_get(json, "counters"), "ended"),
                .cpu_ns = ns_of(generator, "cpu_seconds"),
                .throttled_ns = ns_of(generator, "throttled_seconds"),
                .in_flight = number(json, "in_flight"),
                .users = number(json, "users"),
            },
    };
}

static void on_block(void *context, const struct block *block)
{
    struct reader *reader = context;
    json_t *json = NULL;
    if (block->type == BLOCK_SECOND &&
        (json = json_loadb((const char *)block->bytes + BLOCK_PREFIX, block->length, 0, NULL))) {
        uint64_t ended = reader->newest.sums.ended;
        add_without_counts(reader, &reader->last);
        reader->last = reader->newest;
        read_second(&reader->newest, json, ended);
        json_decref(json);
    }
}

/* The records of results are only counted. */
static bool read_all(struct results *results, struct summary *summary, struct err *err)
{
    struct record record;
    enum results_state state = RESULTS_RECORD;
    while ((state = results_next(results, UINT64_MAX, &record, err)) == RESULTS_RECORD) {
        tally_add(summary->tally, &record.result);
    }
    return state == RESULTS_END;
}

bool recovery_read(struct recovery *recovery, char *path, struct err *err)
{
    struct reader reader = {.history = &recovery->history};
    const struct results_watch watch = {on_second, &reader};
    *recovery = (struct recovery){.summary = summary_create()};
    histogram_clear(&reader.none);
    if (!recovery->summary || !history_init(&recovery->history, HISTORY_POINTS, HISTORY_BYTES)) {
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    struct results *results = results_open(&path, 1, false, recovery->summary, err);
    if (!results) {
        return false;
    }
    results_watch_blocks(results, on_block, &reader);
    results_watch_seconds(results, &watch);
    bool ok = read_all(results, recovery->summary, err);
    add_without_counts(&reader, &reader.last);
    add_without_counts(&reader, &reader.newest);
    results_close(results);
    return ok;
}

void recovery_fini(struct recovery *recovery)
{
    if (recovery->history.points) {
        history_fini(&recovery->history);
    }
    summary_destroy(recovery->summary);
    *recovery = (struct recovery){0};
}
