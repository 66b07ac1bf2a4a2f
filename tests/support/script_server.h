/*
 * script_server - an HTTP/1.1 server that does what a script says, so that a test knows the truth.
 *
 * It listens on 127.0.0.1, on a port that the kernel chooses, and answers from one thread of the
 * test process. Each request takes one step of the script: how long to wait, what to answer, how
 * to end. A stall holds back every answer of the server at once. What it saw is counted, so that
 * the report of a load generator can be compared with it.
 *
 *     static const struct script_step fast = {.body_bytes = 15};
 *     static const struct script script = {.steps = &fast, .step_count = 1,
 *                                          .stall_at_ms = 500, .stall_ms = 1000};
 *     struct script_server *server = script_server_start(&script, &err);
 *     ... drive http://127.0.0.1:<script_server_port(server)>/ ...
 *     struct script_counts truth = script_server_stop(server);
 *
 * Of a request it reads the end of its header (16 KiB at most) and Content-Length; paths do not
 * matter, chunked bodies are refused, and the answer to a HEAD has no body. A connection has one
 * answer at a time: pipelined requests wait their turn. A client that closes, or shuts down, its
 * side before the answer is out is taken as gone.
 *
 * Waiting is never shorter than the script says, on CLOCK_MONOTONIC from the moment the request
 * was complete; it is longer by what the machine makes of it.
 *
 * Threads: start and stop belong to one thread of the test; the server's own thread blocks all
 *          signals. The counters are returned by stop, after that thread has ended.
 * Memory:  the script, its steps and its strings are borrowed until stop; stop frees the rest.
 * Failure: start returns NULL and sets err. Later failures show in the counters: a connection that
 *          cannot be accepted (each needs a descriptor of the test process) is missing there.
 */
#ifndef TESTS_SUPPORT_SCRIPT_SERVER_H
#define TESTS_SUPPORT_SCRIPT_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* How an answer ends. All but the first look at `cut_at`, and none of them is announced. */
enum script_end {
    SCRIPT_KEEP,    /* the whole answer, and the connection stays open */
    SCRIPT_CLOSE,   /* an orderly close (FIN) */
    SCRIPT_RESET,   /* a reset (RST) */
    SCRIPT_SILENCE, /* nothing more, ever, and the connection stays open */
};

#define SCRIPT_WHOLE SIZE_MAX

/* What is done for one request. All zero: at once a 200 with an empty body. */
struct script_step {
    uint64_t delay_ms;  /* between the request and the first byte, or the end when there is none */
    unsigned status;    /* 0: 200 */
    size_t body_bytes;  /* letters a to z, again and again */
    size_t chunk_bytes; /* chunks of so many bytes; 0: one piece with a Content-Length */
    size_t missing_bytes; /* so many bytes at the end are left out although they were announced */
    uint64_t pause_ms;    /* one byte at a time with this between them; 0: all at once */
    const char *headers;  /* further header lines, each with its "\r\n"; NULL: none */
    const char *raw;      /* sent in place of all the above but for the waiting; NULL: an answer */
    enum script_end end;
    size_t cut_at; /* the end comes after so many bytes; SCRIPT_WHOLE: after the answer */
};

/* What decides the step of a request. */
enum script_order {
    SCRIPT_BY_REQUEST,               /* its number in the order of arrival, over all connections */
    SCRIPT_BY_CONNECTION,            /* the number of its connection */
    SCRIPT_BY_REQUEST_OF_CONNECTION, /* its number on its connection */
};

struct script {
    const struct script_step *steps;
    size_t step_count;
    size_t loop_from; /* after the last step it goes on with this one; 0: from the start */
    enum script_order order;
    uint64_t stall_at_ms; /* from so long after the first request ... */
    uint64_t stall_ms;    /* ... for so long not a byte is sent; 0: no stall */
    size_t close_every;   /* each n-th answer of a connection closes it, unannounced; 0: never */
};

/* requests = answers + broken + abandoned, always. */
struct script_counts {
    uint64_t connections;      /* accepted */
    uint64_t connections_peak; /* open at the same time */
    uint64_t requests;         /* received to the last byte of the body */
    uint64_t answers;          /* complete, and handed to the kernel to the last byte */
    uint64_t broken;           /* steps that make no complete answer: cut, missing, raw, silence */
    uint64_t abandoned;        /* the client went, or stop came, before a complete answer was out */
    uint64_t refused;          /* connections closed for a request that this server cannot read */
    uint64_t stall_from_ns;    /* CLOCK_MONOTONIC; 0: no stall was asked for, or no request came */
    uint64_t stall_until_ns;
};

struct script_server;

/* Listens and starts the thread: the port may be connected to as soon as this returns. */
struct script_server *script_server_start(const struct script *script, struct err *err);

uint16_t script_server_port(const struct script_server *server);

/* Closes every connection, ends the thread and frees the server. Returns what it saw. */
struct script_counts script_server_stop(struct script_server *server);

#endif
