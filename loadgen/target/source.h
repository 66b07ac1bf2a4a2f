/*
 * source - hands out what to send next.
 *
 * The static source goes round a table of requests whose bytes were built before the run: request k
 * is entry k mod count. A live one (lazy.h; later a user's script) makes its requests while the run
 * goes on. A run knows only these structs.
 *
 * Threads: `next` and `release` are called from every worker thread at once; the static source only
 * reads, a live one may lock. Memory: the source owns the requests. Those of the static one outlive
 * the run; one of a live source lives until it is released, which is after its exchange is done,
 * retries and all.
 */
#ifndef LOADGEN_TARGET_SOURCE_H
#define LOADGEN_TARGET_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* One request, ready for the wire. */
struct request {
    const char *bytes; /* request line, headers, body */
    void *slot;        /* of a live source: its own */
    size_t length;
    size_t body_length;   /* without what chunks add */
    uint32_t sequence_at; /* offset in bytes where the digits of the request's number in the run go,
                             which `length` does not count; 0: nowhere */
    uint32_t target;      /* index of the target that it came from: its name, for the report */
    uint32_t endpoint;    /* index of the host and port that it goes to */
    uint8_t row;          /* of the report: targets with the same name share one (rows.h) */
    bool is_head;         /* the answer has no body, whatever its headers say */
    bool is_repeatable;   /* GET, HEAD, PUT, DELETE, OPTIONS: sent again, nothing happens twice */
};

/*
 * Who is told, on the source's own thread, of what comes up for the first time, before any request
 * with it is handed out. The struct targets that the source fills has the entry by then.
 */
struct source_listener {
    void (*on_target)(void *context, size_t index);
    void *context;
};

struct source;

/* What a live source does beside `next`. */
struct source_live {
    /* Before the first `next`. `listener` is borrowed until stop. */
    bool (*start)(const struct source *source, const struct source_listener *listener,
                  struct err *err);
    /* Is there nothing left, and will there be nothing more? Never turns false again. */
    bool (*is_ended)(const struct source *source);
    /* Gives a request back: its exchange is done, or will not be. */
    void (*release)(const struct source *source, const struct request *request);
    /* After the last `next`. Why the source ended stays with whoever made it. */
    void (*stop)(const struct source *source);
};

struct source {
    /* The request with number k of the run, from 0. NULL, of a live source: there is none now. */
    const struct request *(*next)(const struct source *source, uint64_t k);
    const struct source_live *live; /* NULL: everything is there before the run */
    const struct request *requests; /* of the static source */
    size_t count;
    void *state;  /* of a live source */
    int ready_fd; /* of a live source: an eventfd that nobody reads; each write to it means that
                     `next` and is_ended should be asked again */
};

/* A source that goes round `requests`; borrows them. count is at least 1. */
struct source source_of(const struct request *requests, size_t count);

#endif
