/*
 * backlog - exchanges that have ended, kept until the driver's scripts may continue.
 *
 * An engine calls `done` while it reads sockets, and owns the answer's bytes. The backlog keeps a
 * copy, with the bytes, until every ready socket has been read.
 *
 * Threads: belongs to the worker's thread. Memory: entries are reused with their buffers; a new
 * entry is allocated only when more entries wait than ever before. backlog_fini frees them.
 */
#ifndef LOADGEN_RUN_BACKLOG_H
#define LOADGEN_RUN_BACKLOG_H

#include "loadgen/http/answer/capture.h"
#include "loadgen/http/exchange.h"

struct backlog_entry {
    struct backlog_entry *next;
    struct exchange exchange;
    struct capture capture;
};

struct backlog {
    struct backlog_entry *first; /* oldest; NULL: none waits */
    struct backlog_entry **last; /* where the next entry is linked; NULL: &first */
    struct backlog_entry *free;
};

/*
 * Keeps a copy and returns it. Moves the buffers of exchange->capture into the copy, and leaves
 * reused or empty buffers in their place.
 */
struct exchange *backlog_add(struct backlog *backlog, const struct exchange *exchange);

/* Removes and returns all waiting entries, oldest first. */
struct backlog_entry *backlog_take(struct backlog *backlog);

/* Makes the entry free for reuse. */
void backlog_recycle(struct backlog *backlog, struct backlog_entry *entry);

void backlog_fini(struct backlog *backlog);

#endif
