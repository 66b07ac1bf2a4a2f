/*
 * target_view - the CPU of the target, as its own metrics report it, as JSON:
 *
 *     pods       addresses that the metrics are read from
 *     read       how many of them answered the last time
 *     restarts   of pods, since the start
 *     class      "limit": it used over 80% of its CPU limit, or was throttled for over 1% of the
 *                time; "free": neither, and the limit is known; "unknown"
 *     cpu        CPUs used, of all pods; null: not known
 *     cpu_limit  CPUs that all pods may use; null: not known
 *     throttled  seconds of throttled time per second, of all pods and CPUs; a lower bound; null:
 *                not known
 *     text       the same in words
 *
 * cpu, throttled and class are those of the last ten seconds, of a test that has ended, or of the
 * last trial of a search.
 *
 * Threads: hold the board's lock. Memory: the caller owns the object.
 */
#ifndef LOADGEN_WEB_PAGE_TARGET_VIEW_H
#define LOADGEN_WEB_PAGE_TARGET_VIEW_H

#include <jansson.h>
#include <stdint.h>

struct board;

/* Null: the metrics are not read. */
json_t *target_view(const struct board *board);

/*
 * Extrapolates a time that is known for part of a point to the whole point, in ms. Null: nothing is
 * known.
 */
json_t *target_view_ms(uint64_t ns, uint64_t known_ns, uint64_t seconds);

#endif
