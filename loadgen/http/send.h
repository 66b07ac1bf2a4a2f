/*
 * send - a request for an engine to send, and the terms: timeout, redirects, and what to keep.
 *
 * The caller fills in a struct send and passes it to the engine's `start` (engine.h). The struct is
 * declared here and not with its callers, because a module includes only headers of lower layers.
 *
 * Threads and memory: plain values. `start` borrows the struct send; its request and terms must
 * outlive the exchange.
 */
#ifndef LOADGEN_HTTP_SEND_H
#define LOADGEN_HTTP_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "loadgen/http/exchange.h"
#include "loadgen/net/address_list.h"

struct capture;
struct hop;
struct owner;
struct request;

/*
 * Called when an exchange is redirected, before each hop. `answer` is the captured redirecting
 * answer; read it only if the terms keep answers. hop.h describes what may be changed. The hook
 * must not start or end exchanges.
 */
typedef void hop_fn(void *context, const struct exchange *exchange, const struct capture *answer,
                    struct hop *hop);

/* The terms of the run, or a driver's own. */
struct terms {
    uint64_t timeout_ns; /* from started to done, over all tries and redirects; 0: none */
    int max_redirects;   /* -1: a redirect is the answer and is not followed */
    bool keeps_answers;  /* headers, and up to max_body bytes of bodies */
    uint64_t max_body;
    bool is_judged;      /* a script decides whether the answer is a success (drive/driver.h) */
    struct owner *owner; /* its connections are used (owner.h); NULL: the shared ones */
    hop_fn *on_hop;      /* NULL: hops are sent unchanged */
    void *context;       /* of on_hop */
};

/* Timestamps are CLOCK_MONOTONIC nanoseconds. */
struct send {
    const struct request *request;
    const struct terms *terms;
    uint64_t number;      /* index of the request in the run, from 0 */
    uint64_t intended_ns; /* when it is due */
    uint64_t wait_ns;     /* time from intended to started while all connections were busy */
    uint64_t started_ns;  /* read from the clock just before `start` */
    uint16_t row;         /* of the report (target/rows.h) */
};

/* Initializes an exchange before anything is sent. Clears only the first byte of `reason`. */
static inline void exchange_begin(struct exchange *x, const struct send *send)
{
    memset(x, 0, offsetof(struct exchange, reason));
    x->request = send->request;
    x->terms = send->terms;
    x->number = send->number;
    x->intended_ns = send->intended_ns;
    x->wait_ns = send->wait_ns;
    x->started_ns = send->started_ns;
    x->row = send->row;
    x->address = ADDRESS_NONE;
    x->reason[0] = '\0';
}

/* When the exchange times out; UINT64_MAX: never. */
static inline uint64_t exchange_deadline_ns(const struct exchange *x)
{
    return x->terms->timeout_ns ? x->started_ns + x->terms->timeout_ns : UINT64_MAX;
}

#endif
