/*
 * account - completes the summary of a run once its workers have ended.
 *
 * Threads: the thread of `run`. Call account_fill after workers_join.
 */
#ifndef LOADGEN_RUN_ACCOUNT_H
#define LOADGEN_RUN_ACCOUNT_H

#include "loadgen/measure/summary.h"
#include "loadgen/run/workers.h"

/* Names the addresses that were added since the last call. */
void account_name_addresses(struct summary *summary, const struct address_list *addresses);

/*
 * Fills in names of rows and addresses, requests not started and abandoned, iterations, and
 * connections. Reads summary->tally, intended and started.
 */
void account_fill(struct summary *summary, const struct workers *workers);

#endif
