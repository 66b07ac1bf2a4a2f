/*
 * result_writer - takes filled blocks from the threads of a run and writes them to a descriptor.
 *
 *     worker: take ... fill ... put  ->  queue  ->  writer thread: write  ->  free blocks
 *
 * The number of blocks is fixed. If the disk, or the reader of a pipe, is slower than the run,
 * blocks run out and result_writer_take waits. This slows the attack down, but loses nothing; the
 * waiting time is counted.
 *
 * If writing fails (disk full, pipe closed), all later blocks are discarded, and
 * result_writer_close returns the error. result_writer_failed then returns true, so that the run
 * can end, unless result_writer_tolerate was called.
 *
 * Threads: create, set_preamble, drain and close from one thread, the other functions from any.
 */
#ifndef LOADGEN_BINARY_RESULT_WRITER_H
#define LOADGEN_BINARY_RESULT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/binary/block.h"

struct result_writer;

/*
 * Allocates `blocks` blocks and starts the writing thread. Borrows fd and `name` (for errors) until
 * result_writer_close. NULL: err is set.
 */
struct result_writer *result_writer_create(int fd, const char *name, size_t blocks,
                                           struct err *err);

/*
 * Writes what is queued, ends the thread and frees the writer. False with err if anything was not
 * written.
 */
bool result_writer_close(struct result_writer *writer, struct err *err);

/*
 * Returns a free block. If there is none, waits for one and adds the waiting time to *blocked_ns.
 */
struct block *result_writer_take(struct result_writer *writer, uint64_t *blocked_ns);

/* Returns a free block, or NULL; never waits. */
struct block *result_writer_try_take(struct result_writer *writer);

/* Queues a taken block to be written; an empty one becomes free again. */
void result_writer_put(struct result_writer *writer, struct block *block);

/* True if a block waits to be written: the reader or the disk is slower than the run. */
bool result_writer_is_behind(struct result_writer *writer);

/*
 * Sets the callback that supplies the targets and addresses to which results refer. Before each
 * block of results, and before the end, the writing thread calls `next` until it returns NULL, and
 * writes each returned block. The block belongs to the callee and is written before the next call.
 * In effect until result_writer_drain.
 */
void result_writer_set_preamble(struct result_writer *writer, struct block *(*next)(void *context),
                                void *context);

/* Waits until everything queued is written or discarded, and removes the preamble callback. */
void result_writer_drain(struct result_writer *writer);

/* Makes the writer fail with this errno. Call this if the file would otherwise be wrong. */
void result_writer_fail(struct result_writer *writer, int problem);

/*
 * Lets the run continue if its results cannot be written: `on_failure` is then called once, on the
 * writer's thread, and result_writer_failed stays false. Call this before the first block.
 */
void result_writer_tolerate(struct result_writer *writer,
                            void (*on_failure)(void *context, const struct err *why),
                            void *context);

/* True if writing has failed and the run should end. */
bool result_writer_failed(const struct result_writer *writer);

#endif
