#include "loadgen/users/queue.h"

#include <stdlib.h>

bool queue_open(struct queue *queue, size_t room)
{
    *queue = (struct queue){.list = calloc(room + 1, sizeof(struct due *))};
    return queue->list;
}

void queue_close(struct queue *queue)
{
    free(queue->list);
}

static void put(struct queue *queue, size_t at, struct due *due)
{
    queue->list[at] = due;
    due->place = at + 1;
}

static void move_up(struct queue *queue, size_t at, struct due *due)
{
    while (at > 0 && queue->list[(at - 1) / 2]->at_ns > due->at_ns) {
        put(queue, at, queue->list[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(queue, at, due);
}

static void move_down(struct queue *queue, size_t at, struct due *due)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < queue->count && queue->list[child + 1]->at_ns < queue->list[child]->at_ns) {
            child++;
        }
        if (child >= queue->count || queue->list[child]->at_ns >= due->at_ns) {
            break;
        }
        put(queue, at, queue->list[child]);
        at = child;
    }
    put(queue, at, due);
}

void queue_add(struct queue *queue, struct due *due)
{
    move_up(queue, queue->count++, due);
}

struct due *queue_first(const struct queue *queue)
{
    return queue->count > 0 ? queue->list[0] : NULL;
}

void queue_remove(struct queue *queue, struct due *due)
{
    if (due->place == 0) {
        return;
    }
    size_t at = due->place - 1;
    struct due *last = queue->list[--queue->count];
    due->place = 0;
    if (last == due) {
        return;
    }
    if (at > 0 && queue->list[(at - 1) / 2]->at_ns > last->at_ns) {
        move_up(queue, at, last);
    } else {
        move_down(queue, at, last);
    }
}
