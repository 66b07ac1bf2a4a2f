/*
 * metrics - what the first port served, counted by route, method and code, and written as
 * Prometheus text 0.0.4.
 *
 * A request is counted just before its answer is queued, so whoever has read an answer finds it
 * counted. Paths that match no route share one label value, and so do methods beyond the common
 * ones: a client cannot make the number of series grow.
 *
 * Threads: any; the counters are atomic. Memory: metrics_create to metrics_destroy.
 */
#ifndef TARGET_API_METRICS_H
#define TARGET_API_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "target-api/buffer.h"

struct metrics;

struct metrics *metrics_create(struct err *err);
void metrics_destroy(struct metrics *metrics);

/* `route` as router_answer gave it; `status` from 100 to 599. */
void metrics_count(struct metrics *metrics, size_t route, const char *method, unsigned status);

/* Adds the whole exposition to the buffer. */
void metrics_write(const struct metrics *metrics, struct buffer *b);

#endif
