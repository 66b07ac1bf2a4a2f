/*
 * bucket - keys and values stored by the broker. A change can be made conditional on the current
 * revision, so that it cannot overwrite another process's change.
 *
 * A revision is a number that grows with each change in the bucket. A bucket keeps the last value
 * of each key. To watch keys: bus_queue_watch (bus/queue.h).
 *
 * BUS_UNREACHABLE does not say whether the change was made. To find out, read the value again.
 *
 * Threads: any. Each call waits at most BUS_ANSWER_NS for the broker.
 */
#ifndef LOADGEN_CLUSTER_BUS_BUCKET_H
#define LOADGEN_CLUSTER_BUS_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/cluster/bus/bus.h"
#include "loadgen/cluster/bus/stream.h"

struct bucket;

/* Opens a bucket, or creates it with these limits. Names and keys consist of letters, digits, - and
 * _; keys may also have dots between tokens. NULL: err is set. */
struct bucket *bucket_make(struct bus *bus, const char *name,
                           const struct bus_stream_limits *limits, struct err *err);

/* Opens an existing bucket. NULL: err is set. */
struct bucket *bucket_open(struct bus *bus, const char *name, struct err *err);

void bucket_close(struct bucket *bucket); /* NULL is allowed */

/* BUS_OK: the caller frees *value; value->sequence is the revision. BUS_MISSING: no such key, or it
 * was deleted. */
enum bus_status bucket_get(struct bucket *bucket, const char *key, struct bus_message *value);

/* Each of these sets *revision (unless NULL) to the new revision. */

/* Sets the value unconditionally. */
enum bus_status bucket_put(struct bucket *bucket, const char *key, const void *data, size_t length,
                           uint64_t *revision);

/* Sets the value only if there is none, or it was deleted. Otherwise, returns BUS_CONFLICT. */
enum bus_status bucket_add(struct bucket *bucket, const char *key, const void *data, size_t length,
                           uint64_t *revision);

/* Sets the value only if the current revision is `expected`. Otherwise, returns BUS_CONFLICT. */
enum bus_status bucket_change(struct bucket *bucket, const char *key, const void *data,
                              size_t length, uint64_t expected, uint64_t *revision);

/* Deletes the value unconditionally. */
enum bus_status bucket_delete(struct bucket *bucket, const char *key);

#endif
