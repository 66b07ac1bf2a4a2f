/*
 * target_watch - shows the target's metrics on the board of `loadgen serve` during a run.
 *
 * The metrics are read (scrape/watch.h) with the -resolvers, -connect-to and -insecure of the
 * requests.
 *
 * Threads: call these functions on the thread that calls `run`. Memory: target_watch_stop; borrows
 * the options.
 */
#ifndef LOADGEN_COMMAND_TARGET_WATCH_H
#define LOADGEN_COMMAND_TARGET_WATCH_H

#include "loadgen/command/flags/attack_flags.h"
#include "loadgen/order/plan.h"
#include "loadgen/scrape/scrape.h"
#include "loadgen/scrape/watch.h"
#include "loadgen/web/board/board.h"

struct target_watch {
    struct plan plan;
    struct watch *watch; /* NULL: there are no URLs */
};

bool target_watch_start(struct target_watch *target, const struct scrape_urls *urls,
                        const struct attack_options *options, struct err *err);

/* Call this once per second, before board_second. */
void target_watch_note(const struct target_watch *target, struct board *board);

void target_watch_stop(struct target_watch *target);

#endif
