/*
 * limits - one thread's share of the run's caps on connections.
 *
 * The caps are split by slots (pace/slots.h), like the requests, so the limits of a thread change
 * when it gains or loses slots. Engines then close excess connections: idle ones immediately, busy
 * ones after their exchange.
 *
 * Threads: the limits belong to their thread. Memory: plain values.
 */
#ifndef LOADGEN_DRIVE_LIMITS_H
#define LOADGEN_DRIVE_LIMITS_H

#include <stdint.h>

#include "loadgen/http/engine.h"
#include "loadgen/pace/slots.h"

/*
 * Sets the thread's share of these caps, which apply to all threads together; UINT64_MAX: no cap.
 */
static inline void limits_split(struct engine_limits *limits, uint64_t max_connections,
                                uint64_t max_idle, const struct slots *slots, uint16_t thread)
{
    limits->max_connections =
        max_connections == UINT64_MAX ? UINT64_MAX : slots_part(slots, thread, max_connections);
    limits->max_idle = slots_part(slots, thread, max_idle);
}

#endif
