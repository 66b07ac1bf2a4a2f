/*
 * targets - the requests of an attack: a list in one of vegeta's formats, or one URL.
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
 * In the text format a target is a line with method and URL, then headers, then either a blank line
 * or @ and the file of the body (relative to the current directory). A target without headers needs
 * no blank line after it. Comments and blank lines are allowed between targets. In the JSON format
 * each line is an object (format_json.c). Both formats reject what vegeta would silently misread:
 * "GET http..." right below a header is an error, not a header named "GET http".
 *
 * A URL that is only a path, as in "GET /health", is appended to the environment variable
 * TARGET_HOST: HOST[:PORT] or http[s]://HOST[:PORT], each with an optional path.
 *
 * The name of a target, which is also that of its row in reports, comes from the comment "# @name"
 * above the target, or from "name" in JSON. By default it is the method and the path. rows.h limits
 * the number of names.
 *
 * All targets are read, checked and turned into requests before the run; lazy.h does this during
 * the run instead. Each combination of scheme, host and port is one endpoint; targets with the same
 * endpoint share connections.
 *
 * Errors: see reader.h. Memory: targets_free; about 350 bytes for a short target, allocated in
 * large blocks. Threads: set-up only, read-only afterwards; lazy.h describes its exceptions.
 */
#ifndef LOADGEN_TARGET_TARGETS_H
#define LOADGEN_TARGET_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/base/arena.h"
#include "loadgen/target/read/reader.h"
#include "loadgen/target/request/message.h"
#include "loadgen/target/request/source.h"
#include "loadgen/target/rows.h"

/* Name and URL of the target that all targets beyond the maximum share. */
#define TARGET_OTHERS "other targets"

struct target {
    const char *name;   /* of its row in reports */
    const char *method; /* "GET" */
    const char *url; /* as written, with bytes outside ASCII percent-encoded, and without secrets */
    const char *body_file; /* path of the file of the body; NULL: none, or not known */
    uint16_t row;          /* of the name, in `rows` */
};

struct endpoint {
    char *host;
    uint16_t port;
    bool is_https;
};

struct targets {
    struct target *list;
    struct request *requests; /* one per target, same index; NULL: built as needed */
    size_t count;
    struct endpoint *endpoints;
    size_t endpoint_count;
    size_t endpoint_room; /* maximum endpoints, if they are added during the run; otherwise 0 */
    struct rows rows;
    struct arena arena; /* what list and requests point to */
    struct bytes scratch;
};

/* Reads all targets of `in`; `name` is the file's name, for errors. */
bool targets_read(struct targets *targets, FILE *in, const char *name, const struct format *format,
                  const struct message_defaults *defaults, struct err *err);

/* A single target, "GET url". */
bool targets_single(struct targets *targets, const char *url,
                    const struct message_defaults *defaults, struct err *err);

void targets_free(struct targets *targets);

/* The maximum number of endpoints during the run. */
size_t targets_endpoint_room(const struct targets *targets);

/* Adds to `by_row` the number of requests for each row among the first n of a run that cycles
 * through the targets. */
void targets_count_turns(const struct targets *targets, uint64_t n, uint64_t by_row[ROWS_ALL]);

/* For lazy.h. */

/*
 * Adds the draft's target (name, method and shown_url) to the list, which must have room for it.
 * Adds no request.
 */
bool targets_add(struct targets *targets, const struct draft *draft, struct err *err);

/*
 * Sets *index to the index of the draft's endpoint, which is added if it is new. False with err if
 * there are too many endpoints.
 */
bool targets_find_endpoint(struct targets *targets, const struct draft *draft, uint32_t *index,
                           struct err *err);

#endif
