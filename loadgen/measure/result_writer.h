/*
 * result_writer - takes filled blocks from the threads of a run and writes them to a descriptor.
 *
 *     worker: take ... fill ... put  ->  queue  ->  writer thread: write  ->  free blocks
 *
 * There is a fixed number of blocks. When the reader of a pipe or a disk is slower than the run,
 * they run out and result_writer_take waits: the attack is held back, memory stays bounded, nothing
 * is lost, and how long it was held back is known. When writing fails (disk full, pipe closed) the
 * writer throws away what comes after, result_writer_failed turns true, and result_writer_close
 * says what happened: the run is to end then.
 *
 * Threads: take, put, fail and failed from any thread; create and close from one.
 */
#ifndef LOADGEN_MEASURE_RESULT_WRITER_H
#define LOADGEN_MEASURE_RESULT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/measure/block.h"

struct result_writer;

/* Starts the writing thread. Borrows fd; `name` is what errors call it. NULL with err. */
struct result_writer *result_writer_create(int fd, const char *name, size_t blocks,
                                           struct err *err);

/* Writes what is queued, ends the thread, frees. False with err when anything was not written. */
bool result_writer_close(struct result_writer *writer, struct err *err);

/* A free block; waits for one. Adds the time that it waited to *held_ns. */
struct block *result_writer_take(struct result_writer *writer, uint64_t *held_ns);

/* Queues a block from take. An empty one is only given back. */
void result_writer_put(struct result_writer *writer, struct block *block);

/* A free block, or NULL: never waits. */
struct block *result_writer_try_take(struct result_writer *writer);

/* Makes the writer fail with this errno: what would be written is wrong. */
void result_writer_fail(struct result_writer *writer, int problem);

bool result_writer_failed(const struct result_writer *writer);

#endif
