/*
 * input - the bytes of a stream, read ahead in large pieces.
 *
 *     before ...| used | at ... unread ... end | room
 *
 * A record lies in one piece: as long as one is not whole, the buffer grows, up to
 * INPUT_RECORD_MAX. Descriptors may be files, pipes or terminals.
 *
 * Threads: one. Memory: 256 kB from the first read to input_fini, more for long records.
 */
#ifndef LOADGEN_RESULTS_INPUT_H
#define LOADGEN_RESULTS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum { INPUT_ROOM = 256 * 1024, INPUT_RECORD_MAX = 64 * 1024 * 1024 };

struct input {
    int fd; /* borrowed */
    char *buffer;
    size_t room;
    size_t at;       /* the first byte that is not used yet */
    size_t end;      /* behind the last byte */
    uint64_t before; /* bytes of the stream before the buffer */
    bool is_over;    /* the stream has ended */
    bool is_full;    /* the record is longer than INPUT_RECORD_MAX */
};

/* Reads once, which waits on a pipe that is empty. False with err when that fails. */
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

/* Does nothing come any more that belongs to what is unread? */
static inline bool input_is_last(const struct input *input)
{
    return input->is_over || input->is_full;
}

/* Where in the stream the first unread byte stands. */
static inline uint64_t input_offset(const struct input *input)
{
    return input->before + input->at;
}

#endif
