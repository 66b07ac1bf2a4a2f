/*
 * message - the bytes of an HTTP/1.1 request.
 *
 *     POST /add_users/ HTTP/1.1        request line
 *     Host: 127.0.0.1:5000             from the URL, unless a header sets it
 *     User-Agent: headroom-loadgen/... unless a header sets it; omitted if it is empty
 *     ...                              headers of the command line, then those of the target
 *     X-Vegeta-Attack: name            if the attack has a name
 *     X-Vegeta-Seq:                    number, inserted on sending, unless a header sets it
 *     Connection: close                without keep-alive, unless a header sets it
 *     Content-Length: 8                or Transfer-Encoding: chunked
 *
 * As in vegeta, only the first Host and User-Agent are sent, so the command line overrides the
 * target. An empty Host means the host of the URL; host names outside ASCII become punycode. No
 * other header replaces another. Header names keep their case. Content-Length and Transfer-Encoding
 * follow from the body; these headers and Trailer are ignored in targets and on the command line.
 * -chunked affects only requests with a body, and sends the body as one chunk.
 *
 * Errors: ERR_USAGE with the header and the expected form. Threads: pure functions.
 */
#ifndef LOADGEN_TARGET_REQUEST_MESSAGE_H
#define LOADGEN_TARGET_REQUEST_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "loadgen/base/bytes.h"
#include "loadgen/target/request/source.h"
#include "loadgen/target/request/url.h"

/* Settings for every request; borrowed. */
struct message_defaults {
    const char *target_host;    /* for URLs that are only a path; see reader.h */
    const char *const *headers; /* "Name: value", each checked by message_check_header */
    size_t header_count;
    const char *attack_name; /* sent as X-Vegeta-Attack; NULL: none */
    const char *body;        /* for targets that have none */
    size_t body_length;
    const char *body_file; /* its path; NULL: not from a file */
    bool keepalive;        /* false: send Connection: close */
    bool is_chunked;       /* send bodies with Transfer-Encoding: chunked */
    bool is_numbered;      /* send the request's number as X-Vegeta-Seq */
};

/* One request; borrowed. */
struct message {
    const char *method;
    struct url url;
    struct slice headers; /* lines, as message_add_header wrote them */
    struct slice body;    /* at == NULL: the defaults' */
};

/*
 * Appends the message to `out`, followed by the table of its headers (parts.h). Sets length,
 * body_length, sequence_at, layout, is_head and is_idempotent of `request`. Offsets are relative to
 * the message.
 */
void message_write(struct bytes *out, const struct message *message,
                   const struct message_defaults *defaults, struct request *request);

/* Appends a header as it is sent: "Name: value\r\n", both trimmed (blank.h). Ignores computed
   headers. */
bool message_add_header(struct bytes *headers, const char *line, struct err *err);

/* Like message_add_header, with separate name and value; the value may be empty. */
bool message_add_pair(struct bytes *headers, const char *name, const char *value, struct err *err);

/* Appends the body as it is sent, after the head. */
void message_add_body(struct bytes *out, struct slice body, bool is_chunked);

/* Sets is_head and is_idempotent from the method of a request, which must have bytes and layout. */
void message_describe(struct request *request);

/* True if these bytes are a valid name of a header, or a valid method. */
bool message_is_token(struct slice text);

/* True if this is a header as message_add_header writes it, without its line end. */
bool message_is_line(struct slice line);

/* True if this is a valid "Name: value". */
bool message_check_header(const char *line, struct err *err);

/* True if this valid header is Content-Length, Transfer-Encoding or Trailer. */
bool message_is_computed(const char *line);

/* True if this is a valid method, in upper or lower case. */
bool message_is_method(const char *text);

#endif
