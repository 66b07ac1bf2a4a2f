/*
 * source - hands out what to send next.
 *
 * The static source goes round a table of requests whose bytes were built before the run: request k
 * is entry k mod count. Other sources (a lazy reader, a user's script) will have a `next` of their
 * own; a run knows only this struct.
 *
 * Threads: `next` is called from every worker thread at once; the static one only reads.
 * Memory: the source owns the requests, and outlives the run. Nothing is allocated in `next`.
 */
#ifndef LOADGEN_TARGET_SOURCE_H
#define LOADGEN_TARGET_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One request, ready for the wire. */
struct request {
    const char *bytes; /* request line, headers, body */
    size_t length;
    size_t body_length;
    uint32_t target;    /* index of the target that it came from: its name, for the report */
    uint32_t endpoint;  /* index of the host and port that it goes to */
    bool is_head;       /* the answer has no body, whatever its headers say */
    bool is_repeatable; /* GET, HEAD, PUT, DELETE, OPTIONS: sent again, nothing happens twice */
};

struct source {
    /* The request with number k of the run, from 0. */
    const struct request *(*next)(const struct source *source, uint64_t k);
    const struct request *requests;
    size_t count;
};

/* A source that goes round `requests`; borrows them. count is at least 1. */
struct source source_of(const struct request *requests, size_t count);

#endif
