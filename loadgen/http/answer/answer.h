/*
 * answer - reads one HTTP/1.x answer from the bytes of a connection, in pieces of any size.
 *
 * It counts the body, keeps the status, and determines where the answer ends and whether the
 * connection can be reused. Interim answers (1xx) are skipped; an answer to HEAD ends with its
 * headers; 101 is refused, because no request asks for an upgrade.
 *
 * The reader is lenient: it accepts what curl or Go's client accepts, and records how the answer
 * breaks RFC 9112 (violations.h). But it refuses every answer whose length two parsers could
 * interpret differently (see the table in docs/measurement.md):
 *
 * - Content-Length is repeated with another value, is not a number, is folded, or has white space
 *   before its colon;
 * - Transfer-Encoding is unknown, or does not end with chunked;
 * - an HTTP/1.0 answer has both Content-Length and Transfer-Encoding;
 * - a chunk is malformed.
 *
 *     status line -> [ name : value ]... -> body, by length, by chunks or to the end -> complete
 *          ^                            |                         |
 *          +------------ 1xx -----------+                         +-> trailers
 *
 * We do not use llhttp. Its lenient flags (version 8.1) do not cover lines that end in LF, white
 * space after a chunk size, or a Content-Length repeated with the same value. It does not report
 * what it tolerated, and does not keep its state after a refusal. fuzz_answer compares the two.
 *
 * answer.c reads bodies and chunks, status.c and head.c read the lines of a head, line.c and runs.c
 * read the text of a line; field.c interprets fields. They share the state in state.h. A
 * well-formed line that lies in one piece is read in one step, any other line a byte at a time.
 *
 * Threads: belongs to its owner. Memory: start with zeroes. The reader keeps only the Location of a
 * redirect, in memory allocated for the first redirect and freed by answer_fini. Headers and body
 * go into a capture if there is one.
 */
#ifndef LOADGEN_HTTP_ANSWER_ANSWER_H
#define LOADGEN_HTTP_ANSWER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/answer/state.h"

enum answer_state {
    ANSWER_MORE, /* incomplete: feed more bytes */
    ANSWER_COMPLETE,
    ANSWER_BROKEN, /* refused: answer_problem says why */
};

/*
 * Starts an answer. `reason` receives the status text if the status is 400 or above; it and
 * `capture` (capture_begin) must live until the answer is complete. is_head: the request was HEAD.
 */
void answer_begin(struct answer *answer, bool is_head, char *reason, size_t reason_size,
                  struct capture *capture);

/* Reads bytes; *used becomes the number of bytes that belong to the answer. */
enum answer_state answer_feed(struct answer *answer, const char *bytes, size_t length,
                              size_t *used);

/*
 * Call this when the peer has closed the connection. Returns ANSWER_COMPLETE if the answer was
 * complete before, or if its body ends with the connection; otherwise ANSWER_BROKEN.
 */
enum answer_state answer_finish(struct answer *answer);

/* True if the answer is complete. */
bool answer_is_complete(const struct answer *answer);

/* After ANSWER_COMPLETE: true if the connection can carry another request. */
bool answer_keeps_alive(const struct answer *answer);

/* Returns the Location of a 3xx answer, NUL-terminated and truncated to its buffer; "" if there is
 * none, location_lost (location.h) if memory ran out. */
const char *answer_location(const struct answer *answer);

/* After ANSWER_COMPLETE: true if the connection must be closed, whatever the answer says. */
bool answer_is_doubtful(const struct answer *answer);

/* The HTTP status, the VIOLATION_BITs so far, and why the answer is refused or incomplete. */
uint16_t answer_code(const struct answer *answer);
unsigned answer_violations(const struct answer *answer);
const char *answer_problem(const struct answer *answer);

void answer_fini(struct answer *answer);

#endif
