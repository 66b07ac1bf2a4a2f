/*
 * vegeta - converts the fields of a line in one of vegeta's two formats to a record.
 *
 * A result in these formats has a latency, but no spans and no address. Its outcome is derived from
 * code and error: code 0 means no complete answer, and Go's error text says why. As in an attack, a
 * row of the report is a method and a path.
 *
 * Threads: one. Memory: vegeta_fini.
 */
#ifndef LOADGEN_RESULTS_VEGETA_VEGETA_H
#define LOADGEN_RESULTS_VEGETA_VEGETA_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/base/bytes.h"
#include "loadgen/results/stream/record.h"
#include "loadgen/results/stream/stream.h"
#include "loadgen/results/vegeta/memo.h"

/* The fields of one line. Texts are unescaped; body is base64, with `at` NULL for null. */
struct vegeta_line {
    uint64_t seq;
    uint64_t code;
    uint64_t timestamp_ns; /* since 1970 */
    uint64_t latency_ns;
    uint64_t bytes_out;
    uint64_t bytes_in;
    struct slice attack;
    struct slice method;
    struct slice url;
    struct slice error;
    struct slice body;
    struct slice headers; /* lines, as in a record */
};

struct vegeta {
    struct memo targets;
    struct memo errors;
    struct bytes text; /* scratch */
    struct bytes body; /* of this record, decoded */
};

void vegeta_fini(struct vegeta *vegeta);

/* Fills the record. Returns NULL, or why the line was rejected. */
const char *vegeta_take(struct vegeta *vegeta, const struct stream *stream,
                        const struct vegeta_line *line, struct record *record);

/* How a request with this code and error ended. */
enum outcome vegeta_outcome(uint64_t code, const char *error);

/* Appends the default row name, "GET /path" without host and query, and a NUL. */
void vegeta_add_row_name(struct slice method, struct slice url, struct bytes *out);

/* Call this at the end of a stream. Returns STREAM_FAIL if no record was read, else STREAM_END. */
enum stream_state vegeta_end(const struct stream *stream, struct err *err);

#endif
