/*
 * wire_copy - reads a message of the cluster, of any kind, and writes it again.
 *
 * Threads: one. Memory: the caller's.
 */
#ifndef TESTS_SUPPORT_WIRE_COPY_H
#define TESTS_SUPPORT_WIRE_COPY_H

#include <stdbool.h>

#include "common/slice.h"
#include "loadgen/base/bytes.h"
#include "loadgen/cluster/wire/wire.h"

/* Appends what was read to `again`. WIRE_READ_BAD: no reader knows the message. */
enum wire_read wire_copy(struct slice message, struct bytes *again);

/*
 * True if the message is refused, or a copy of its copy is the same. The first copy may be shorter
 * than the message, whose numbers may have more bytes than they need.
 */
bool wire_copy_is_stable(struct slice message);

#endif
