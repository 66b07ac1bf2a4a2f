/*
 * script - what script_server does with its requests, as plain data.
 *
 * Each request takes one step: how long to wait, what to answer, how to end. A stall holds back
 * every answer of the server at once.
 */
#ifndef TESTS_SUPPORT_SCRIPT_H
#define TESTS_SUPPORT_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

/* How an answer ends, unannounced. All but the first happen after `cut_at` bytes. */
enum script_end {
    SCRIPT_KEEP,    /* the whole answer, and the connection stays open */
    SCRIPT_CLOSE,   /* an orderly close (FIN) */
    SCRIPT_RESET,   /* a reset (RST) */
    SCRIPT_SILENCE, /* nothing more, ever, and the connection stays open */
};

#define SCRIPT_WHOLE SIZE_MAX

/* The answer to one request. All zero: a 200 with an empty body, immediately. */
struct script_step {
    uint64_t delay_ms;    /* from the request to the first byte, or to the end if none is sent */
    unsigned status;      /* 0: 200 */
    size_t body_bytes;    /* letters a to z, repeated */
    size_t chunk_bytes;   /* size of a chunk; 0: no chunks, a Content-Length */
    size_t missing_bytes; /* announced, but never sent */
    uint64_t pause_ms;    /* between single bytes; 0: the whole answer at once */
    const char *headers;  /* further header lines, each with "\r\n"; NULL: none */
    const char *raw;      /* sent instead of the answer described above; NULL: none */
    enum script_end end;
    size_t cut_at; /* bytes before the end; SCRIPT_WHOLE: all */
};

/* The number that selects a request's step. */
enum script_order {
    SCRIPT_BY_REQUEST,               /* of the request, in order of arrival over all connections */
    SCRIPT_BY_CONNECTION,            /* of its connection */
    SCRIPT_BY_REQUEST_OF_CONNECTION, /* of the request on its connection */
};

struct script {
    const struct script_step *steps;
    size_t step_count;
    size_t loop_from; /* the step after the last one; 0: the first */
    enum script_order order;
    uint64_t stall_at_ms; /* after the first request, a stall begins ... */
    uint64_t stall_ms;    /* ... and sends no byte for this long; 0: none */
    size_t close_every;   /* answers after which a connection is closed, unannounced; 0: never */
};

#endif
