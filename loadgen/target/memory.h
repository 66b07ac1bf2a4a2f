/*
 * memory - what happens when there is none for words: the program says so and ends.
 *
 * Names and texts are small, and a report or a file of results that lacks some would be read as if
 * nothing was missing. jansson leaves out what it has no memory for, and its callers cannot tell;
 * so it allocates here as well. What an attack has written by then stays, and reads as cut short.
 *
 * What is large, or belongs to a connection, fails as an error instead: its caller can go on.
 */
#ifndef LOADGEN_TARGET_MEMORY_H
#define LOADGEN_TARGET_MEMORY_H

/* Returns what an allocation returned; ends the program, with status 1, when that is NULL. */
void *memory_of(void *allocated);

/* From now on, for all of the process. Call it before the first use of jansson. */
void memory_guard_json(void);

#endif
