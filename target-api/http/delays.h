/*
 * delays - calls a function at a given time, so that /delay waits without blocking a thread.
 *
 * Threads: a separate thread makes the calls; any thread may call delays_add. Memory: a heap of
 * 16-byte entries that doubles when it is full and never shrinks.
 */
#ifndef TARGET_API_HTTP_DELAYS_H
#define TARGET_API_HTTP_DELAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct delays;

typedef void delays_fn(void *what);

/* NULL: err is set. */
struct delays *delays_create(delays_fn *call, struct err *err);

/* Makes all pending calls immediately and accepts no more. */
void delays_end(struct delays *delays);

/* Calls delays_end first. NULL is allowed. */
void delays_destroy(struct delays *delays);

/*
 * Calls call(what) when CLOCK_MONOTONIC reaches `due_ns`, or in delays_end if that is earlier.
 * False: out of memory or ended.
 */
bool delays_add(struct delays *delays, uint64_t due_ns, void *what);

#endif
