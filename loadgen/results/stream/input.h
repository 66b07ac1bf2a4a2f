/*
 * input - buffered reading of a stream.
 *
 *     before ...| used | at ... unread ... end | room
 *
 * A record is contiguous: while one is incomplete, the buffer grows, up to INPUT_RECORD_MAX. The
 * descriptor may be a file, a pipe or a terminal.
 *
 * Threads: one. Memory: 256 kB from the first read to input_fini, more for longer records.
 */
#ifndef LOADGEN_RESULTS_STREAM_INPUT_H
#define LOADGEN_RESULTS_STREAM_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum { INPUT_ROOM = 256 * 1024, INPUT_RECORD_MAX = 64 * 1024 * 1024 };

struct input {
    int fd; /* borrowed */
    char *buffer;
    size_t room;
    size_t at;       /* first unread byte */
    size_t end;      /* one past the last byte */
    uint64_t before; /* stream offset of the buffer */
    bool is_at_end;  /* end of the stream */
    bool is_full;    /* the record exceeds INPUT_RECORD_MAX */
};

/* Reads once; blocks on an empty pipe. False with err on failure. */
bool input_fill(struct input *input, struct err *err);

void input_fini(struct input *input);

static inline const char *input_bytes(const struct input *input)
{
    return input->buffer ? input->buffer + input->at : "";
}

static inline size_t input_length(const struct input *input)
{
    return input->buffer ? input->end - input->at : 0;
}

/* True if no more bytes will follow the unread ones. */
static inline bool input_is_last(const struct input *input)
{
    return input->is_at_end || input->is_full;
}

/* Stream offset of the first unread byte. */
static inline uint64_t input_offset(const struct input *input)
{
    return input->before + input->at;
}

#endif
