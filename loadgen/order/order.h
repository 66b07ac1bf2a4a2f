/*
 * order - everything a run needs: the plan, and what to send.
 *
 * Threads: read-only during the run. Memory: all pointers are borrowed and must outlive the run.
 */
#ifndef LOADGEN_ORDER_ORDER_H
#define LOADGEN_ORDER_ORDER_H

struct plan;
struct source;
struct targets;

struct order {
    const struct plan *plan;
    const struct targets *targets; /* for results, reports and engines */
    const struct source *source;   /* requests to these targets */
};

#endif
