/*
 * targets - what to attack: a list in one of vegeta's formats, or one URL.
 *
 *     # @name home
 *     GET http://127.0.0.1:5000/health
 *     GET http://127.0.0.1:5000/metadata
 *     Accept: application/json
 *
 *     POST http://127.0.0.1:5000/add_users/
 *     Content-Type: application/json
 *     @add_users.json
 *
 * In the text format a target is a line with method and URL, then headers, then a blank line or the
 * file with the body (relative to the current directory). A target without headers needs no blank
 * line behind it. Comments and blank lines may stand between targets. The JSON format is one object
 * a line (format_json.c). Stricter than vegeta where vegeta silently does something else: after a
 * header a line "GET http..." is an error here and no header named "GET http".
 *
 * A URL that is only a path, as in "GET /health", is on the host that the environment names in
 * TARGET_HOST: HOST:PORT, or http://HOST[:PORT], which may have a path of its own to go before.
 *
 * A target's name, its row in reports, is what the comment "# @name" above it or "name" in JSON
 * says, else its method and path. rows.h says how many names there can be.
 *
 * Everything is read, checked and turned into the bytes of the request before the run. (lazy.h
 * reads as the run goes on.) Each scheme, host and port is one endpoint; targets with the
 * same one share connections.
 *
 * Errors: see reader.h. Memory: targets_free; about 250 bytes for a short target, none of them an
 * allocation of its own. Threads: set-up only, read-only afterwards; lazy.h says what it adds.
 */
#ifndef LOADGEN_TARGET_TARGETS_H
#define LOADGEN_TARGET_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/target/arena.h"
#include "loadgen/target/message.h"
#include "loadgen/target/reader.h"
#include "loadgen/target/rows.h"
#include "loadgen/target/source.h"

struct target {
    const char *name;   /* the row of a report */
    const char *method; /* "GET" */
    const char *url;    /* as written, but for bytes outside of ASCII: those are percent-encoded */
    uint8_t row;        /* in `rows`: the one of the name, or ROWS_OTHER */
};

struct endpoint {
    char *host;
    uint16_t port;
    bool is_https;
};

struct targets {
    struct target *list;
    struct request *requests; /* one a target, same index; NULL when they are made as needed */
    size_t count;
    struct endpoint *endpoints;
    size_t endpoint_count;
    size_t endpoint_room; /* how many endpoints there may be, when more come up later; else 0 */
    struct rows rows;
    struct arena arena; /* what list and requests point to */
    struct bytes scratch;
};

/* Reads all targets of `in`; `name` is what errors call it. */
bool targets_read(struct targets *targets, FILE *in, const char *name, const struct format *format,
                  const struct message_defaults *defaults, struct err *err);

/* The one target "GET url". */
bool targets_single(struct targets *targets, const char *url,
                    const struct message_defaults *defaults, struct err *err);

void targets_free(struct targets *targets);

/* How many endpoints to make room for. */
size_t targets_endpoint_room(const struct targets *targets);

/* Adds to `by_row` how many of the first n requests of a run are for the targets of each row, when
 * the targets take turns. */
void targets_count_turns(const struct targets *targets, uint64_t n, uint64_t by_row[ROWS_ALL]);

/* For lazy.h. */

/* Adds what a report says of the draft's target. */
bool targets_add(struct targets *targets, const struct draft *draft, struct err *err);

/* The index of the draft's host and port, added when it is new. */
bool targets_find_endpoint(struct targets *targets, const struct draft *draft, uint32_t *index,
                           struct err *err);

#endif
