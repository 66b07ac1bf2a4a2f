#include "loadgen/cluster/merge/save.h"

#include <stdlib.h>

#include "loadgen/base/bytes.h"
#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"
#include "loadgen/cluster/merge/seat_codec.h"
#include "loadgen/cluster/merge/state.h"
#include "loadgen/cluster/wire/codec.h"
#include "loadgen/measure/tally_codec.h"

enum { SEATS_FULL = 128 * 1024 }; /* a part with this many bytes of seats is full */

enum content {
    CONTENT_COUNTS, /* first */
    CONTENT_SEATS,
    CONTENT_TALLY,
    CONTENT_END, /* last */
    CONTENTS,
};

/* The head of each part. */
struct part {
    uint64_t run;
    uint64_t number;
    uint64_t sequence;
    uint64_t index;
    enum content content;
};

static void pass_part(struct wire *wire, struct part *part)
{
    part->run = wire_number(wire, part->run, UINT64_MAX);
    part->number = wire_number(wire, part->number, UINT64_MAX);
    part->sequence = wire_number(wire, part->sequence, UINT64_MAX);
    part->index = wire_number(wire, part->index, UINT64_MAX);
    part->content = (enum content)wire_number(wire, part->content, CONTENTS - 1);
}

static void pass_counts(struct wire *wire, struct merge *merge)
{
    merge->next = wire_number(wire, merge->next, WIRE_TIME_MAX_NS / NS_PER_S);
    merge->merged = wire_amount(wire, least(merge->merged, WIRE_COUNT_MAX));
    merge->missing = wire_amount(wire, least(merge->missing, WIRE_COUNT_MAX));
    merge->dropped = wire_amount(wire, least(merge->dropped, WIRE_COUNT_MAX));
    merge->load_seats = wire_number(wire, merge->count, WIRE_WORKERS);
    merge->load_start_ns = wire_number(wire, merge->config.start_ns, UINT64_MAX);
}

/* Writing. */

struct saver {
    const struct merge *merge;
    const struct merge_sink *sink;
    struct part part; /* the next one */
    struct bytes message;
    uint64_t which;   /* the tally that is being written */
    uint8_t *encoded; /* buffer for a part of it */
};

static struct wire begin_part(struct saver *saver, enum content content)
{
    bytes_clear(&saver->message);
    struct wire wire = wire_writing(&saver->message, WIRE_STATE);
    saver->part.content = content;
    pass_part(&wire, &saver->part);
    return wire;
}

static void end_part(struct saver *saver)
{
    memory_of(saver->message.has_failed ? NULL : saver->message.at);
    saver->sink->put(saver->sink->context, saver->part.index,
                     (struct slice){saver->message.at, saver->message.length});
    saver->part.index++;
}

static void save_counts(struct saver *saver)
{
    struct wire wire = begin_part(saver, CONTENT_COUNTS);
    struct merge copy = *saver->merge;
    pass_counts(&wire, &copy);
    end_part(saver);
}

static void save_seats(struct saver *saver)
{
    for (size_t i = 0; i < saver->merge->count;) {
        struct wire wire = begin_part(saver, CONTENT_SEATS);
        for (; i < saver->merge->count && saver->message.length < SEATS_FULL; i++) {
            struct merge_seat copy = saver->merge->seats[i];
            wire_worker(&wire, &copy.who);
            merge_pass_seat(&wire, &copy);
        }
        end_part(saver);
    }
}

static uint8_t *begin_tally(void *context)
{
    return ((struct saver *)context)->encoded;
}

static void end_tally(void *context, size_t length)
{
    struct saver *saver = context;
    struct wire wire = begin_part(saver, CONTENT_TALLY);
    wire_number(&wire, saver->which, UINT64_MAX);
    wire_bytes(&wire, (struct slice){(const char *)saver->encoded, length}, TALLY_PART_MAX);
    end_part(saver);
}

/* Number 0 is the total, number s + 1 the window of second s. */
static void save_tally(struct saver *saver, uint64_t which, const struct tally *tally)
{
    const struct summary *summary = saver->merge->config.summary;
    const struct tally_sink sink = {TALLY_PART_MAX, begin_tally, end_tally, saver};
    saver->which = which;
    tally_encode(tally, &summary->rows, &summary->addresses, &sink);
}

