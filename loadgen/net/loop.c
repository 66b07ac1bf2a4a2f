#include "loadgen/net/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/clock.h"

enum { BATCH = 256 };

struct loop {
    int epoll_fd;
    int ready_count;
    bool is_full;             /* the last batch: more may be ready */
    uint64_t batch;           /* counts the calls of loop_wait */
    struct loop_watch *again; /* requeued watches, oldest first */
    struct loop_watch **again_end;
    struct epoll_event ready[BATCH];
};

struct loop *loop_create(struct err *err)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        err_set(err, ERR_FAILED, "not enough memory for an event loop");
        return NULL;
    }
    loop->again_end = &loop->again;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct timespec none = {0};
    if (loop->epoll_fd < 0) {
        err_set(err, ERR_FAILED, "epoll_create1: %s", strerror(errno));
    } else if (epoll_pwait2(loop->epoll_fd, loop->ready, 1, &none, NULL) < 0) {
        err_set(err, ERR_FAILED, "epoll_pwait2: %s; Linux 5.11 or later is needed",
                strerror(errno));
    } else {
        prctl(PR_SET_TIMERSLACK, 1UL); /* failure only makes wake-ups later */
        return loop;
    }
    loop_destroy(loop);
    return NULL;
}

void loop_destroy(struct loop *loop)
{
    if (loop && loop->epoll_fd >= 0) {
        close(loop->epoll_fd);
    }
    free(loop);
}

bool loop_add(struct loop *loop, struct loop_watch *watch)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = watch,
    };
    watch->batch = loop->batch;
    watch->again = 0; /* requeued for an earlier descriptor */
    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) == 0;
}

void loop_remove(struct loop *loop, struct loop_watch *watch)
{
    watch->again = 0;
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
}

bool loop_set_levels(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
    if (events == watch->wanted) {
        return true;
    }
    struct epoll_event event = {.events = events, .data.ptr = watch};
    int what = EPOLL_CTL_MOD;
    if (events == 0) {
        what = EPOLL_CTL_DEL;
    } else if (watch->wanted == 0) {
        what = EPOLL_CTL_ADD;
        watch->batch = loop->batch;
    }
    watch->wanted = events;
    return epoll_ctl(loop->epoll_fd, what, watch->fd, &event) == 0;
}

void loop_requeue(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
    watch->again = events;
    if (!watch->is_queued) {
        watch->is_queued = true;
        watch->next_again = NULL;
        *loop->again_end = watch;
        loop->again_end = &watch->next_again;
    }
}

void loop_wait(struct loop *loop, uint64_t timeout_ns)
{
    timeout_ns = loop->again ? 0 : timeout_ns;
    struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / NS_PER_S),
        .tv_nsec = (long)(timeout_ns % NS_PER_S),
    };
    loop->batch++;
    loop->ready_count = epoll_pwait2(loop->epoll_fd, loop->ready, BATCH, &timeout, NULL);
    loop->is_full = loop->ready_count == BATCH;
}

bool loop_has_more(const struct loop *loop)
{
    return loop->is_full || loop->again;
}

/* Watches that are requeued during the call wait for the next batch. */
static void dispatch_again(struct loop *loop)
{
    struct loop_watch *watch = loop->again;
    loop->again = NULL;
    loop->again_end = &loop->again;
    while (watch) {
        struct loop_watch *next = watch->next_again;
        uint32_t events = watch->again;
        watch->is_queued = false;
        watch->again = 0;
        if (events) {
            watch->on_ready(watch, events);
        }
        watch = next;
    }
}

void loop_dispatch(struct loop *loop)
{
    for (int i = 0; i < loop->ready_count; i++) {
        struct loop_watch *watch = loop->ready[i].data.ptr;
        if (watch->batch != loop->batch) {
            watch->on_ready(watch, loop->ready[i].events);
        }
    }
    loop->ready_count = 0;
    if (loop->again) {
        dispatch_again(loop);
    }
}
