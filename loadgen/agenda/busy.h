/*
 * busy - measures how long all allowed connections were busy, to split a delay into wait and lag.
 *
 * The cap on connections gives each thread a number of slots: requests that it may have in flight.
 * If all are taken, a request must wait. `wait` is the part of its delay during which every slot of
 * every thread was taken; the rest is `lag`, which the generator causes. While another thread has a
 * free slot, the delay is lag, because the division of slots among threads causes it.
 *
 * Each thread publishes, as a 64-bit word, how long it has had a free slot so far. If a thread's
 * own slots are all taken for a time T, and the other threads' free times during T add up to F, the
 * thread counts T - F as all-busy. With one or two threads this is exact; with more it is never too
 * high, so lag is never reported as wait.
 *
 * The all-busy time is kept as a curve of at most BUSY_POINTS points (time, all-busy time so far);
 * values between points are interpolated. Queries are made in the order of intended times, so a
 * full curve drops the points before the last query. If that frees less than a quarter of the
 * curve, every second remaining point is dropped too. The split may then be wrong by the time
 * during which slots were free between two points; wait + lag stays exact.
 *
 * Threads: a struct busy belongs to one thread. `peers` are read by all; each is written by its
 * owner, with a plain atomic store. Memory: fixed.
 */
#ifndef LOADGEN_AGENDA_BUSY_H
#define LOADGEN_AGENDA_BUSY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BUSY_POINTS = 1024 };

/* One thread's free time, on its own cache line. */
struct busy_peer {
    _Alignas(64) _Atomic uint64_t word; /* free time so far, as encoded in busy.c */
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
    uint64_t spacing_ns; /* minimum distance between points; a closer point replaces the last */
    uint64_t needed_ns;  /* no later query starts before this */
    struct busy_point points[BUSY_POINTS];
};

/* Starts with all slots free. Initialize every peer's word before any thread begins. */
void busy_init(struct busy *busy, struct busy_peer *peers, size_t peer_count, size_t own,
               uint64_t now_ns);

/*
 * Records whether all slots of this thread are taken. now_ns must not decrease from call to call.
 */
void busy_note(struct busy *busy, bool is_full, uint64_t now_ns);

/* True if the slots of all threads are taken. */
bool busy_all(const struct busy *busy);

/* The all-busy time from since_ns to now_ns. Neither may decrease from call to call. */
uint64_t busy_between(struct busy *busy, uint64_t since_ns, uint64_t now_ns);

#endif
