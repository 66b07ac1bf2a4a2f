/*
 * loop - one thread's event loop: epoll, edge-triggered, nanosecond timeouts.
 *
 * A watch is registered once, for reading and writing, and never changed: its owner is told of each
 * edge and must read until there is no more (a short read is "no more"). Closing the descriptor
 * removes the watch. A watch that was added while a batch of events is handled gets none of that
 * batch: what is there for it was meant for the descriptor that it had before.
 *
 * An owner that has more to read than is fair to the others asks for another call (loop_again): it
 * comes in the next batch, behind what is ready then.
 *
 * For descriptors of libraries, which do not promise to read all there is, a watch can be told of
 * levels instead (loop_want): in every batch, for as long as there is something of what it wants.
 *
 * There are no timers here. The thread asks its parts for their next deadline and passes the
 * earliest to loop_wait; the loop sleeps with epoll_pwait2, whose timeout has nanoseconds, and
 * loop_create asks the kernel to wake this thread as exactly as it can (PR_SET_TIMERSLACK). It
 * never spins: inside a CPU quota spinning causes the throttling that it means to avoid.
 *
 * Threads: a loop belongs to the thread that created it.
 */
#ifndef LOADGEN_NET_LOOP_H
#define LOADGEN_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* Embedded in what it watches for; must stay where it is while the descriptor is open. */
struct loop_watch {
    /* `events` are EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR. */
    void (*on_ready)(struct loop_watch *watch, uint32_t events);
    int fd;
    /* The loop's own: */
    uint32_t wanted; /* levels; 0: none, or edges */
    uint64_t batch;  /* in which it was added */
    struct loop_watch *next_again;
    uint32_t again; /* events to be told of again; 0: none */
    bool is_queued; /* for that */
};

struct loop;

struct loop *loop_create(struct err *err);
void loop_destroy(struct loop *loop);

/* Starts watching watch->fd for all edges. False with errno when the kernel refuses. */
bool loop_add(struct loop *loop, struct loop_watch *watch);

/* Ends a watch of edges while watch->fd stays open. */
void loop_remove(struct loop *loop, struct loop_watch *watch);

/*
 * Tells of these levels (EPOLLIN, EPOLLOUT) instead of edges from now on; 0 ends the watch while
 * watch->fd stays open. A descriptor that is new to the loop needs watch->wanted to be 0. False
 * with errno when the kernel refuses.
 */
bool loop_want(struct loop *loop, struct loop_watch *watch, uint32_t events);

/* Tells the owner of these events again, in the next batch. */
void loop_again(struct loop *loop, struct loop_watch *watch, uint32_t events);

/* Sleeps until something is ready, at most timeout_ns; then loop_dispatch tells the owners. */
void loop_wait(struct loop *loop, uint64_t timeout_ns);
void loop_dispatch(struct loop *loop);

#endif
