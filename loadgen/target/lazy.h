/*
 * lazy - a source that reads its targets during the run (-lazy), and ends after the last one.
 *
 *     file or pipe  ->  reading thread: parse, build the bytes  ->  queue  ->  next  ->  exchange
 *                            ^                                                              |
 *                            +---------------- free entries <-------- release --------------+
 *
 * Each target is sent once. The reading thread fills the queue (request_queue.h) ahead of the
 * workers, so that none waits for a disk. If the queue is empty because a pipe is slow, `next`
 * returns NULL immediately; call it again after an edge of ready_fd. Entries are reused after their
 * release, so memory is bounded by the queue and the requests in flight, however long the file is.
 *
 * The memory for reports is bounded as well: `targets` has an entry for each of the first
 * LAZY_TARGETS different targets (name, method and URL); the rest share one entry, "other targets".
 * A file may name at most LAZY_ENDPOINTS different hosts and ports.
 *
 * lazy_open reads the first target, so an unreadable or empty file is rejected before anything is
 * sent. A later error ends the source; the targets before it are still sent. lazy_close returns
 * this error, unless the run ended before all of those targets were sent.
 *
 * Threads: any thread may call next, release and is_ended. Only the reading thread adds to
 * `targets`; an entry is complete before a request with its index is handed out, and never changes.
 * Until `stop` returns, only that thread and the listener may read `targets->count`.
 */
#ifndef LOADGEN_TARGET_LAZY_H
#define LOADGEN_TARGET_LAZY_H

#include "loadgen/target/targets.h"

enum {
    LAZY_TARGETS = 16384,
    LAZY_ENDPOINTS = 256,
};

struct lazy;

/*
 * Opens a lazy source on `fd` and reads the first target. Borrows `fd`, `name` (of the file, for
 * errors) and `defaults` until lazy_close. Fills `targets`, which the caller frees after
 * lazy_close. NULL with err if the first target cannot be read.
 */
struct lazy *lazy_open(int fd, const char *name, const struct format *format,
                       const struct message_defaults *defaults, struct targets *targets,
                       struct err *err);

/* The source; valid until lazy_close. */
struct source lazy_source(struct lazy *lazy);

/*
 * Frees the source; NULL is allowed. False with err if an error in the targets ended the run early.
 */
bool lazy_close(struct lazy *lazy, struct err *err);

#endif
