/*
 * fuzz_json - any bytes as results in vegeta's JSON, for libFuzzer (`make fuzz`).
 *
 * Beside what tests/support/round_trip.h says: a line that the quick parser takes is one that
 * jansson takes, and they find the same in it.
 */
#include <string.h>

#include "loadgen/base/text/base64.h"
#include "loadgen/results/vegeta/json_line.h"
#include "tests/support/round_trip.h"

static void check_number(uint64_t quick, uint64_t any)
{
    round_trip_require(quick == any);
}

static void check_text(struct slice quick, struct slice any)
{
    round_trip_require(quick.length == any.length);
    round_trip_require(quick.length == 0 || memcmp(quick.at, any.at, quick.length) == 0);
}

/* A body that is not base64 is refused later, by whichever parser it came. */
static bool takes_quickly(struct json_line *quick, const char *text, size_t length)
{
    return json_line_parse_quickly(quick, text, length, true) &&
           base64_is_valid(quick->line.body.at, quick->line.body.length);
}

/* jansson brings equal names of headers together, so of those only the number of bytes is known. */
static void check_parsers(const char *text, size_t length)
{
    struct json_line quick = {0};
    struct json_line any = {0};
    if (takes_quickly(&quick, text, length)) {
        round_trip_require(json_line_parse_any(&any, text, length));
        const struct vegeta_line *a = &quick.line;
        const struct vegeta_line *b = &any.line;
        check_number(a->seq, b->seq);
        check_number(a->code, b->code);
        check_number(a->timestamp_ns, b->timestamp_ns);
        check_number(a->latency_ns, b->latency_ns);
        check_number(a->bytes_out, b->bytes_out);
        check_number(a->bytes_in, b->bytes_in);
        check_text(a->attack, b->attack);
        check_text(a->method, b->method);
        check_text(a->url, b->url);
        check_text(a->error, b->error);
        check_text(a->body, b->body);
        round_trip_require((a->body.at == NULL) == (b->body.at == NULL));
        round_trip_require((a->headers.at == NULL) == (b->headers.at == NULL));
    }
    json_line_fini(&quick);
    json_line_fini(&any);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data;
    const char *end = at + size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        check_parsers(at, (size_t)(stop - at));
        at = stop + 1;
    }
    round_trip_check(data, size);
    return 0;
}
