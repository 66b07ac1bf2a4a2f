#include "loadgen/results/bin/bin_counts.h"

static uint64_t integer(const json_t *json, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(json, key));
    return value > 0 ? (uint64_t)value : 0;
}

bool bin_counts_take(struct bin_counts *counts, struct block *block, uint64_t wall_ns,
                     struct summary *summary, uint64_t *results, const char **problem)
{
    struct tally *tally = counts->is_open ? counts->room : summary->tally;
    uint64_t before = tally->counters.ended;
    const struct tally_sum sum = {tally, &summary->rows, &summary->addresses, &summary->texts,
                                  wall_ns};
    enum tally_decode state = tally_decode(&sum, block_payload(block), block->length);
    *results += tally->counters.ended - before;
    *problem = state == TALLY_DECODE_NEWER ? "a C block in a version that this loadgen cannot read"
                                           : "invalid contents of a C block";
    return state == TALLY_DECODE_OK;
}

bool bin_counts_begin(struct bin_counts *counts, const json_t *json, uint64_t wall_ns,
                      struct summary *summary, struct err *err)
{
    if (!counts->watch) {
        return true;
    }
    bin_counts_end(counts, summary);
    counts->room = counts->room ? counts->room : tally_create(true, true);
    if (!counts->room) {
        return err_set(err, ERR_FAILED, "not enough memory for the counts of a second");
    }
    struct results_second *second = &counts->second;
    uint64_t started = integer(json, "started");
    uint64_t start_ns = wall_ns + integer(json, "start");
    bool is_next = second->start_ns == start_ns;
    second->from_ns = is_next ? second->to_ns : start_ns;
    second->to_ns = start_ns + integer(json, "elapsed");
    second->started = started - (is_next && counts->started < started ? counts->started : 0);
    second->start_ns = start_ns;
    second->tally = counts->room;
    counts->started = started;
    counts->is_open = true;
    return true;
}

void bin_counts_end(struct bin_counts *counts, struct summary *summary)
{
    if (!counts->is_open) {
        return;
    }
    tally_merge(summary->tally, counts->room);
    if (counts->room->counters.ended > 0 || counts->second.started > 0) {
        counts->watch->on_second(counts->watch->context, &counts->second);
    }
    tally_clear(counts->room);
    counts->is_open = false;
}

void bin_counts_fini(struct bin_counts *counts)
{
    tally_destroy(counts->room);
    counts->room = NULL;
}
