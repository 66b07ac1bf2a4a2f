/*
 * capture - the headers and the body of an answer, kept because -max-body asks for them.
 *
 * Headers are lines as HTTP has them ("Name: value\r\n"); of the body the first max_body bytes are
 * kept, whatever more there is is read and counted.
 *
 * Threads: belongs to a connection. Memory: two buffers, which grow to what the largest answer of
 * that connection needs and are used again; start with zeroes, capture_fini. Without memory
 * is_lost is set: what is kept then is less than the answer, and the run must say so.
 */
#ifndef LOADGEN_HTTP_CAPTURE_H
#define LOADGEN_HTTP_CAPTURE_H

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

/* Begins another answer. */
void capture_begin(struct capture *capture, uint64_t max_body);

void capture_header(struct capture *capture, const char *bytes, size_t length);
/* Ends a line; white space at its end is none of the value. */
void capture_header_end(struct capture *capture);
void capture_body(struct capture *capture, const char *bytes, size_t length);

void capture_fini(struct capture *capture);

#endif