uint64_t merge_save(const struct merge *merge, uint64_t number, uint64_t sequence,
                    const struct merge_sink *sink)
{
    struct saver saver = {
        .merge = merge,
        .sink = sink,
        .part = {.run = merge->config.run, .number = number, .sequence = sequence},
        .encoded = memory_of(malloc(TALLY_PART_MAX)),
    };
    save_counts(&saver);
    save_seats(&saver);
    save_tally(&saver, 0, merge->config.summary->tally);
    for (uint64_t second = merge->next; second < merge->next + MERGE_OPEN; second++) {
        const struct tally *window = merge->windows[second % MERGE_OPEN];
        if (window) {
            save_tally(&saver, second + 1, window);
        }
    }
    begin_part(&saver, CONTENT_END);
    end_part(&saver);
    bytes_free(&saver.message);
    free(saver.encoded);
    return saver.part.index;
}

/* Reading. */

static void load_seats(struct merge *merge, struct wire *wire)
{
    while (wire_has_more(wire)) {
        struct wire_worker who = {0};
        wire_worker(wire, &who);
        wire_require(wire, merge->count < WIRE_WORKERS && !merge_find(merge, &who));
        merge_pass_seat(wire, merge_add_seat(merge, &who));
    }
}

static void load_tally(struct merge *merge, struct wire *wire)
{
    uint64_t which = wire_number(wire, 0, WIRE_TIME_MAX_NS / NS_PER_S + MERGE_OPEN);
    struct slice bytes = wire_bytes(wire, (struct slice){0}, TALLY_PART_MAX);
    bool is_total = which == 0;
    bool is_window = !is_total && which - 1 >= merge->next && which - 1 < merge->next + MERGE_OPEN;
    wire_require(wire, is_total || is_window);
    if (wire_has_failed(wire)) {
        return;
    }
    struct tally *tally = is_total ? merge->config.summary->tally : merge_window(merge, which - 1);
    struct tally_sum sum = merge_sum(merge, tally);
    sum.offset_ns = merge->config.start_ns - merge->load_start_ns; /* modulo 2^64 if it is less */
    wire_require(wire,
                 tally_decode(&sum, (const uint8_t *)bytes.at, bytes.length) == TALLY_DECODE_OK);
}

bool merge_peek(struct slice bytes, struct merge_part *part)
{
    struct part head = {0};
    struct wire wire = wire_reading(bytes, WIRE_STATE);
    pass_part(&wire, &head);
    *part = (struct merge_part){
        .run = head.run,
        .number = head.number,
        .sequence = head.sequence,
        .index = head.index,
        .is_last = head.content == CONTENT_END,
    };
    return !wire_has_failed(&wire);
}

/* True if the part continues the state. */
static bool is_next(const struct merge *merge, const struct part *part)
{
    return part->run == merge->config.run && part->number == merge->load_number &&
           part->sequence == merge->load_sequence && part->index == merge->load_parts &&
           (part->content == CONTENT_COUNTS) == (part->index == 0);
}

enum merge_load merge_load(struct merge *merge, struct slice bytes, uint64_t *sequence)
{
    struct part part = {0};
    struct wire wire = wire_reading(bytes, WIRE_STATE);
    pass_part(&wire, &part);
    if (merge->load_parts == 0) {
        merge->load_number = part.number;
        merge->load_sequence = part.sequence;
    }
    wire_require(&wire, is_next(merge, &part));
    if (wire_has_failed(&wire)) {
        return MERGE_LOAD_BAD;
    }
    if (part.content == CONTENT_COUNTS) {
        pass_counts(&wire, merge);
    } else if (part.content == CONTENT_SEATS) {
        load_seats(merge, &wire);
    } else if (part.content == CONTENT_TALLY) {
        load_tally(merge, &wire);
    } else {
        wire_require(&wire, merge->count == merge->load_seats);
    }
    if (wire_done(&wire, bytes) != WIRE_READ_OK) {
        return MERGE_LOAD_BAD;
    }
    merge->load_parts++;
    *sequence = part.sequence;
    return part.content == CONTENT_END ? MERGE_LOAD_COMPLETE : MERGE_LOAD_MORE;
}

void merge_give_loaded(struct merge *merge)
{
    if (merge->next > 0) {
        merge_show(merge, merge->next - 1, merge->next - 1, merge->config.summary->tally, true);
    }
}
