/*
 * metrics - counts requests by route, method and status, measures their latency, counts those in
 * flight, and writes all of this as Prometheus text.
 *
 * A request is counted just before its answer is queued, so a client that has read an answer finds
 * its request counted. Latency is measured from the request line to that point. The number of
 * series is bounded: paths that match no route share a label, and so do uncommon methods. Requests
 * that libmicrohttpd itself rejects count with the route `unmatched` and the method `other`,
 * without latency.
 *
 * Threads: each serving thread counts in its own shard, without a lock or an atomic
 * read-modify-write; any thread may call metrics_write. Memory: metrics_create to metrics_destroy.
 */
#ifndef TARGET_API_HTTP_METRICS_H
#define TARGET_API_HTTP_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"

struct metrics;
struct metrics_shard;

/* For `threads` serving threads and `routes` routes, numbered from 0. NULL: err is set. */
struct metrics *metrics_create(size_t threads, size_t routes, struct err *err);
void metrics_destroy(struct metrics *metrics);

/* The calling thread's shard, assigned at its first call. NULL: all are taken. */
struct metrics_shard *metrics_own_shard(struct metrics *metrics);

/* The index of a shard: 0 to threads - 1. */
size_t metrics_shard_index(const struct metrics_shard *shard);

/*
 * Call metrics_begin when a request begins, and metrics_end when it has been answered or abandoned.
 */
void metrics_begin(struct metrics_shard *shard);
void metrics_end(struct metrics_shard *shard);

/* Counts a request. A `route` above the last one counts as unmatched; `status` is 100 to 599. */
void metrics_count(struct metrics_shard *shard, size_t route, const char *method, unsigned status,
                   uint64_t latency_ns);

/* Counts a request that libmicrohttpd itself answers with `status`. */
void metrics_count_rejected(struct metrics_shard *shard, unsigned status);

struct metrics_progress {
    uint64_t begun;
    uint64_t ended;
};

struct metrics_progress metrics_progress(const struct metrics *metrics);

/* The label of a route; index `routes` (metrics_create) stands for requests that match none. */
typedef const char *metrics_label_fn(size_t route);

/* Writes all series. */
void metrics_write(const struct metrics *metrics, metrics_label_fn *label, FILE *out);

#endif
