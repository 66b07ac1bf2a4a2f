/*
 * results - reads any number of files and pipes, of any format, as one stream of records.
 *
 *     results = results_open(names, count, false, summary, err)
 *     while (results_next(results, UINT64_MAX, &record, err) == RESULTS_RECORD)
 *         tally_add(summary->tally, &record.result)
 *     results_print_losses(results, stderr)
 *     results_close(results)
 *
 * The caller counts the records; everything else that a report needs (plans, row names, generators,
 * losses, and the counts of runs without individual results) goes into the summary. Pipes are read
 * as data arrives, so none blocks another; files are read in order. stream.h describes how damage
 * is handled.
 *
 * Threads: one. Memory: bounded for streams of any length (stream.h). Errors: ERR_USAGE if stdin
 * would be read and is a terminal; ERR_FAILED with the file's name if it cannot be opened or read,
 * or contains no results.
 */
#ifndef LOADGEN_RESULTS_RESULTS_H
#define LOADGEN_RESULTS_RESULTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/binary/block.h"
#include "loadgen/measure/summary.h"
#include "loadgen/results/stream/record.h"
#include "loadgen/results/stream/second.h"

struct results;

/*
 * Opens the files; the name "stdin", or no name at all, means standard input. Names and summary are
 * borrowed. with_texts: fills in the text fields of records, too (record.h). NULL with err on
 * failure.
 */
struct results *results_open(char *const *names, int count, bool with_texts,
                             struct summary *summary, struct err *err);

/* Like results_open, but for one descriptor, which is borrowed. */
struct results *results_open_fd(int fd, const char *name, bool with_texts, struct summary *summary,
                                struct err *err);

/* From now on passes each valid block of our own format to `on_block`, before its records. */
void results_watch_blocks(struct results *results,
                          void (*on_block)(void *context, const struct block *block),
                          void *context);

/*
 * From now on passes each second of a run without individual results to the watch, once its tally
 * is in the summary. Borrows the watch. Takes 2 MB per stream with such a run, up to 60 MB with
 * rows.
 */
void results_watch_seconds(struct results *results, const struct results_watch *watch);

enum results_state {
    RESULTS_RECORD,
    RESULTS_PAUSE, /* until_ns was reached */
    RESULTS_END,
    RESULTS_FAIL, /* err is set */
};

/*
 * Reads the next record. Returns RESULTS_PAUSE at until_ns (CLOCK_MONOTONIC; UINT64_MAX: never),
 * even if no input arrives; the caller may continue.
 */
enum results_state results_next(struct results *results, uint64_t until_ns, struct record *record,
                                struct err *err);

/* True if the last record came from a stream of our own format. */
bool results_is_bin(const struct results *results);

/* True if an input is a pipe or a socket, so that another program decides when it ends. */
bool results_may_wait(const struct results *results);

/* Calls stream_print_losses for each stream. True if any was damaged or cut short. */
bool results_print_losses(const struct results *results, FILE *out);

void results_close(struct results *results);

#endif
