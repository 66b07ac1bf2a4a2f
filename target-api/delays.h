/*
 * delays - calls back when a moment has come: how /delay waits without holding a thread.
 *
 * Threads: one of its own, which makes the calls; delays_add from any. Memory: an entry of a few
 * bytes for each delay that is pending.
 */
#ifndef TARGET_API_DELAYS_H
#define TARGET_API_DELAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct delays;

typedef void delays_fn(void *what);

/* NULL: err is set. */
struct delays *delays_create(delays_fn *call, struct err *err);

/* Calls with all that is pending, at once, and takes no more. */
void delays_end(struct delays *delays);

/* After delays_end, which it calls. NULL is allowed. */
void delays_destroy(struct delays *delays);

/* call(what), once, at `due_ns` of CLOCK_MONOTONIC or soon after. False: no memory, or ended. */
bool delays_add(struct delays *delays, uint64_t due_ns, void *what);

#endif
