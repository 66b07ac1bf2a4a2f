/*
 * targets - what to attack: vegeta's text format, or one URL.
 *
 *     # a comment, or a blank line, between targets
 *     GET http://127.0.0.1:5000/health
 *     GET http://127.0.0.1:5000/metadata
 *     Accept: application/json
 *
 *     POST http://127.0.0.1:5000/add_users/
 *     Content-Type: application/json
 *     @add_users.json
 *
 * A target is a line with method and URL, then headers, then a blank line or the file with the body
 * (relative to the current directory). A target without headers needs no blank line behind it.
 * Stricter than vegeta where vegeta silently does something else: after a header a line "GET
 * http..." is an error here and no header named "GET http".
 *
 * Everything is read, checked and turned into the bytes of the request before the run. Each
 * host:port is one endpoint; targets with the same endpoint share connections.
 *
 * Errors: ERR_USAGE with file and line, and what was expected. Memory: targets_free.
 * Threads: set-up only; read-only afterwards.
 */
#ifndef LOADGEN_TARGET_TARGETS_H
#define LOADGEN_TARGET_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/target/source.h"

struct target {
    char *name;   /* method and path: the row of a report */
    char *method; /* "GET" */
    char *url;    /* as written */
    char *bytes;  /* of its request, which points here */
};

struct endpoint {
    char *host;
    uint16_t port;
};

struct targets {
    struct target *list;
    struct request *requests; /* one a target, same index */
    size_t count;
    struct endpoint *endpoints;
    size_t endpoint_count;
};

/* What goes into every request; the strings are borrowed for the call. */
struct request_defaults {
    const char *const *headers; /* "Name: value", each checked by targets_check_header */
    size_t header_count;
    const char *attack_name; /* sent as X-Vegeta-Attack unless empty */
    const char *body;        /* of targets that name no body of their own */
    size_t body_length;
    bool keepalive; /* false: each request asks for its connection to be closed */
};

/* Reads all targets of `in`; `name` is what errors call it. */
bool targets_read(struct targets *targets, FILE *in, const char *name,
                  const struct request_defaults *defaults, struct err *err);

/* The one target "GET url". */
bool targets_single(struct targets *targets, const char *url,
                    const struct request_defaults *defaults, struct err *err);

void targets_free(struct targets *targets);

/* Is this "Name: value" as HTTP has it, and none that the program computes itself? */
bool targets_check_header(const char *header, struct err *err);

/* Reads a whole file. *bytes is the caller's to free. ERR_FAILED with the path and the reason. */
bool targets_read_file(const char *path, char **bytes, size_t *length, struct err *err);

#endif
