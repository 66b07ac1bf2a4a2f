/*
 * fuzz_cluster_tally - any bytes as messages to a controller, for libFuzzer (`make fuzz`).
 *
 * The controller knows two workers. Each message comes 100 ms after the one before it.
 *
 * What is checked beside the sanitizers: a message that was read is written and read again without
 * a change; seconds are given in order; the observer gets every result once, and no other; a state
 * that was saved is loaded with the same counts, unless numbers are too large for one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/cluster/merge/merge.h"
#include "loadgen/cluster/merge/save.h"
#include "loadgen/cluster/roster.h"
#include "tests/support/letters.h"
#include "tests/support/wire_copy.h"

enum { RUN = 1 };

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* What the observer has seen. */
struct seen {
    uint64_t next;
    uint64_t ended;
};

static void on_second(void *context, const struct second *second, bool is_correction)
{
    struct seen *seen = context;
    require(is_correction ? second->index < seen->next : second->index == seen->next);
    seen->next += !is_correction;
    seen->ended += second->tally->counters.ended;
}

/* A merge, with the summary that it adds to. */
struct side {
    struct merge_config config;
    struct merge *merge;
};

static void create(struct side *side, struct seen *seen)
{
    side->config = (struct merge_config){
        .run = RUN, .summary = summary_create(), .on_second = on_second, .context = seen};
    require(side->config.summary != NULL);
    side->merge = merge_create(&side->config);
    require(side->merge != NULL);
}

struct loading {
    struct side side;
    enum merge_load state;
};

static void destroy(struct side *side)
{
    merge_destroy(side->merge);
    summary_destroy(side->config.summary);
}

/* True if it was added to the merge. */
static bool receive(struct side *side, struct roster *roster, struct slice message, uint64_t now_ns)
{
    struct wire_tally tally;
    struct wire_end end;
    struct wire_announce announce;
    struct wire_leave leave;
    bool is_taken = false;
    if (wire_read_tally(message, &tally) == WIRE_READ_OK) {
        is_taken = merge_take(side->merge, &tally, now_ns) == MERGE_TAKEN;
    } else if (wire_read_end(message, &end) == WIRE_READ_OK) {
        is_taken = merge_end(side->merge, &end);
    } else if (wire_read_announce(message, &announce) == WIRE_READ_OK) {
        roster_hear(roster, &announce, NULL);
    } else if (wire_read_leave(message, &leave) == WIRE_READ_OK) {
        roster_leave(roster, &leave);
        merge_lose(side->merge, &leave.from, leave.run);
    }
    merge_tick(side->merge, now_ns);
    roster_tick(roster, now_ns, true);
    return is_taken;
}

/* Parts of a state, to another merge, until one is refused. */
static void load(struct loading *heir, struct slice message)
{
    uint64_t sequence = 0;
    if (!heir->side.merge) {
        create(&heir->side, NULL);
    }
    if (heir->state == MERGE_LOAD_MORE) {
        heir->state = merge_load(heir->side.merge, message, &sequence);
        merge_counts(heir->side.merge);
    }
}

/* Five bytes of a number that go on: sums of such numbers may be more than a state can have. */
static bool has_large_number(const uint8_t *data, size_t size)
{
    size_t long_bytes = 0;
    for (size_t i = 0; i < size && long_bytes < 5; i++) {
        long_bytes = data[i] & 0x80 ? long_bytes + 1 : 0;
    }
    return long_bytes == 5;
}

static void load_part(void *context, uint64_t part, struct slice bytes)
{
    struct loading *loading = context;
    uint64_t sequence = 0;
    (void)part;
    require(loading->state == MERGE_LOAD_MORE);
    loading->state = merge_load(loading->side.merge, bytes, &sequence);
    require(loading->state != MERGE_LOAD_BAD && sequence == 3);
}

static void check_state(const struct side *side)
{
    struct seen seen = {0};
    struct loading loading = {.state = MERGE_LOAD_MORE};
    const struct merge_sink sink = {load_part, &loading};
    create(&loading.side, &seen);
    merge_save(side->merge, 1, 3, &sink);
    require(loading.state == MERGE_LOAD_COMPLETE);
    struct merge_counts saved = merge_counts(side->merge);
    struct merge_counts loaded = merge_counts(loading.side.merge);
    require(saved.intended == loaded.intended && saved.ended == loaded.ended &&
            saved.unknown == loaded.unknown && saved.next == loaded.next);
    require(side->config.summary->tally->counters.ended ==
            loading.side.config.summary->tally->counters.ended);
    destroy(&loading.side);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {0};
    struct side side;
    struct loading heir = {.state = MERGE_LOAD_MORE};
    bool is_taken = false;
    struct roster roster = {0};
    struct slice rest = {(const char *)data, size};
    struct slice letter;
    create(&side, &seen);
    roster_begin(&roster, RUN);
    merge_expect(side.merge, &(struct wire_worker){"a", 1}, 0);
    merge_expect(side.merge, &(struct wire_worker){"b", 2}, NS_PER_S);
    for (uint64_t now_ns = NS_PER_S; letters_next(&rest, &letter); now_ns += NS_PER_S / 10) {
        require(wire_copy_is_stable(letter));
        is_taken |= receive(&side, &roster, letter, now_ns);
        if (wire_kind(letter) == WIRE_STATE) {
            load(&heir, letter);
        }
    }
    if (is_taken && !has_large_number(data, size)) {
        check_state(&side);
    }
    merge_finish(side.merge);
    require(seen.ended == side.config.summary->tally->counters.ended);
    roster_free(&roster);
    destroy(&heir.side);
    destroy(&side);
    return 0;
}
