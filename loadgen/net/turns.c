#include "loadgen/net/turns.h"

#include <stdlib.h>

void turns_fini(struct turns *turns)
{
    while (turns->all) {
        struct turn *next = turns->all->next;
        free(turns->all);
        turns->all = next;
    }
    free(turns->ready.list);
    free(turns->busy.list);
}

/* The heaps. */

static void put(struct turn_heap *heap, size_t at, struct turn *turn)
{
    heap->list[at] = turn;
    turn->at = at;
}

/* Sifts the turn up from `at`. */
static void rise(struct turn_heap *heap, size_t at, struct turn *turn)
{
    while (at > 0 && heap->list[(at - 1) / 2]->given > turn->given) {
        put(heap, at, heap->list[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(heap, at, turn);
}

/* Sifts the turn down from `at`. */
static void sink(struct turn_heap *heap, size_t at, struct turn *turn)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < heap->count && heap->list[child + 1]->given < heap->list[child]->given) {
            child++;
        }
        if (child >= heap->count || heap->list[child]->given >= turn->given) {
            break;
        }
        put(heap, at, heap->list[child]);
        at = child;
    }
    put(heap, at, turn);
}

static void leave(struct turn *turn)
{
    struct turn_heap *heap = turn->heap;
    if (!heap) {
        return;
    }
    struct turn *last = heap->list[--heap->count];
    turn->heap = NULL;
    if (last == turn) {
        return;
    }
    if (last->given < turn->given) {
        rise(heap, turn->at, last);
    } else {
        sink(heap, turn->at, last);
    }
}

static void join(struct turn_heap *heap, struct turn *turn)
{
    turn->heap = heap;
    rise(heap, heap->count++, turn);
}

/* Turns. */

/* Makes room for one more turn in both heaps. */
static bool make_room(struct turns *turns)
{
    size_t size = (turns->count + 1) * sizeof(struct turn *);
    struct turn **ready = realloc(turns->ready.list, size);
    turns->ready.list = ready ? ready : turns->ready.list;
    struct turn **busy = realloc(turns->busy.list, size);
    turns->busy.list = busy ? busy : turns->busy.list;
    return ready && busy;
}

struct turn *turns_find(struct turns *turns, struct peer *peer)
{
    struct turn *turn = turns->all;
    while (turn && turn->peer != peer) {
        turn = turn->next;
    }
    if (turn) {
        return turn;
    }
    turn = make_room(turns) ? calloc(1, turns->size) : NULL;
    if (turn) {
        turn->next = turns->all;
        turn->peer = peer;
        turn->given = turns->now;
        turns->all = turn;
        turns->count++;
    }
    return turn;
}

void turns_set_ready(struct turns *turns, struct turn *turn)
{
    if (turn->heap == &turns->ready) {
        return;
    }
    leave(turn);
    if (turn->given + TURNS_CREDIT < turns->now) {
        turn->given = turns->now - TURNS_CREDIT;
    }
    join(&turns->ready, turn);
}

void turns_set_busy(struct turns *turns, struct turn *turn)
{
    leave(turn);
    join(&turns->busy, turn);
}

void turns_set_out(struct turn *turn)
{
    leave(turn);
}

void turns_give(struct turns *turns, struct turn *turn)
{
    if (turn->given > turns->now) {
        turns->now = turn->given;
    }
    turn->given++;
    if (turn->heap) {
        sink(turn->heap, turn->at, turn);
    }
}

struct turn *turns_take_behind(struct turns *turns)
{
    struct turn *due = turns_first(turns);
    struct turn *last = turns->busy.count ? turns->busy.list[0] : NULL;
    if (!due || !last || last->given + TURNS_SLACK >= due->given) {
        return NULL;
    }
    leave(last);
    return last;
}
