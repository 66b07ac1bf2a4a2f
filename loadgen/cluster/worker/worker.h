/*
 * worker - a process that performs its part of each run that a controller starts.
 *
 *     WAITING    -- an order arrives -->              PREPARING   receives it, measures its clock
 *     PREPARING  -- it is complete -->                READY       or REFUSED, with the reason
 *     READY      -- an epoch gives it a seat -->      RUNNING     part.h
 *     RUNNING    -- end, stop, no controller -->      WAITING
 *
 * It always announces itself and its state once per second (wire/announce.h). It can join a run
 * that has begun: it becomes READY, and gets a seat in a later epoch.
 *
 * A worker that has not heard from a controller for orphan_ns drains its requests, and waits for
 * the next order. A worker without contact to the broker stops sending requests
 * (drive/driver.h: drive_may_send), which ends its part. When the broker is back, it joins again,
 * like a process that was started during the run.
 *
 * The first stop announces that the worker will leave. It sends requests until an epoch has given
 * its slots to others, for at most WORKER_LEAVE_NS; then it drains, reports and ends. The second
 * stop abandons the run.
 *
 * Threads: one calls worker_serve; the run has its own.
 */
#ifndef LOADGEN_CLUSTER_WORKER_WORKER_H
#define LOADGEN_CLUSTER_WORKER_WORKER_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/cluster/worker/options.h"

/* Serves until it is stopped. False with err: the broker cannot be reached at the start, or an
 * option is wrong. */
bool worker_serve(const struct worker_options *options, struct err *err);

#endif
