#include "loadgen/cluster/bus/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loadgen/base/memory.h"
#include "loadgen/cluster/bus/queue_inside.h"

#define END_NS (100 * NS_PER_MS) /* interval at which ending the sources is retried */

static void make_lock(struct bus_queue *queue)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&queue->lock, NULL);
}

struct bus_queue *bus_queue_create(struct bus *bus, size_t messages, struct err *err)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        err_set(err, ERR_FAILED, "cannot create an eventfd: %s", strerror(errno));
        return NULL;
    }
    struct bus_queue *queue = memory_of(calloc(1, sizeof *queue));
    queue->bus = bus;
    queue->fd = fd;
    queue->room = messages;
    queue->ring = memory_of(calloc(messages, sizeof *queue->ring));
    make_lock(queue);
    return queue;
}

/* Waits until no source delivers any more. False: some still do. */
static bool await_end(struct bus_queue *queue, uint64_t wait_ns)
{
    struct timespec until = clock_system_time(clock_now_ns() + wait_ns);
    int failed = 0;
    pthread_mutex_lock(&queue->lock);
    while (queue->running > 0 && failed == 0) {
        failed = pthread_cond_timedwait(&queue->changed, &queue->lock, &until);
    }
    bool has_ended = queue->running == 0;
    pthread_mutex_unlock(&queue->lock);
    return has_ended;
}

/*
 * When heartbeats are missing, libnats moves a subscription to another consumer. During the move,
 * it ignores requests to end the subscription. So they are repeated until all threads have ended.
 */
static void end_sources(struct bus_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_ending = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
    do {
        for (size_t i = 0; i < queue->source_count; i++) {
            natsSubscription_Unsubscribe(queue->sources[i].subscription);
        }
    } while (!await_end(queue, END_NS));
    for (size_t i = 0; i < queue->source_count; i++) {
        natsSubscription_Destroy(queue->sources[i].subscription);
    }
}

void bus_queue_free(struct bus_queue *queue)
{
    struct bus_message message;
    if (!queue) {
        return;
    }
    end_sources(queue);
    while (bus_queue_take(queue, &message)) {
        bus_message_free(&message);
    }
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    close(queue->fd);
    free(queue->ring);
    free(queue);
}

int bus_queue_fd(const struct bus_queue *queue)
{
    return queue->fd;
}

void queue_put(struct bus_queue *queue, struct bus_message *message)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == queue->room && !queue->is_ending) {
        pthread_cond_wait(&queue->changed, &queue->lock);
    }
    if (queue->is_ending) {
        bus_message_free(message);
    } else {
        queue->ring[(queue->first + queue->count) % queue->room] = *message;
        if (queue->count++ == 0) {
            eventfd_write(queue->fd, 1);
        }
    }
    pthread_mutex_unlock(&queue->lock);
}

bool bus_queue_take(struct bus_queue *queue, struct bus_message *message)
{
    eventfd_t value;
    pthread_mutex_lock(&queue->lock);
    bool has_message = queue->count > 0;
    if (has_message) {
        *message = queue->ring[queue->first];
        queue->first = (queue->first + 1) % queue->room;
        if (--queue->count == 0) {
            eventfd_read(queue->fd, &value);
        }
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
    return has_message;
}

void queue_source_ended(struct bus_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->running--;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}
