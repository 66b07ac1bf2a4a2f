/*
 * metrics - what the first port served: requests by route, method and code, how long they took, and
 * how many are under way; written as Prometheus text 0.0.4.
 *
 * A request is counted just before its answer is queued, so whoever has read an answer finds it
 * counted. Its latency is from its request line to that moment. Paths that match no route share one
 * label value, and so do methods beyond the common ones: a client cannot make the number of series
 * grow. What libmicrohttpd refuses by itself is counted as `unmatched` and `other`, and has no
 * latency.
 *
 * Threads: each thread that serves owns a shard, and is the only one to count in it, so that
 * counting needs neither a lock nor a locked instruction; metrics_write is for any thread. Memory:
 * metrics_create to metrics_destroy.
 */
#ifndef TARGET_API_METRICS_H
#define TARGET_API_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "target-api/buffer.h"

struct metrics;
struct metrics_shard;

/* For `threads` threads that serve. NULL: err is set. */
struct metrics *metrics_create(size_t threads, struct err *err);
void metrics_destroy(struct metrics *metrics);

/* The calling thread's shard; the first call makes it so. NULL: all belong to other threads. */
struct metrics_shard *metrics_own_shard(struct metrics *metrics);

/* From 0, below the number of threads. */
size_t metrics_shard_index(const struct metrics_shard *shard);

/* A request begins; it is answered or given up. */
void metrics_begin(struct metrics_shard *shard);
void metrics_end(struct metrics_shard *shard);

/* `route` as router_answer gave it; `status` from 100 to 599. */
void metrics_count(struct metrics_shard *shard, size_t route, const char *method, unsigned status,
                   uint64_t latency_ns);

/* libmicrohttpd answers `status` without asking us. */
void metrics_count_rejected(struct metrics_shard *shard, unsigned status);

struct metrics_progress {
    uint64_t begun;
    uint64_t ended;
};

struct metrics_progress metrics_progress(const struct metrics *metrics);

/* Adds the series to the buffer. */
void metrics_write(const struct metrics *metrics, struct buffer *b);

#endif
