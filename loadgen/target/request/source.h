/*
 * source - supplies the requests of a run.
 *
 * The static source cycles through a table of requests built before the run: request k is entry
 * k mod count. A live one (lazy.h) builds its requests during the run. A run knows only these
 * structs.
 *
 * Threads: all worker threads call `next` and `release` concurrently; the static source only reads,
 * a live one may lock. Memory: the static source borrows its requests, which must outlive the run.
 * A live source owns its requests; each is valid until `release`, which is called after its
 * exchange and all retries.
 */
#ifndef LOADGEN_TARGET_REQUEST_SOURCE_H
#define LOADGEN_TARGET_REQUEST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* Where the parts of a request lie in its bytes, for parts_of. All zeroes: not known. */
struct request_layout {
    uint32_t path_at;
    uint32_t path_length;
    uint32_t headers_at;
    uint32_t headers_length; /* with the CRLF of the last one */
    uint32_t header_count;
    bool is_chunked;
    bool has_fields; /* a table of the headers follows the message (parts_field) */
};

/* One request, ready for the wire. */
struct request {
    const char *bytes; /* request line, headers, body; then, if has_fields, the table of headers */
    const char *tail;  /* the body as sent, if `bytes` ends before it: a redirected request borrows
                          the body of the first one; otherwise NULL */
    void *entry;       /* private to its creator */
    size_t length;     /* of `bytes`, without the table of headers */
    size_t tail_length;
    size_t body_length;   /* before chunked encoding */
    uint32_t sequence_at; /* offset in `bytes` at which the digits of the request's number are
                             inserted (not counted by `length`); 0: nowhere */
    uint32_t target;      /* index of its target */
    uint32_t endpoint;    /* index of its host and port */
    uint16_t row;         /* of the report: targets with the same name share one (rows.h) */
    bool is_constant;     /* unchanged for the whole run, so engines may cache it by address;
                             otherwise its memory may hold another request after it has ended */
    bool is_head;         /* the answer has no body, whatever its headers say */
    bool is_idempotent;   /* an idempotent method: GET, HEAD, PUT, DELETE, OPTIONS */
    struct request_layout layout;
};

/*
 * Called on the source's own thread for each target that is added after `start`, when its entry in
 * struct targets is complete and before any of its requests is handed out.
 */
struct source_listener {
    void (*on_target)(void *context, size_t index);
    void *context;
};

struct source;

/* Additional operations of a live source. */
struct source_live {
    /* Call before the first `next`. Borrows `listener` until stop. */
    bool (*start)(const struct source *source, const struct source_listener *listener,
                  struct err *err);
    /* True if there will be no further request. Never becomes false again. */
    bool (*is_ended)(const struct source *source);
    /* Returns a request to the source, after its exchange or if none was started. */
    void (*release)(const struct source *source, const struct request *request);
    /* Call after the last `next`. */
    void (*stop)(const struct source *source);
};

struct source {
    /*
     * Returns request k of the run, from 0. A live source ignores k and returns its requests in
     * order; NULL: it has none right now.
     */
    const struct request *(*next)(const struct source *source, uint64_t k);
    const struct source_live *live; /* NULL: not a live source */
    const struct request *requests; /* of the static source; otherwise NULL */
    size_t count;
    void *state;  /* of a live source, or of a scenario, whose source uses no other field */
    int ready_fd; /* of a live source: an eventfd; call `next` and is_ended again after each edge.
                     It is never read */
};

/* A static source that cycles through `requests`, which it borrows. count must be at least 1. */
struct source source_of(const struct request *requests, size_t count);

#endif
