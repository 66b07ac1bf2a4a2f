/*
 * exchange - one request, its timestamps, and how it ended.
 *
 * An engine (engine.h) fills in an exchange and passes it to `done`; results, measurements and
 * reports only read it. Timestamps are CLOCK_MONOTONIC nanoseconds. intended_ns follows from the
 * schedule; each of the others is read from the clock at its event, and 0 if there was no such
 * event. See the diagram in docs/measurement.md.
 *
 * Threads and memory: a plain value. `request` and `terms` belong to the sender, and `capture` to
 * the engine; they are valid while `done` runs.
 */
#ifndef LOADGEN_HTTP_EXCHANGE_H
#define LOADGEN_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/net/address_list.h"

struct capture;
struct request;
struct terms;

/* How an exchange ended. The text is the name of this kind of error in reports. */
#define OUTCOMES(X)                                                                                \
    X(OUTCOME_ANSWERED, "http")      /* a complete answer, whatever its status */                  \
    X(OUTCOME_TIMED_OUT, "time-out") /* no complete answer in time */                              \
    X(OUTCOME_CONNECT, "connect")    /* refused, unreachable, out of ports or descriptors */       \
    X(OUTCOME_RESET, "reset")        /* the connection broke: reset by peer, broken pipe */        \
    X(OUTCOME_CLOSED, "closed")      /* the peer closed before the answer was complete */          \
    X(OUTCOME_PROTOCOL, "protocol")  /* the peer broke the protocol, or a redirect failed */       \
    X(OUTCOME_DNS, "dns")            /* the name was not resolved */                               \
    X(OUTCOME_TLS, "tls")            /* the handshake failed, or the certificate is not trusted */

enum outcome {
#define X(id, text) id,
    OUTCOMES(X)
#undef X
};

enum {
#define X(id, text) +1
    OUTCOMES_ALL = OUTCOMES(X)
#undef X
};

/* A script's judgement of an answer, which counts instead of the status. */
enum judgement { JUDGEMENT_NONE, JUDGEMENT_SUCCESS, JUDGEMENT_FAILURE };

enum { REASON_MAX = 192 };

struct exchange {
    const struct request *request;
    const struct terms *terms; /* timeout, redirects and what to keep (send.h) */
    uint64_t number;           /* index of the request in the run, from 0 */
    uint64_t intended_ns;      /* when the request was due */
    uint64_t wait_ns;          /* time from intended to started while all connections were busy */
    uint64_t started_ns;       /* just before the engine's `start`, once a connection was available
                                  or could be opened */
    uint64_t sent_ns;          /* just before the first send of the last try */
    uint64_t first_byte_ns;    /* just after the recv with the answer's first byte */
    uint64_t done_ns;   /* just after the recv that completed the answer, or at the failure */
    uint64_t bytes_in;  /* of the answer's body */
    uint64_t bytes_out; /* of the request's body; 0 unless all of it was sent */
    uint32_t address;   /* number of the last try's address (address_list.h), or ADDRESS_NONE */
    enum outcome outcome;
    int system_error;    /* errno, for OUTCOME_CONNECT and OUTCOME_RESET */
    uint16_t code;       /* HTTP status; 0: no complete answer */
    uint16_t retries;    /* tries after the first; see h1/engine.h and h2/engine.h */
    uint16_t redirects;  /* redirects followed */
    uint16_t violations; /* VIOLATION_BITs of all answers, redirects included */
    uint16_t row;        /* row of the report */
    bool is_fired;       /* fired by a script: nothing was sent (users/request/events.h) */
    bool is_held;        /* its result waits for the judgement (drive/driver.h) */
    enum judgement judgement;
    struct capture *capture; /* NULL: not kept, or not ANSWERED. `done` may swap its buffers */
    char reason[REASON_MAX]; /* status text ("Not Found") if code >= 400, the error, or the script's
                                text */
};

#endif
