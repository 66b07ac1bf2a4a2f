/*
 * vegeta - what the records of vegeta's two formats have in common: from a line's fields to a
 * record.
 *
 * Of such a result only the latency is known. How it ended follows from code and error: vegeta's
 * code 0 is "no complete answer", and Go's words tell why. A row of the report is a method and a
 * path, as it is in an attack. Addresses are not known.
 *
 * Threads: one. Memory: vegeta_fini.
 */
#ifndef LOADGEN_RESULTS_VEGETA_H
#define LOADGEN_RESULTS_VEGETA_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/results/memo.h"
#include "loadgen/results/record.h"
#include "loadgen/results/stream.h"
#include "loadgen/target/bytes.h"

/* The fields of one line. Texts are plain; body is base64, and at NULL when it was null. */
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

/* NULL, or what is wrong with the line. */
const char *vegeta_take(struct vegeta *vegeta, const struct stream *stream,
                        const struct vegeta_line *line, struct record *record);

/* How a request with this code and error ended. */
enum outcome vegeta_outcome(uint64_t code, const char *error);

/* Appends "GET /path", without host and query, and a 0: what a target is called that has no name.
 */
void vegeta_add_row_name(struct slice method, struct slice url, struct bytes *out);

/* The end of a stream: an error when nothing of it could be read. */
enum stream_state vegeta_end(const struct stream *stream, struct err *err);

#endif
