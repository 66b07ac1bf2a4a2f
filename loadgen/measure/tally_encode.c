#include <string.h>

#include "loadgen/base/varint.h"
#include "loadgen/measure/histogram_codec.h"
#include "loadgen/measure/tally_items.h"

/* The longest items: numbers of a pair are a gap below 1000 and a count. */
enum {
    HASH_BYTES = 8,
    TOTALS_MAX = VARINT_MAX * (1 + TALLY_NUMBERS + 5 + 1 + VIOLATIONS_ALL + OUTCOMES_ALL) +
                 TALLY_CODES * (2 + VARINT_MAX),
    ERROR_MAX = 4 * VARINT_MAX + TALLY_TEXT_MAX,
    ROW_MAX = (3 + ROW_NUMBERS) * VARINT_MAX + TALLY_NAME_MAX,
    FAILURES_ITEM_MAX = 5 * VARINT_MAX + TALLY_TEXT_MAX,
    UNLISTED_MAX = 2 * VARINT_MAX,
    FULL_MAX = 4 * VARINT_MAX + ROWS_MAX * HASH_BYTES,
    PIECE_MIN = 2 * VARINT_MAX + HISTOGRAM_PIECE_MIN,
};
_Static_assert(TALLY_PART_MIN > 1 + TOTALS_MAX && TALLY_PART_MIN > 1 + ROW_MAX + PIECE_MIN &&
                   TALLY_PART_MIN > 1 + ROW_MAX + FAILURES_ITEM_MAX &&
                   TALLY_PART_MIN > 1 + FULL_MAX,
               "every item fits into a part");

struct encoder {
    const struct tally_sink *sink;
    uint8_t *begin; /* of the part; NULL: none */
    uint8_t *at;
};

static size_t room_of(const struct encoder *encoder)
{
    return encoder->begin ? encoder->sink->room - (size_t)(encoder->at - encoder->begin) : 0;
}

static void end_part(struct encoder *encoder)
{
    if (encoder->begin) {
        encoder->sink->end(encoder->sink->context, (size_t)(encoder->at - encoder->begin));
        encoder->begin = NULL;
    }
}

/* Begins another part unless this one has room for these bytes. */
static void need(struct encoder *encoder, size_t bytes)
{
    if (room_of(encoder) < bytes) {
        end_part(encoder);
        encoder->begin = encoder->sink->begin(encoder->sink->context);
        encoder->at = varint_put(encoder->begin, TALLY_CODEC_VERSION);
    }
}

static void put(struct encoder *encoder, uint64_t number)
{
    encoder->at = varint_put(encoder->at, number);
}

static uint64_t number_at(const void *object, size_t offset)
{
    return *(const uint64_t *)((const char *)object + offset);
}

