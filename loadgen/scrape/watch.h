/*
 * watch - meters a target about once per second during a run (meter.h), on its own thread.
 *
 * A reading is expected one second after the last one, and a scrape begins WATCH_LEAD_NS before
 * that. So if the pods answer in time, each reading finds a scrape that is at most WATCH_LEAD_NS
 * old.
 *
 * The reader never waits for a scrape. A scrape has the deadlines of scrape.h.
 *
 * Threads: watch_start and watch_stop on one thread, while no other thread initializes or releases
 * c-ares or libcurl; watch_read on any. Memory: borrows the URLs and the plan until watch_stop.
 */
#ifndef LOADGEN_SCRAPE_WATCH_H
#define LOADGEN_SCRAPE_WATCH_H

#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/scrape/load.h"

#define WATCH_LEAD_NS (300 * NS_PER_MS)

struct plan;
struct scrape_urls;
struct watch;

/* Starts the thread, which scrapes immediately. NULL: err is set. */
struct watch *watch_start(const struct scrape_urls *urls, const struct plan *plan, struct err *err);

/* The target as of the last scrape. */
void watch_read(struct watch *watch, struct target_load *load);

/* Also ends a scrape in progress. NULL is allowed. */
void watch_stop(struct watch *watch);

/* When to begin the next scrape, if the last reading was at read_ns and the last scrape ended at
 * now_ns. */
uint64_t watch_due_ns(uint64_t read_ns, uint64_t now_ns);

#endif
