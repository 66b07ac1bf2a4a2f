/*
 * answer - reads one HTTP/1.x answer from the bytes of a connection, a piece at a time.
 *
 * A thin layer over llhttp: it counts the body, keeps the status, notices where the answer ends and
 * what may happen to the connection then. Interim answers (1xx) are passed over; an answer to HEAD
 * ends with its headers; 101 is refused, for no request of ours asks for an upgrade.
 *
 * Threads: a value of its owner. Memory: only the Location of a redirect is kept, in memory that is
 * allocated when the first one comes and freed by answer_fini; start with zeroes. Headers and body
 * go into a capture where one is given.
 */
#ifndef LOADGEN_HTTP_ANSWER_H
#define LOADGEN_HTTP_ANSWER_H

#include <llhttp/llhttp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/capture.h"

enum { ANSWER_LOCATION_MAX = 4096 };

enum answer_state {
    ANSWER_MORE,     /* not complete; feed what comes next */
    ANSWER_COMPLETE, /* see the fields */
    ANSWER_BROKEN,   /* no HTTP; answer_problem says what was expected */
};

struct answer {
    llhttp_t parser; /* first member: llhttp's callbacks find the answer by it */
    uint64_t body_bytes;
    bool is_head; /* the request was HEAD */
    bool is_complete;
    size_t name_matched; /* of a header's name: how much is "location" so far */
    char *location;      /* of a 3xx answer; ANSWER_LOCATION_MAX bytes, NULL until one came */
    size_t location_length;
    char *reason; /* where to put the status text; NUL-terminated, cut to its size */
    size_t reason_size;
    size_t reason_length;
    struct capture *capture; /* NULL: nothing is kept */
    bool is_trailer;         /* headers that come now stand behind the body */
};

/* Starts an answer. `reason` and `capture`, which has begun, must live until it is complete. */
void answer_begin(struct answer *answer, bool is_head, char *reason, size_t reason_size,
                  struct capture *capture);

/* Feeds bytes; *used is how many belonged to the answer. */
enum answer_state answer_feed(struct answer *answer, const char *bytes, size_t length,
                              size_t *used);

/* The peer closed: complete if the answer had no other end, else broken. */
enum answer_state answer_finish(struct answer *answer);

/* After ANSWER_COMPLETE: may the connection carry another request? */
bool answer_keeps_alive(const struct answer *answer);

/* The Location of a 3xx answer, NUL-terminated; "" when there is none or it was too long. */
const char *answer_location(const struct answer *answer);

uint16_t answer_code(const struct answer *answer);
const char *answer_problem(const struct answer *answer);

void answer_fini(struct answer *answer);

#endif
