#include "loadgen/target/slots.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool slots_init(struct slots *slots, struct err *err)
{
    *slots = (struct slots){.last = &slots->first};
    pthread_mutex_init(&slots->lock, NULL);
    pthread_cond_init(&slots->has_room, NULL);
    slots->ready_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return slots->ready_fd >= 0 || err_set(err, ERR_FAILED, "eventfd: %s", strerror(errno));
}

void slots_fini(struct slots *slots)
{
    while (slots->all) {
        struct slot *slot = slots->all;
        slots->all = slot->other;
        bytes_free(&slot->bytes);
        free(slot);
    }
    if (slots->ready_fd >= 0) {
        close(slots->ready_fd);
    }
    pthread_mutex_destroy(&slots->lock);
    pthread_cond_destroy(&slots->has_room);
}

static void announce(const struct slots *slots)
{
    uint64_t one = 1;
    (void)!write(slots->ready_fd, &one, sizeof one);
}

struct slot *slots_take(struct slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    struct slot *slot = slots->free;
    if (slot) {
        slots->free = slot->next;
    } else if ((slot = calloc(1, sizeof *slot)) != NULL) {
        slot->other = slots->all;
        slots->all = slot;
    }
    pthread_mutex_unlock(&slots->lock);
    if (slot) {
        bytes_clear(&slot->bytes);
    }
    return slot;
}

void slots_give(struct slots *slots, struct slot *slot)
{
    if (slot->bytes.room > SLOTS_KEEP_BYTES) {
        bytes_free(&slot->bytes);
    }
    pthread_mutex_lock(&slots->lock);
    slot->next = slots->free;
    slots->free = slot;
    pthread_mutex_unlock(&slots->lock);
}

void slots_push(struct slots *slots, struct slot *slot)
{
    pthread_mutex_lock(&slots->lock);
    slot->next = NULL;
    *slots->last = slot;
    slots->last = &slot->next;
    slots->queued++;
    slots->queued_bytes += slot->bytes.length;
    bool is_awaited = slots->is_starved;
    slots->is_starved = false;
    pthread_mutex_unlock(&slots->lock);
    if (is_awaited) {
        announce(slots);
    }
}

static bool is_over_part(const struct slots *slots, size_t part)
{
    return slots->queued >= SLOTS_QUEUED / part || slots->queued_bytes >= SLOTS_QUEUED_BYTES / part;
}

bool slots_wait(struct slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    slots->is_waiting = is_over_part(slots, 1);
    while (slots->is_waiting && !slots->is_stopped) {
        pthread_cond_wait(&slots->has_room, &slots->lock);
    }
    bool is_wanted = !slots->is_stopped;
    pthread_mutex_unlock(&slots->lock);
    return is_wanted;
}

void slots_end(struct slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    slots->is_over = true;
    pthread_mutex_unlock(&slots->lock);
    announce(slots);
}

bool slots_stop(struct slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    bool was_over = slots->is_over;
    slots->is_stopped = true;
    pthread_cond_signal(&slots->has_room);
    pthread_mutex_unlock(&slots->lock);
    return was_over;
}

struct slot *slots_pop(struct slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    struct slot *slot = slots->first;
    if (slot) {
        slots->first = slot->next;
        slots->last = slots->first ? slots->last : &slots->first;
        slots->queued--;
        slots->queued_bytes -= slot->bytes.length;
    } else {
        slots->is_starved = true;
    }
    bool is_last = slot && !slots->first && slots->is_over;
    if (slots->is_waiting && !is_over_part(slots, 2)) {
        slots->is_waiting = false;
        pthread_cond_signal(&slots->has_room);
    }
    pthread_mutex_unlock(&slots->lock);
    if (is_last) {
        announce(slots); /* so that those who wait for their next moment hear that it is over */
    }
    return slot;
}

bool slots_are_ended(struct slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    bool is_ended = slots->is_over && !slots->first;
    pthread_mutex_unlock(&slots->lock);
    return is_ended;
}
