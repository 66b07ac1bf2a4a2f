#include "loadgen/target/request_queue.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool request_queue_init(struct request_queue *queue, struct err *err)
{
    *queue = (struct request_queue){.last = &queue->first};
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->has_room, NULL);
    queue->ready_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return queue->ready_fd >= 0 || err_set(err, ERR_FAILED, "eventfd: %s", strerror(errno));
}

void request_queue_fini(struct request_queue *queue)
{
    while (queue->all) {
        struct request_entry *entry = queue->all;
        queue->all = entry->other;
        bytes_free(&entry->bytes);
        free(entry);
    }
    if (queue->ready_fd >= 0) {
        close(queue->ready_fd);
    }
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->has_room);
}

static void announce(const struct request_queue *queue)
{
    uint64_t one = 1;
    (void)!write(queue->ready_fd, &one, sizeof one);
}

struct request_entry *request_queue_alloc(struct request_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    struct request_entry *entry = queue->free;
    if (entry) {
        queue->free = entry->next;
    } else if ((entry = calloc(1, sizeof *entry)) != NULL) {
        entry->other = queue->all;
        queue->all = entry;
    }
    pthread_mutex_unlock(&queue->lock);
    if (entry) {
        bytes_clear(&entry->bytes);
    }
    return entry;
}

void request_queue_recycle(struct request_queue *queue, struct request_entry *entry)
{
    if (entry->bytes.room > REQUEST_QUEUE_KEEP_BYTES) {
        bytes_free(&entry->bytes);
    }
    pthread_mutex_lock(&queue->lock);
    entry->next = queue->free;
    queue->free = entry;
    pthread_mutex_unlock(&queue->lock);
}

void request_queue_push(struct request_queue *queue, struct request_entry *entry)
{
    pthread_mutex_lock(&queue->lock);
    entry->next = NULL;
    *queue->last = entry;
    queue->last = &entry->next;
    queue->queued++;
    queue->queued_bytes += entry->bytes.length;
    bool is_awaited = queue->is_starved;
    queue->is_starved = false;
    pthread_mutex_unlock(&queue->lock);
    if (is_awaited) {
        announce(queue);
    }
}

static bool is_filled_to(const struct request_queue *queue, size_t part)
{
    return queue->queued >= REQUEST_QUEUE_MAX / part ||
           queue->queued_bytes >= REQUEST_QUEUE_BYTES / part;
}

bool request_queue_wait_for_room(struct request_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_waiting = is_filled_to(queue, 1);
    while (queue->is_waiting && !queue->is_stopped) {
        pthread_cond_wait(&queue->has_room, &queue->lock);
    }
    bool is_stopped = queue->is_stopped;
    pthread_mutex_unlock(&queue->lock);
    return !is_stopped;
}

void request_queue_close(struct request_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_closed = true;
    pthread_mutex_unlock(&queue->lock);
    announce(queue);
}

bool request_queue_stop(struct request_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool was_closed = queue->is_closed;
    queue->is_stopped = true;
    pthread_cond_signal(&queue->has_room);
    pthread_mutex_unlock(&queue->lock);
    return was_closed;
}

struct request_entry *request_queue_pop(struct request_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    struct request_entry *entry = queue->first;
    if (entry) {
        queue->first = entry->next;
        queue->last = queue->first ? queue->last : &queue->first;
        queue->queued--;
        queue->queued_bytes -= entry->bytes.length;
    } else {
        queue->is_starved = true;
    }
    bool is_last = entry && !queue->first && queue->is_closed;
    if (queue->is_waiting && !is_filled_to(queue, 2)) {
        queue->is_waiting = false;
        pthread_cond_signal(&queue->has_room);
    }
    pthread_mutex_unlock(&queue->lock);
    if (is_last) {
        announce(queue); /* wakes threads that sleep until their next request is due */
    }
    return entry;
}

bool request_queue_has_ended(struct request_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool is_ended = queue->is_closed && !queue->first;
    pthread_mutex_unlock(&queue->lock);
    return is_ended;
}
