#include <string.h>

#include "loadgen/base/text/utf8.h"
#include "loadgen/base/varint.h"
#include "loadgen/measure/histogram_codec.h"
#include "loadgen/measure/tally_items.h"

/* Maximum of any count. */
#define COUNT_MAX (UINT64_C(1) << 62)

/* A pass over a part: the first one checks, the second one adds. */
struct pass {
    const uint8_t *at;
    const uint8_t *end;
    const struct tally_sum *sum; /* NULL: this pass checks */
    bool is_bad;                 /* a number was malformed; it and all later ones are 0 */
    bool has_row;                /* a ROW item was read */
    struct tally_row *row;       /* of that item, in the sum; NULL: not counted */
    enum table table;            /* of that row */
    uint16_t number;             /* of that row, in the sum */
};

static uint64_t get(struct pass *pass, uint64_t max)
{
    uint64_t number = 0;
    if (pass->is_bad || !varint_get(&pass->at, pass->end, &number) || number > max) {
        pass->is_bad = true;
        return 0;
    }
    return number;
}

static void require(struct pass *pass, bool ok)
{
    pass->is_bad |= !ok;
}

static uint64_t *number_at(void *object, size_t offset)
{
    return (uint64_t *)((char *)object + offset);
}

/* Reads a text of at most `max` bytes, and returns a pointer into the part. NULL: not valid. */
static const char *get_text(struct pass *pass, size_t max, size_t *length)
{
    *length = get(pass, max + 1);
    if (*length == 0) {
        return NULL;
    }
    --*length;
    const char *text = (const char *)pass->at;
    if (*length > (size_t)(pass->end - pass->at) || memchr(text, 0, *length)) {
        pass->is_bad = true;
        return NULL;
    }
    pass->at += *length;
    return text;
}

static void take_moments(struct pass *pass)
{
    uint64_t before = 0;
    struct tally *tally = pass->sum ? pass->sum->tally : NULL;
    uint64_t offset_ns = pass->sum ? pass->sum->offset_ns : 0;
    uint64_t now = 0;
#define FIRST(name)                                                                                \
    before = get(pass, UINT64_MAX);                                                                \
    now = before + offset_ns;                                                                      \
    if (tally && now < tally->name) {                                                              \
        tally->name = now;                                                                         \
    }
#define LAST(name)                                                                                 \
    now = get(pass, UINT64_MAX);                                                                   \
    require(pass, now >= before);                                                                  \
    now += offset_ns;                                                                              \
    if (tally && now > tally->name) {                                                              \
        tally->name = now;                                                                         \
    }
    TALLY_MOMENTS(FIRST, LAST)
#undef FIRST
#undef LAST
}

static void take_codes(struct pass *pass)
{
    size_t next = 0;
    for (uint64_t left = get(pass, TALLY_CODES); left > 0; left--) {
        size_t code = next + get(pass, TALLY_CODES);
        uint64_t count = get(pass, COUNT_MAX);
        require(pass, code < TALLY_CODES);
        if (pass->sum) {
            pass->sum->tally->codes[code] += count;
        }
        next = code + 1;
    }
}

static void take_totals(struct pass *pass)
{
    struct tally *tally = pass->sum ? pass->sum->tally : NULL;
    uint64_t numbers[TALLY_NUMBERS];
    for (size_t i = 0; i < TALLY_NUMBERS; i++) {
        numbers[i] = get(pass, COUNT_MAX);
        if (tally) {
            *number_at(tally, tally_numbers[i]) += numbers[i];
        }
    }
    if (numbers[0] > 0) { /* ended */
        take_moments(pass);
    }
    take_codes(pass);
    for (size_t i = 0; i < VIOLATIONS_ALL; i++) {
        uint64_t count = get(pass, COUNT_MAX);
        if (tally) {
            tally->violations[i] += count;
        }
    }
    for (size_t i = 0; i < OUTCOMES_ALL; i++) {
        uint64_t count = get(pass, COUNT_MAX);
        if (tally) {
            tally->kinds[i].count += count;
        }
    }
}

/* Reads the text of an error, which is not missing, and returns that of the pool. NULL when
 * checking. */
static const char *take_error_text(struct pass *pass)
{
    size_t length = 0;
    const char *text = get_text(pass, TALLY_TEXT_MAX, &length);
    require(pass, text != NULL);
    if (!pass->sum) {
        return NULL;
    }
    char copy[TALLY_TEXT_MAX + 1];
    memcpy(copy, text, length);
    copy[length] = '\0';
    return text_pool_intern(pass->sum->texts, copy);
}

static void take_error(struct pass *pass)
{
    uint64_t count = get(pass, COUNT_MAX);
    uint64_t examples = get(pass, (UINT64_C(1) << OUTCOMES_ALL) - 1);
    const char *kept = take_error_text(pass);
    if (!pass->sum) {
        return;
    }
    struct tally *tally = pass->sum->tally;
    tally_count_error(tally, kept, count);
    for (size_t i = 0; i < OUTCOMES_ALL; i++) {
        struct error_kind *kind = &tally->kinds[i];
        kind->example = (examples >> i & 1) && !kind->example ? kept : kind->example;
    }
}

