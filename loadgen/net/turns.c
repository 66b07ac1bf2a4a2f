#include "loadgen/net/turns.h"

#include <stddef.h>
#include <stdlib.h>

void turns_fini(struct turns *turns)
{
    while (turns->all) {
        struct turn *next = turns->all->next;
        free(turns->all);
        turns->all = next;
    }
    heap_fini(&turns->ready);
    heap_fini(&turns->busy);
}

static struct turn *turn_of(struct heap_entry *given)
{
    return given ? (struct turn *)(void *)((char *)given - offsetof(struct turn, given)) : NULL;
}

struct turn *turns_first(const struct turns *turns)
{
    return turn_of(heap_first(&turns->ready));
}

static void leave(struct turn *turn)
{
    if (turn->heap) {
        heap_remove(turn->heap, &turn->given);
        turn->heap = NULL;
    }
}

static void join(struct heap *heap, struct turn *turn)
{
    turn->heap = heap;
    heap_add(heap, &turn->given);
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
    size_t room = turns->count + 1;
    if (heap_reserve(&turns->ready, room) && heap_reserve(&turns->busy, room)) {
        turn = calloc(1, turns->size);
    }
    if (turn) {
        turn->next = turns->all;
        turn->peer = peer;
        turn->given.key = turns->now;
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
    if (turn->given.key + TURNS_CREDIT < turns->now) {
        turn->given.key = turns->now - TURNS_CREDIT;
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

void turns_count_request(struct turns *turns, struct turn *turn)
{
    if (turn->given.key > turns->now) {
        turns->now = turn->given.key;
    }
    turn->given.key++;
    if (turn->heap) {
        heap_raised(turn->heap, &turn->given);
    }
}

struct turn *turns_take_behind(struct turns *turns)
{
    struct turn *due = turns_first(turns);
    struct turn *last = turn_of(heap_first(&turns->busy));
    if (!due || !last || last->given.key + TURNS_SLACK >= due->given.key) {
        return NULL;
    }
    leave(last);
    return last;
}
