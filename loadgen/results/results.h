/*
 * results - results from any number of files and pipes, of any format, as one stream of records.
 *
 *     results = results_open(names, count, false, summary, err)
 *     while (results_next(results, UINT64_MAX, &record, err) == RESULTS_RECORD)
 *         tally_add(summary->tally, &record.result)
 *     results_tell_losses(results, stderr)
 *     results_close(results)
 *
 * The caller counts the records; all else that a report needs (plans, names of rows, generators,
 * losses) is put into the summary. Pipes are read as they deliver, none waits for another; files
 * one after the other, in their order. stream.h says what happens to what cannot be read.
 *
 * Threads: one. Memory: bounded, whatever the length of the streams (stream.h). Errors: a file that
 * cannot be opened or read, or holds no results: ERR_FAILED with its name.
 */
#ifndef LOADGEN_RESULTS_RESULTS_H
#define LOADGEN_RESULTS_RESULTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/measure/block.h"
#include "loadgen/measure/summary.h"
#include "loadgen/results/record.h"

struct results;

/*
 * Opens them; "stdin", or no name at all, is standard input. Borrows names and summary. with_texts:
 * the texts of records are wanted, and not only what is counted. NULL with err.
 */
struct results *results_open(char *const *names, int count, bool with_texts,
                             struct summary *summary, struct err *err);

/* The same for one descriptor, which is borrowed. */
struct results *results_open_fd(int fd, const char *name, bool with_texts, struct summary *summary,
                                struct err *err);

/* From now on hands each good block of our own format to `on_block`, before its records come. */
void results_watch_blocks(struct results *results,
                          void (*on_block)(void *context, const struct block *block),
                          void *context);

enum results_state {
    RESULTS_RECORD,
    RESULTS_PAUSE, /* the moment has come */
    RESULTS_END,
    RESULTS_FAIL, /* see err */
};

/*
 * The next record. At until_ns, of CLOCK_MONOTONIC, RESULTS_PAUSE comes even when nothing else
 * does, and the caller may go on; UINT64_MAX is never.
 */
enum results_state results_next(struct results *results, uint64_t until_ns, struct record *record,
                                struct err *err);

/* Did the last record come from a stream of our own format? */
bool results_is_bin(const struct results *results);

/* Is one a pipe or a socket, whose end another program decides? */
bool results_may_wait(const struct results *results);

/* A line for each stream that was cut or damaged; returns whether there was one. */
bool results_tell_losses(const struct results *results, FILE *out);

void results_close(struct results *results);

#endif
