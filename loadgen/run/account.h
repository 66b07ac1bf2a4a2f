/*
 * account - completes the summary of a run once its workers have ended.
 *
 * Threads: call these functions on the thread that calls `run`, and account_fill only after
 * workers_join.
 */
#ifndef LOADGEN_RUN_ACCOUNT_H
#define LOADGEN_RUN_ACCOUNT_H

#include "loadgen/measure/summary.h"
#include "loadgen/run/workers.h"

/* Fills in the names of addresses that were added since the last call. */
void account_name_addresses(struct summary *summary, const struct address_list *addresses);

/*
 * Fills in the names of rows and addresses, the counts of unstarted and of abandoned requests, and
 * connection statistics. Reads summary->tally, intended and started.
 */
void account_fill(struct summary *summary, const struct workers *workers);

#endif