/* Truncates the text only between UTF-8 characters. */
static void put_text(struct encoder *encoder, const char *text, size_t limit)
{
    size_t length = strnlen(text, limit + 1);
    if (length > limit) {
        length = limit;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    put(encoder, length + 1);
    memcpy(encoder->at, text, length);
    encoder->at += length;
}

static void put_codes(struct encoder *encoder, const uint64_t *codes)
{
    size_t used = 0;
    size_t next = 0;
    for (size_t i = 0; i < TALLY_CODES; i++) {
        used += codes[i] > 0;
    }
    put(encoder, used);
    for (size_t i = 0; i < TALLY_CODES; i++) {
        if (codes[i] > 0) {
            put(encoder, i - next);
            put(encoder, codes[i]);
            next = i + 1;
        }
    }
}

static void put_totals(struct encoder *encoder, const struct tally *tally)
{
    need(encoder, TOTALS_MAX);
    put(encoder, ITEM_TOTALS);
    for (size_t i = 0; i < TALLY_NUMBERS; i++) {
        put(encoder, number_at(tally, tally_numbers[i]));
    }
    if (tally->counters.ended > 0) {
#define X(name) put(encoder, tally->name);
        TALLY_MOMENTS(X, X)
#undef X
    }
    put_codes(encoder, tally->codes);
    for (size_t i = 0; i < VIOLATIONS_ALL; i++) {
        put(encoder, tally->violations[i]);
    }
    for (size_t i = 0; i < OUTCOMES_ALL; i++) {
        put(encoder, tally->kinds[i].count);
    }
}

static void put_errors(struct encoder *encoder, const struct tally *tally)
{
    for (size_t i = 0; i < tally->error_count; i++) {
        const struct error_count *error = &tally->errors[i];
        unsigned examples = 0;
        for (unsigned kind = 0; kind < OUTCOMES_ALL; kind++) {
            examples |= (unsigned)(tally->kinds[kind].example == error->text) << kind;
        }
        need(encoder, ERROR_MAX);
        put(encoder, ITEM_ERROR);
        put(encoder, error->count);
        put(encoder, examples);
        put_text(encoder, error->text, TALLY_TEXT_MAX);
    }
}

static void put_histogram(struct encoder *encoder, const struct tally *tally, size_t index)
{
    const struct histogram *h =
        (const struct histogram *)((const char *)tally + tally_histograms[index]);
    for (uint32_t next = 0; h->count > 0 && next < HISTOGRAM_BUCKETS;) {
        need(encoder, PIECE_MIN);
        put(encoder, ITEM_HISTOGRAM);
        put(encoder, index);
        encoder->at = histogram_put(encoder->at, encoder->begin + encoder->sink->room, h, &next);
    }
}

/* `name` is NULL for "other". When a row continues in another part, its counters are 0. */
static void put_row_head(struct encoder *encoder, enum table table, const char *name,
                         const struct tally_row *row)
{
    put(encoder, ITEM_ROW);
    put(encoder, table);
    if (name) {
        put_text(encoder, name, TALLY_NAME_MAX);
    } else {
        put(encoder, 0);
    }
    for (size_t i = 0; i < ROW_NUMBERS; i++) {
        put(encoder, row ? number_at(row, row_numbers[i]) : 0);
    }
}

/* Makes room for an item of the row, if necessary in another part, which then begins with the row.
 */
static void need_in_row(struct encoder *encoder, enum table table, const char *name, size_t bytes)
{
    if (room_of(encoder) < bytes) {
        need(encoder, ROW_MAX + bytes);
        put_row_head(encoder, table, name, NULL);
    }
}

static void put_row(struct encoder *encoder, enum table table, const char *name,
                    const struct tally_row *row)
{
    need(encoder, ROW_MAX);
    put_row_head(encoder, table, name, row);
    for (size_t i = 0; i < ROW_HISTOGRAMS_ALL; i++) {
        const struct histogram *h =
            (const struct histogram *)((const char *)row + row_histograms[i]);
        for (uint32_t next = 0; h->count > 0 && next < HISTOGRAM_BUCKETS;) {
            need_in_row(encoder, table, name, PIECE_MIN);
            put(encoder, ITEM_ROW_HISTOGRAM);
            put(encoder, i);
            encoder->at =
                histogram_put(encoder->at, encoder->begin + encoder->sink->room, h, &next);
        }
    }
}

/* Those of the row that was put last. */
static void put_failures(struct encoder *encoder, const struct failures *failures, size_t row,
                         const char *name)
{
    for (size_t i = 0; i < failures->count; i++) {
        const struct failure *failure = &failures->list[i];
        if (failure->row == row) {
            need_in_row(encoder, TABLE_TARGETS, name, FAILURES_ITEM_MAX);
            put(encoder, ITEM_FAILURES);
            put(encoder, failure->count);
            put(encoder, failure->first_ns);
            put(encoder, failure->last_ns);
            put_text(encoder, failure->text, TALLY_TEXT_MAX);
        }
    }
}

static void put_unlisted(struct encoder *encoder, uint64_t count)
{
    if (count > 0) {
        need(encoder, UNLISTED_MAX);
        put(encoder, ITEM_UNLISTED);
        put(encoder, count);
    }
}

static void put_full(struct encoder *encoder, enum table table, const struct rows *names)
{
    need(encoder, FULL_MAX);
    put(encoder, ITEM_FULL);
    put(encoder, table);
    put(encoder, names->others);
    put(encoder, names->count);
    for (size_t i = 0; i < names->count; i++) {
        for (unsigned shift = 0; shift < 64; shift += 8) {
            *encoder->at++ = (uint8_t)(names->hashes[i] >> shift);
        }
    }
}

/* `failures` of the rows, or NULL. */
static void put_rows(struct encoder *encoder, enum table table, const struct rows *names,
                     const struct tally_row *rows, const struct failures *failures)
{
    if (!rows || !names) {
        return;
    }
    if (names->others > 0) {
        put_full(encoder, table, names);
    }
    for (size_t i = 0; i < ROWS_ALL; i++) {
        if (rows[i].ended > 0) {
            const char *name = i < names->count ? names->names[i] : NULL;
            put_row(encoder, table, name, &rows[i]);
            if (failures) {
                put_failures(encoder, failures, i, name);
            }
        }
    }
}

void tally_encode(const struct tally *tally, const struct rows *targets,
                  const struct rows *addresses, const struct tally_sink *sink)
{
    struct encoder encoder = {.sink = sink};
    put_totals(&encoder, tally);
    put_errors(&encoder, tally);
    for (size_t i = 0; i < TALLY_HISTOGRAMS; i++) {
        put_histogram(&encoder, tally, i);
    }
    put_rows(&encoder, TABLE_TARGETS, targets, tally->rows, &tally->failures);
    put_unlisted(&encoder, tally->failures.unlisted);
    put_rows(&encoder, TABLE_ADDRESSES, addresses, tally->addresses, NULL);
    end_part(&encoder);
}
