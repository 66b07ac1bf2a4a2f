/*
 * meter - sums up the CPU of a target's pods over a series of scrapes.
 *
 * The sums grow with each complete scrape: one that read every pod of the previous complete scrape,
 * except pods whose address is gone. So they are exact: an incomplete scrape only delays them, and
 * the next complete one adds the time of both. After METER_PATIENCE_NS without a complete scrape,
 * that time is left out, and the meter continues with the pods that can be read. With is_rare, no
 * time is left out.
 *
 * A pod counts from its second reading on. A counter that fell, because the pod restarted, counts
 * from its start.
 *
 * Threads: one at a time. Memory: start with zeroes; meter_fini.
 */
#ifndef LOADGEN_SCRAPE_METER_H
#define LOADGEN_SCRAPE_METER_H

#include "loadgen/scrape/load.h"
#include "loadgen/scrape/scrape.h"

#define METER_PATIENCE_NS (10 * NS_PER_S)

struct meter {
    bool is_rare; /* scrapes are much further apart than METER_PATIENCE_NS; all time counts */
    struct target_load load;
    struct scrape base; /* private: the last complete scrape */
};

/* Adds a scrape and takes ownership of it. */
void meter_add(struct meter *meter, struct scrape *scrape);

void meter_fini(struct meter *meter);

#endif
