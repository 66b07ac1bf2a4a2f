/*
 * message - the bytes of an HTTP/1.1 request.
 *
 *     POST /add_users/ HTTP/1.1        request line
 *     Host: 127.0.0.1:5000             from the URL, unless a header says otherwise
 *     User-Agent: headroom-loadgen/... unless a header says otherwise
 *     ...                              headers of the command line, then those of the target
 *     X-Vegeta-Attack: name            if the attack has one
 *     X-Vegeta-Seq:                    its number goes behind the space when it is sent
 *     Connection: close                without keep-alive, unless a header says otherwise
 *     Content-Length: 8                or Transfer-Encoding: chunked
 *
 * As vegeta has it: no header replaces another, but for Host, User-Agent and Connection; the case
 * of names is kept; -chunked is for requests that have a body, and the whole body is one chunk.
 *
 * Errors: ERR_USAGE with the header and the form that it should have. Threads: no state.
 */
#ifndef LOADGEN_TARGET_MESSAGE_H
#define LOADGEN_TARGET_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "loadgen/target/bytes.h"
#include "loadgen/target/source.h"
#include "loadgen/target/url.h"

/* What goes into every request; borrowed. */
struct message_defaults {
    const char *target_host;    /* of targets that are written as a path; see reader.h */
    const char *const *headers; /* "Name: value", each checked by message_check_header */
    size_t header_count;
    const char *attack_name; /* sent as X-Vegeta-Attack unless empty */
    const char *body;        /* of targets that have none of their own */
    size_t body_length;
    bool keepalive;   /* false: each request asks for its connection to be closed */
    bool is_chunked;  /* bodies go with Transfer-Encoding: chunked */
    bool is_numbered; /* each request says its number in X-Vegeta-Seq */
};

/* What is a request's own; borrowed. */
struct message {
    const char *method;
    struct url url;
    struct slice headers; /* lines, as message_add_header wrote them */
    struct slice body;    /* at NULL: the defaults' */
};

/*
 * Appends the message to `out`, and says in `request` what is known of it now: all but bytes,
 * target, row and endpoint. Offsets count from where `out` ended before.
 */
void message_write(struct bytes *out, const struct message *message,
                   const struct message_defaults *defaults, struct request *request);

/* Appends a header as it will be sent: "Name: value\r\n", both trimmed, in their own case. */
bool message_add_header(struct bytes *headers, const char *line, struct err *err);

/* The same from its two parts; the value may be empty. */
bool message_add_pair(struct bytes *headers, const char *name, const char *value, struct err *err);

/* Is this "Name: value" as HTTP has it, and none that the program computes itself? */
bool message_check_header(const char *line, struct err *err);

/* Is this a method as HTTP has it, in whatever case? */
bool message_is_method(const char *text);

#endif
