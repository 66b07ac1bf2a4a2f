/*
 * stream_inside - storing messages with conditions, for streams and buckets.
 */
#ifndef LOADGEN_CLUSTER_BUS_STREAM_INSIDE_H
#define LOADGEN_CLUSTER_BUS_STREAM_INSIDE_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/cluster/bus/inside.h"

/* Publishes, and waits until the message is stored. `options` and `sequence` may be NULL. */
enum bus_status bus_stream_store(struct bus *bus, natsMsg *message, jsPubOptions *options,
                                 uint64_t *sequence);
enum bus_status bus_stream_store_data(struct bus *bus, const char *subject, const void *data,
                                      size_t length, jsPubOptions *options, uint64_t *sequence);

#endif
