#include "tests/support/round_trip.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/results/results.h"
#include "loadgen/results/stream/encoding.h"
#include "tests/support/read_back.h"

/* A stream of results, and the results in it. */
struct written {
    char *bytes;
    size_t length;
    struct result *results;
    size_t count;
    bool is_exact; /* no text was cut, and nothing was damaged */
};

void round_trip_require(bool ok)
{
    if (!ok) {
        abort();
    }
}

struct summary *round_trip_summary(void)
{
    static struct summary *summary;
    if (!summary) {
        summary = summary_create();
        round_trip_require(summary != NULL);
        return summary;
    }
    summary_clear(summary);
    return summary;
}

static void keep(struct written *written, const struct result *result)
{
    written->results = realloc(written->results, (written->count + 1) * sizeof *result);
    round_trip_require(written->results != NULL);
    written->results[written->count++] = *result;
}

/* Reads the bytes, keeps the results, and writes them in the format. False: they were refused. */
static bool rewrite(const void *bytes, size_t length, const struct encoding *encoding,
                    struct written *written)
{
    struct err err = {0};
    struct record record;
    int fd = read_back_open(bytes, length);
    struct summary *summary = round_trip_summary();
    struct results *results = results_open_fd(fd, "file", true, summary, &err);
    *written = (struct written){0};
    FILE *out = open_memstream(&written->bytes, &written->length);
    void *encoder = encoding->create(out);
    round_trip_require(results && out && encoder);
    enum results_state state = RESULTS_RECORD;
    while ((state = results_next(results, UINT64_MAX, &record, &err)) == RESULTS_RECORD) {
        keep(written, &record.result);
        round_trip_require(encoding->write(encoder, &record));
    }
    bool ok = state == RESULTS_END;
    round_trip_require(ok || (err.code == ERR_FAILED && strncmp(err.text, "file: ", 6) == 0));
    encoding->end(encoder);
    written->is_exact = encoding->destroy(encoder) == 0 && summary->damaged == 0;
    fclose(out);
    results_close(results);
    close(fd);
    return ok;
}

static void release(struct written *written)
{
    free(written->bytes);
    free(written->results);
}

static void check_same(const struct result *a, const struct result *b)
{
    round_trip_require(a->number == b->number && a->intended_ns == b->intended_ns);
    round_trip_require(result_latency_ns(a) == result_latency_ns(b));
    round_trip_require(a->bytes_in == b->bytes_in && a->bytes_out == b->bytes_out);
    round_trip_require(a->code == b->code && b->is_bare);
}

static void check_format(const uint8_t *bytes, size_t length, const struct encoding *encoding)
{
    struct written first;
    struct written second = {0};
    struct written third = {0};
    if (rewrite(bytes, length, encoding, &first) && first.count > 0) {
        round_trip_require(rewrite(first.bytes, first.length, encoding, &second));
        round_trip_require(rewrite(second.bytes, second.length, encoding, &third));
        round_trip_require(second.is_exact && second.count == first.count);
        for (size_t i = 0; i < first.count; i++) {
            check_same(&first.results[i], &second.results[i]);
        }
        round_trip_require(third.length == second.length &&
                           memcmp(third.bytes, second.bytes, second.length) == 0);
    }
    release(&first);
    release(&second);
    release(&third);
}

static const struct encoding *const encodings[] = {&encoding_json, &encoding_csv, &encoding_bin};
enum { ENCODINGS = sizeof encodings / sizeof encodings[0] };

void round_trip_check(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < ENCODINGS; i++) {
        check_format(bytes, length, encodings[i]);
    }
}

void round_trip_write(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < ENCODINGS; i++) {
        struct written written;
        rewrite(bytes, length, encodings[i], &written);
        release(&written);
    }
}
