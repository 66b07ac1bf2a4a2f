/*
 * loop - the event loop of a thread: edge-triggered epoll with nanosecond timeouts.
 *
 * A watch is registered once, for reading and writing. Its owner gets each edge and must read until
 * the socket is empty (a short read means empty). Closing the descriptor removes the watch. A watch
 * that is added while a batch of events is being dispatched gets no events from that batch: they
 * would belong to an earlier descriptor of the same watch.
 *
 * An owner may stop reading early, so that others are not delayed, and call loop_requeue. The loop
 * then calls the owner again in the next batch, after that batch's new events.
 *
 * Some libraries stop reading before a socket is empty; watch their descriptors level-triggered
 * instead (loop_set_levels).
 *
 * The loop has no timers: the thread finds the earliest deadline of its parts and passes the time
 * until then to loop_wait, which sleeps in epoll_pwait2. loop_create sets the thread's timer slack
 * to 1 ns (PR_SET_TIMERSLACK). The loop never spins, because that would use up a CPU quota and
 * cause throttling.
 *
 * Threads: a loop belongs to the thread that created it.
 */
#ifndef LOADGEN_NET_LOOP_H
#define LOADGEN_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* Embedded by its owner; must not move while the descriptor is open or the watch is requeued. */
struct loop_watch {
    /* `events` combines EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP and EPOLLERR. */
    void (*on_ready)(struct loop_watch *watch, uint32_t events);
    int fd;
    /* Private: */
    uint32_t wanted; /* events of loop_set_levels; 0: edge-triggered, or not watched */
    uint64_t batch;  /* number of the batch during which the watch was added */
    struct loop_watch *next_again;
    uint32_t again; /* requeued events; 0: none */
    bool is_queued; /* is in the list of requeued watches */
};

struct loop;

struct loop *loop_create(struct err *err);
void loop_destroy(struct loop *loop);

/* Watches watch->fd for all edges. False with errno if the kernel refuses. */
bool loop_add(struct loop *loop, struct loop_watch *watch);

/* Removes an edge-triggered watch while watch->fd stays open. */
void loop_remove(struct loop *loop, struct loop_watch *watch);

/*
 * Watches watch->fd level-triggered for these events (EPOLLIN, EPOLLOUT, EPOLLRDHUP); 0 removes the
 * watch while watch->fd stays open. watch->wanted must be 0 for a new descriptor. False with errno
 * if the kernel refuses.
 */
bool loop_set_levels(struct loop *loop, struct loop_watch *watch, uint32_t events);

/* Calls the owner again with these events, in the next batch. */
void loop_requeue(struct loop *loop, struct loop_watch *watch, uint32_t events);

/*
 * Sleeps until an event is ready, for at most timeout_ns; does not sleep if a watch is requeued.
 * loop_dispatch then calls the owners.
 */
void loop_wait(struct loop *loop, uint64_t timeout_ns);
void loop_dispatch(struct loop *loop);

/*
 * After loop_dispatch: true if more events may be ready (a batch has at most 256) or a watch is
 * requeued.
 */
bool loop_has_more(const struct loop *loop);

#endif
