/*
 * memory - ends the program if memory for strings and other small objects runs out.
 *
 * They are small, but a report or a result file that lacks some of them would look complete.
 * jansson silently drops what it cannot allocate, so its allocations are guarded here as well.
 * Results that an attack has written by then are kept; the file reads as truncated.
 *
 * Large allocations, and those of a connection, fail with an error instead, because their callers
 * can continue.
 *
 * Nothing else outside command/ ends the process, except a failed assertion, so a program that
 * performs many runs survives a failed one. `make lint` checks that.
 */
#ifndef LOADGEN_BASE_MEMORY_H
#define LOADGEN_BASE_MEMORY_H

#include <stddef.h>

/* Returns its argument, the result of an allocation; exits with status 1 if that is NULL. */
void *memory_of(void *allocated);

/*
 * Maps zeroed pages; only those that are touched use memory. calloc may clear reused memory, which
 * touches every page. NULL: out of memory.
 */
void *memory_map(size_t bytes);

/* Unmaps the pages; NULL is allowed. */
void memory_unmap(void *pages, size_t bytes);

/* Makes failed allocations of jansson end the program. Call this before the first use of jansson.
 */
void memory_guard_json(void);

#endif
