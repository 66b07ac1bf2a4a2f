/*
 * fuzz_tally - any bytes as a part of a tally, for libFuzzer (`make fuzz`).
 *
 * What is checked beside the sanitizers: a part that is refused adds nothing; after one that is
 * taken every bucket in use lies between minimum and maximum; and what is written of the sum is
 * read back the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/bytes.h"
#include "loadgen/measure/tally_codec.h"

/* One table names the rows of targets and addresses. */
struct side {
    struct tally *tally;
    struct rows names;
};

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* Making a tally takes longer than reading an input. */
static void clear(struct side *side)
{
    if (!side->tally) {
        side->tally = tally_create(true, true);
        require(side->tally != NULL);
    }
    tally_clear(side->tally);
    rows_free(&side->names);
}

static enum tally_decode decode(struct side *side, struct text_pool *texts, const void *bytes,
                                size_t length)
{
    const struct tally_sum sum = {side->tally, &side->names, &side->names, texts, 0};
    return tally_decode(&sum, bytes, length);
}

struct copy {
    struct bytes part;
    struct side *into;
    struct text_pool *texts;
    bool is_refused;
};

static uint8_t *begin_part(void *context)
{
    struct copy *copy = context;
    bytes_clear(&copy->part);
    char *room = bytes_reserve(&copy->part, TALLY_PART_MAX);
    require(room != NULL);
    return (uint8_t *)room;
}

static void end_part(void *context, size_t length)
{
    struct copy *copy = context;
    copy->is_refused |= decode(copy->into, copy->texts, copy->part.at, length) != TALLY_DECODE_OK;
}

static void check_histogram(const struct histogram *h, bool *is_large)
{
    uint64_t count = h->clipped;
    if (h->count == 0) {
        return;
    }
    for (uint32_t i = histogram_first_bucket(h); i <= histogram_last_bucket(h); i++) {
        count += histogram_bucket_count(h, i);
        *is_large |= histogram_bucket_count(h, i) > UINT64_C(1) << 48;
    }
    *is_large |= h->clipped > UINT64_C(1) << 48;
    require(count == h->count);
}

static void check_same(const struct histogram *a, const struct histogram *b)
{
    require(a->count == b->count && a->sum_ns == b->sum_ns &&
            (a->count == 0 || a->min_ns == b->min_ns) && a->max_ns == b->max_ns &&
            a->clipped == b->clipped);
    for (uint32_t i = histogram_first_bucket(a); a->count && i <= histogram_last_bucket(a); i++) {
        require(histogram_bucket_count(a, i) == histogram_bucket_count(b, i));
    }
}

static void check_rows(const struct tally_row *a, const struct tally_row *b)
{
    for (size_t i = 0; i < ROWS_ALL; i++) {
        require(a[i].ended == b[i].ended);
        if (a[i].ended > 0) {
#define X(name) check_same(&a[i].name, &b[i].name);
            ROW_HISTOGRAMS(X)
#undef X
        }
    }
}

static void check_tally(const struct tally *tally, bool *is_large)
{
#define X(name, label) check_histogram(&tally->name, is_large);
    TIMINGS(X)
#undef X
#define X(name) check_histogram(&tally->name, is_large);
    UNANSWERED(X)
    X(loop)
#undef X
#define X(name)                                                                                    \
    check_histogram(&tally->rows[i].name, is_large);                                               \
    check_histogram(&tally->addresses[i].name, is_large);
    for (size_t i = 0; i < ROWS_ALL; i++) {
        ROW_HISTOGRAMS(X)
    }
#undef X
}

static void check_read_back(const struct tally *a, const struct tally *b)
{
    require(memcmp(&a->counters, &b->counters, sizeof a->counters) == 0);
    require(memcmp(a->codes, b->codes, sizeof a->codes) == 0);
    require(a->error_count == b->error_count);
#define X(name, label) check_same(&a->name, &b->name);
    TIMINGS(X)
#undef X
#define X(name) check_same(&a->name, &b->name);
    UNANSWERED(X)
    X(loop)
#undef X
    check_rows(a->rows, b->rows);
    check_rows(a->addresses, b->addresses);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct side got;
    static struct side again;
    struct text_pool texts;
    bool is_large = false;
    text_pool_init(&texts);
    clear(&got);
    clear(&again);
    if (decode(&got, &texts, data, size) != TALLY_DECODE_OK) {
        check_read_back(got.tally, again.tally);
        require(got.names.count == 0 && texts.count == 0);
    } else {
        struct copy copy = {.into = &again, .texts = &texts};
        const struct tally_sink sink = {TALLY_PART_MAX, begin_part, end_part, &copy};
        check_tally(got.tally, &is_large);
        for (size_t i = 0; i < got.names.count; i++) { /* the same rows, in the same order */
            rows_add(&again.names, got.names.names[i]);
        }
        tally_encode(got.tally, &got.names, &got.names, &sink);
        require(is_large || !copy.is_refused);
        if (!copy.is_refused) {
            check_read_back(got.tally, again.tally);
        }
        bytes_free(&copy.part);
    }
    text_pool_fini(&texts);
    return 0;
}
