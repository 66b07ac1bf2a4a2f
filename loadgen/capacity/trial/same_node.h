/*
 * same_node - finds out whether generator and target share a node of the cluster, and so compete
 * for its CPU. It compares the node of the environment (run/fingerprint.h), or those of a trial's
 * workers (trial_record.h), with the nodes that the target's pods report (scrape/account.h).
 *
 * Threads: pure function. Memory: the value is the caller's.
 */
#ifndef LOADGEN_CAPACITY_TRIAL_SAME_NODE_H
#define LOADGEN_CAPACITY_TRIAL_SAME_NODE_H

#include <jansson.h>

/*
 * Returns true if any pod of the target was on the generator's node in any of these trials; null
 * if the node of the generator, or of every pod, is unknown; false otherwise.
 */
json_t *same_node_find(const json_t *environment, const json_t *trials);

#endif
