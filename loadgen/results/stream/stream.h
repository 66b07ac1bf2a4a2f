/*
 * stream - reads the results of one file or pipe, of any format.
 *
 * A format is a const descriptor, listed in formats.c; it reads from the input buffer and asks for
 * more while a record is incomplete.
 *
 * Damage is skipped up to the next readable record and counted in the summary; the first damage is
 * reported with the file, the number of the record (or line), and the byte. Damage is an error only
 * if nothing else can be read: no record in vegeta's formats, or no header in ours.
 *
 * Threads: one. Memory: stream_fini; bounded by the largest record and the targets' names.
 */
#ifndef LOADGEN_RESULTS_STREAM_STREAM_H
#define LOADGEN_RESULTS_STREAM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/binary/block.h"
#include "loadgen/measure/summary.h"
#include "loadgen/results/stream/input.h"
#include "loadgen/results/stream/record.h"
#include "loadgen/results/stream/second.h"

enum stream_state {
    STREAM_RECORD, /* a record was read */
    STREAM_MORE,   /* the input holds no complete record */
    STREAM_END,
    STREAM_FAIL, /* err is set */
};

struct stream;

struct stream_format {
    const char *name;
    /* Returns the state of a reader; NULL if out of memory. */
    void *(*create)(struct stream *stream);
    void (*destroy)(void *state);
    /* Reads the next record in the input. STREAM_MORE only while more input may follow. */
    enum stream_state (*next)(struct stream *stream, struct record *record, struct err *err);
};

extern const struct stream_format stream_bin;
extern const struct stream_format stream_json;
extern const struct stream_format stream_csv;

struct stream {
    const char *name; /* for messages; borrowed */
    struct input input;
    struct summary *summary; /* borrowed */
    bool with_texts;
    /* Called with each valid block of our own format, before its records; may be NULL. */
    void (*on_block)(void *context, const struct block *block);
    void *context;
    const struct results_watch *watch;  /* of seconds; NULL: none */
    const struct stream_format *format; /* NULL: not identified yet */
    void *state;                        /* of the format's reader */
    uint64_t records;                   /* read so far */
    uint64_t line;                      /* being read, from 1; 0: the format has no lines */
    uint64_t losses;                    /* damaged blocks or lines skipped */
    char first_loss[192];               /* message about the first loss */
    bool is_cut;                        /* the end of a run is missing */
    uint64_t cut_at;                    /* stream offset */
};

void stream_fini(struct stream *stream);

/* For the formats: counts damage at this byte of the stream; keeps the first message. */
void stream_lose(struct stream *stream, uint64_t byte, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For the formats: notes that the stream was cut short at this byte, within a run. */
void stream_cut(struct stream *stream, uint64_t byte);

/* Writes a line if the stream was damaged, another if it was cut short. False: it was neither. */
bool stream_print_losses(const struct stream *stream, FILE *out);

#endif
