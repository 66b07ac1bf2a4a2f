/*
 * busy - for how long was every allowed connection busy?
 *
 * With a cap on connections a request may have to wait for one. That part of its delay is the cap's
 * and the target's (`wait`); the rest is the generator's own (`lag`). wait is the time between the
 * intended and the actual start in which every slot of every thread was taken: while another thread
 * has a free slot, the delay is lag, for it is our own division of the slots that causes it.
 *
 * Each thread publishes in one word how long it has had a free slot so far. A thread whose own
 * slots are all taken for a time T, in which the others together were free for F, counts T - F of
 * it as "all busy": exact with one or two threads, and with more at least never too much, so that
 * lag is never hidden.
 *
 * The sums are kept as a curve of at most BUSY_POINTS points, (time, all-busy time until then),
 * from which the value at an earlier moment is read by interpolation. Requests are asked about in
 * the order of their intended times, so what lies before the last question is forgotten; if the
 * curve is full all the same, every second point is dropped. Then the split of a delay between wait
 * and lag may be off by the time that slots were free between two points; their sum is always
 * exact.
 *
 * Threads: a busy belongs to one thread; `peers` are read by all, each written by its owner with
 * a plain atomic store, no read-modify-write. Memory: fixed.
 */
#ifndef LOADGEN_RUN_BUSY_H
#define LOADGEN_RUN_BUSY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BUSY_POINTS = 1024 };

/* One thread's free time, on a cache line of its own. */
struct busy_peer {
    _Alignas(64) _Atomic uint64_t word; /* see busy.c */
};

struct busy_point {
    uint64_t at_ns;
    uint64_t busy_ns;
};

struct busy {
    struct busy_peer *peers; /* of all threads; borrowed */
    size_t peer_count;
    size_t own;
    bool is_full;
    uint64_t changed_ns;  /* when is_full last changed */
    uint64_t own_free_ns; /* this thread's free time until then */
    uint64_t others_ns;   /* the others' free time, at the last point */
    size_t count;
    uint64_t spacing_ns; /* points closer than this replace the one before */
    uint64_t needed_ns;  /* nothing before this will be asked again */
    struct busy_point points[BUSY_POINTS];
};

/* Starts with all slots free. Every peer's word must be initialised before any thread goes on. */
void busy_init(struct busy *busy, struct busy_peer *peers, size_t peer_count, size_t own,
               uint64_t now_ns);

/* Notes whether this thread's slots are now all taken. now_ns never goes back. */
void busy_note(struct busy *busy, bool is_full, uint64_t now_ns);

/* Are the slots of all threads taken at this moment? */
bool busy_all(const struct busy *busy);

/* The all-busy time from `since_ns` until now_ns. Neither goes back from call to call. */
uint64_t busy_between(struct busy *busy, uint64_t since_ns, uint64_t now_ns);

#endif