/* Finds the row of this name in the sum; names reach terminals. */
static void find_row(struct pass *pass, enum table table, const char *name, size_t length)
{
    const struct tally_sum *sum = pass->sum;
    struct tally_row *rows = table == TABLE_TARGETS ? sum->tally->rows : sum->tally->addresses;
    size_t row = ROWS_OTHER;
    if (rows && name) {
        char copy[TALLY_NAME_MAX + 1];
        memcpy(copy, name, length);
        copy[length] = '\0';
        row = rows_merge(table == TABLE_TARGETS ? sum->targets : sum->addresses,
                         utf8_is_text(copy) ? copy : "?");
    }
    pass->row = rows ? tally_use_row(rows, row) : NULL;
    pass->number = (uint16_t)row;
}

static void take_row(struct pass *pass)
{
    size_t length = 0;
    enum table table = (enum table)get(pass, TABLES - 1);
    const char *name = get_text(pass, TALLY_NAME_MAX, &length);
    pass->has_row = true;
    pass->table = table;
    if (pass->sum) {
        find_row(pass, table, name, length);
    }
    for (size_t i = 0; i < ROW_NUMBERS; i++) {
        uint64_t number = get(pass, COUNT_MAX);
        if (pass->row) {
            *number_at(pass->row, row_numbers[i]) += number;
        }
    }
}

static void take_full(struct pass *pass)
{
    uint64_t hashes[ROWS_MAX];
    enum table table = (enum table)get(pass, TABLES - 1);
    uint64_t others = get(pass, UINT32_MAX);
    size_t count = get(pass, ROWS_MAX);
    require(pass, (size_t)(pass->end - pass->at) >= count * sizeof hashes[0]);
    for (size_t i = 0; i < count && !pass->is_bad; i++) {
        hashes[i] = 0;
        for (unsigned shift = 0; shift < 64; shift += 8) {
            hashes[i] |= (uint64_t)*pass->at++ << shift;
        }
    }
    if (pass->sum) {
        rows_merge_full(table == TABLE_TARGETS ? pass->sum->targets : pass->sum->addresses, hashes,
                        count, others);
    }
}

/* Advances past a piece of a histogram, and adds it to `into` (NULL: only skips it). */
static void take_piece(struct pass *pass, struct histogram *into)
{
    if (into) {
        histogram_add(&pass->at, pass->end, into);
    } else {
        require(pass, histogram_check(&pass->at, pass->end));
    }
}

static void take_histogram(struct pass *pass)
{
    size_t index = get(pass, TALLY_HISTOGRAMS - 1);
    if (!pass->sum) {
        take_piece(pass, NULL);
        return;
    }
    struct tally *tally = pass->sum->tally;
    const uint8_t *piece = pass->at;
    take_piece(pass, (struct histogram *)((char *)tally + tally_histograms[index]));
    if (tally_histograms[index] == offsetof(struct tally, latency) && tally->buckets.count > 0) {
        histogram_add_by(&piece, pass->end, &tally->buckets);
    }
}

static void take_row_histogram(struct pass *pass)
{
    size_t index = get(pass, ROW_HISTOGRAMS_ALL - 1);
    require(pass, pass->has_row);
    take_piece(pass,
               pass->row ? (struct histogram *)((char *)pass->row + row_histograms[index]) : NULL);
}

static void take_failures(struct pass *pass)
{
    struct failure failure = {.count = get(pass, COUNT_MAX)};
    failure.first_ns = get(pass, UINT64_MAX);
    failure.last_ns = get(pass, UINT64_MAX);
    require(pass, pass->has_row && pass->table == TABLE_TARGETS);
    require(pass, failure.count > 0 && failure.first_ns <= failure.last_ns);
    failure.text = take_error_text(pass);
    if (pass->row) {
        failure.row = pass->number;
        failure.first_ns += pass->sum->offset_ns;
        failure.last_ns += pass->sum->offset_ns;
        failures_add(&pass->sum->tally->failures, &failure);
    }
}

static void take_unlisted(struct pass *pass)
{
    uint64_t count = get(pass, COUNT_MAX);
    if (pass->sum && pass->sum->tally->rows) {
        pass->sum->tally->failures.unlisted += count;
    }
}

static bool take_items(struct pass *pass)
{
    static void (*const takes[ITEMS])(struct pass *) = {
        [ITEM_TOTALS] = take_totals,
        [ITEM_ERROR] = take_error,
        [ITEM_HISTOGRAM] = take_histogram,
        [ITEM_ROW] = take_row,
        [ITEM_ROW_HISTOGRAM] = take_row_histogram,
        [ITEM_FULL] = take_full,
        [ITEM_FAILURES] = take_failures,
        [ITEM_UNLISTED] = take_unlisted,
    };
    while (pass->at < pass->end && !pass->is_bad) {
        uint64_t item = get(pass, ITEMS - 1);
        if (!pass->is_bad) {
            takes[item](pass);
        }
    }
    return !pass->is_bad;
}

enum tally_decode tally_decode(const struct tally_sum *sum, const uint8_t *part, size_t length)
{
    struct pass check = {.at = part, .end = part + length};
    uint64_t version = get(&check, UINT64_MAX);
    if (check.is_bad || version < TALLY_CODEC_OLDEST) {
        return TALLY_DECODE_BAD;
    }
    if (version > TALLY_CODEC_VERSION) {
        return TALLY_DECODE_NEWER;
    }
    struct pass add = {.at = check.at, .end = check.end, .sum = sum};
    if (!take_items(&check)) {
        return TALLY_DECODE_BAD;
    }
    take_items(&add);
    return TALLY_DECODE_OK;
}
