/*
 * capture - keeps the headers and the body of an answer, for -max-body.
 *
 * Headers are kept as lines ("Name: value\r\n"), the body up to max_body bytes; further bytes are
 * dropped.
 *
 * Threads: belongs to a connection. Memory: start with zeroes, capture_fini. Two buffers grow to
 * the largest answer of the connection and are reused. If memory runs out, is_lost is set: the
 * capture is incomplete, and the run must report that.
 */
#ifndef LOADGEN_HTTP_ANSWER_CAPTURE_H
#define LOADGEN_HTTP_ANSWER_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture_buffer {
    char *bytes;
    size_t length;
    size_t room;
};

struct capture {
    struct capture_buffer headers;
    struct capture_buffer body;
    uint64_t max_body;
    bool is_lost;
};

/* Starts the capture of another answer. */
void capture_begin(struct capture *capture, uint64_t max_body);

/* Appends a piece of a header line. */
void capture_header(struct capture *capture, const char *bytes, size_t length);
/* Removes white space at the end of the headers captured so far. */
void capture_header_trim(struct capture *capture);
/* Ends a line, after removing white space at its end. */
void capture_header_end(struct capture *capture);
void capture_body(struct capture *capture, const char *bytes, size_t length);

void capture_fini(struct capture *capture);

#endif
