/*
 * fuzz_hdr_log - any bytes as a log of HdrHistogram, for libFuzzer (`make fuzz`).
 *
 * With a first byte that is odd, the rest is the inside of a compressed histogram: header and
 * counts. What is checked beside the sanitizers: a histogram that was read is consistent, and what
 * is written of it is read back the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "loadgen/base/text/base64.h"
#include "loadgen/measure/hdr/hdr_codec.h"
#include "loadgen/measure/hdr/hdr_log.h"

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_histogram(const struct histogram *h)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        count += histogram_bucket_count(h, i);
    }
    require(count == h->count && h->clipped == 0);
    require(h->count == 0 || (h->min_ns <= h->max_ns && h->max_ns <= HISTOGRAM_MAX_NS));
    struct histogram *again = calloc(1, sizeof *again);
    struct bytes text = {0};
    require(hdr_encode(h, &text) && again && hdr_decode(text.at, text.length, again, NULL));
    require(again->count == h->count && again->sum_ns == h->sum_ns && again->min_ns == h->min_ns &&
            again->max_ns == h->max_ns);
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        require(histogram_bucket_count(again, i) == histogram_bucket_count(h, i));
    }
    bytes_free(&text);
    histogram_fini(again);
    free(again);
}

static void read_log(const uint8_t *text, size_t length, struct histogram *h)
{
    struct hdr_log log;
    struct hdr_log_entry entry;
    struct err err = {0};
    char *copy = malloc(length);
    require(copy != NULL);
    memcpy(copy, text, length);
    FILE *in = fmemopen(copy, length, "r");
    require(in && hdr_log_open(&log, in, "x", &err));
    enum hdr_log_read state = HDR_LOG_ENTRY;
    while ((state = hdr_log_read(&log, &entry, h, &err)) == HDR_LOG_ENTRY) {
        check_histogram(h);
        require(entry.tag && entry.length_s >= 0);
    }
    require((state == HDR_LOG_FAIL) == (err.code != ERR_NONE));
    hdr_log_close(&log);
    fclose(in);
    free(copy);
}

/* The text of a histogram whose inside this is. */
static void read_inside(const uint8_t *plain, size_t length, struct histogram *h)
{
    uint8_t bytes[8 + 8192] = {0x1c, 0x84, 0x93, 0x14};
    struct bytes text = {0};
    uLongf packed = sizeof bytes - 10;
    struct err err = {0};
    if (compress(bytes + 8, &packed, plain, length) != Z_OK) {
        return;
    }
    bytes[6] = (uint8_t)(packed >> 8);
    bytes[7] = (uint8_t)packed;
    base64_encode(bytes, 8 + packed, &text);
    if (hdr_decode(text.at, text.length, h, &err)) {
        check_histogram(h);
    } else {
        require(err.code == ERR_FAILED && h->count == 0);
    }
    bytes_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct histogram *h = calloc(1, sizeof *h);
    require(h != NULL);
    if (size > 1 && data[0] % 2) {
        read_inside(data + 1, size - 1, h);
    } else if (size > 1) {
        read_log(data + 1, size - 1, h);
    }
    histogram_fini(h);
    free(h);
    return 0;
}
