/*
 * lazy - a source that reads its targets as they are needed (-lazy), and ends with them.
 *
 *     file or pipe  ->  reading thread: parse, build the bytes  ->  queue  ->  next  ->  exchange
 *                            ^                                                              |
 *                            +---------------- slots to be used again <----- release -------+
 *
 * Each target is sent once. The reading thread keeps up to LAZY_AHEAD requests, or
 * LAZY_AHEAD_BYTES, ready, so that no worker waits for a disk; when a slow pipe has nothing yet,
 * `next` returns NULL at once and ready_fd tells when to ask again. The bytes of a request live in
 * a slot that is used again after its release, so memory is that of the queue and of what is in
 * flight, however long the file.
 *
 * What reports need is bounded as well. LAZY_TARGETS different targets (name, method and URL) are
 * told apart in `targets`; the rest are one entry, called "other targets". There may be
 * LAZY_ENDPOINTS different hosts and ports.
 *
 * The first target is read by lazy_open, so that a file that is none, or empty, is refused before
 * anything is sent. An error further on ends the source there; what was read before it is still
 * sent, and lazy_close says what was wrong.
 *
 * Threads: next, release and is_ended from all; a lock guards the queue. The reading thread alone
 * adds to `targets`: an entry is there for good before a request with its index is handed out.
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
 * Opens a lazy source on `fd` and reads the first target. `fd`, `name` (what errors call it) and
 * `defaults` are borrowed until lazy_close; `targets` is filled, and the caller's to free after it.
 * NULL with err.
 */
struct lazy *lazy_open(int fd, const char *name, const struct format *format,
                       const struct message_defaults *defaults, struct targets *targets,
                       struct err *err);

/* The source to run; lives as long as `lazy`. */
struct source lazy_source(struct lazy *lazy);

/* Frees it. False when an error ended the targets before the run did; err has it. NULL is allowed.
 */
bool lazy_close(struct lazy *lazy, struct err *err);

#endif
