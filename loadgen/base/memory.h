/*
 * memory - ends the program if memory for strings and other small objects runs out.
 *
 * Otherwise, a report or a result file could lack some of these objects and still look complete.
 * jansson's allocations are guarded too (memory_guard_json), because jansson silently drops what it
 * cannot allocate. Results that an attack has written by then are kept; the file reads as
 * truncated.
 *
 * Large allocations, and those of a connection, fail with an error instead, because their callers
 * can continue.
 *
 * Apart from failed assertions, nothing else outside command/ ends the process (`make lint` checks
 * this), so a program that performs many runs survives a run that fails.
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

/* Makes jansson end the program if it runs out of memory. Call this before using jansson. */
void memory_guard_json(void);

#endif
