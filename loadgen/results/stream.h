/*
 * stream - the results of one file or pipe, whatever its format is.
 *
 * The first bytes tell the format: `HRM1` is ours (format_bin.c), `{` JSON (format_json.c), a digit
 * CSV (format_csv.c). Go's gob is refused with the reason. A format is a const descriptor; it reads
 * from what is in the input and asks for more when a record is not whole.
 *
 * What cannot be read is passed over up to the next record that can, counted in the summary, and
 * the first of it is told: file, record or line, and byte. Only a stream of which nothing can be
 * read is an error.
 *
 * Threads: one. Memory: stream_fini; bounded by the largest record, and by the targets' names.
 */
#ifndef LOADGEN_RESULTS_STREAM_H
#define LOADGEN_RESULTS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/measure/block.h"
#include "loadgen/measure/summary.h"
#include "loadgen/results/input.h"
#include "loadgen/results/record.h"

enum stream_state {
    STREAM_RECORD, /* here is one */
    STREAM_MORE,   /* the input holds no whole one */
    STREAM_END,
    STREAM_FAIL, /* see err */
};

struct stream;

struct stream_format {
    const char *name;
    /* The state of a reader; NULL when memory is short. */
    void *(*create)(struct stream *stream);
    void (*destroy)(void *state);
    /* The next record of what is in the input. STREAM_MORE only while more can come. */
    enum stream_state (*next)(struct stream *stream, struct record *record, struct err *err);
};

extern const struct stream_format stream_bin;
extern const struct stream_format stream_json;
extern const struct stream_format stream_csv;

struct stream {
    const char *name; /* what errors call it; borrowed */
    struct input input;
    struct summary *summary; /* borrowed */
    bool with_texts;
    /* Is called with each good block of our own format, before its records come; or NULL. */
    void (*on_block)(void *context, const struct block *block);
    void *context;
    const struct stream_format *format; /* NULL: not known yet */
    void *state;                        /* the format's */
    uint64_t records;                   /* read so far */
    uint64_t line;                      /* that is being read, from 1; 0: the format has none */
    uint64_t losses;                    /* places at which something could not be read */
    char first_loss[192];               /* in words */
    bool is_cut;                        /* a run in it has no end */
    uint64_t cut_at;                    /* byte */
};

/* The next record of what is in the input; after STREAM_MORE call input_fill. */
enum stream_state stream_next(struct stream *stream, struct record *record, struct err *err);

void stream_fini(struct stream *stream);

/* For the formats: something at this byte of the stream could not be read. */
void stream_lose(struct stream *stream, uint64_t byte, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For the formats: a run has no end, the stream was cut at this byte. */
void stream_cut(struct stream *stream, uint64_t byte);

/* One line about what could not be read, if anything; returns whether there was something. */
bool stream_tell_losses(const struct stream *stream, FILE *out);

#endif
