/*
 * worker - a process that carries out its part of each run that a controller orders.
 *
 *     WAITING    -- an order comes -->                PREPARING   receives it, measures its clock
 *     PREPARING  -- all has come -->                  READY       or REFUSED, with the reason
 *     READY      -- an epoch gives it a seat -->      RUNNING     part.h
 *     RUNNING    -- plan, stop, orphan -->            WAITING
 *
 * It announces itself and its state once a second, all the time (wire/announce.h). A run that is
 * on can be joined: the worker is READY for it and gets a seat in a later epoch.
 *
 * Nobody else is needed to end a run: a worker that hears of no controller for orphan_ns drains
 * and waits for the next order. One that has no contact with the broker stops sending (drive.h:
 * drive_may_send).
 *
 * Leaving: the first stop announces it. The worker sends until an epoch has given its slots to
 * others, but at most WORKER_LEAVE_NS; then it drains, reports and ends. The second stop abandons
 * the run.
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
