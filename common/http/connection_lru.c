#include "common/http/connection_lru.h"

#include <linux/sockios.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Each state has a list, oldest entry first. */
enum state { FREE, IDLE, BUSY, LASTING, EVICTED, STATES };

struct lru_entry {
    int socket;
    enum state state;
    struct lru_entry *previous;
    struct lru_entry *next;
};

struct connection_lru {
    size_t limit;
    struct {
        struct lru_entry *first;
        struct lru_entry *last;
        size_t count;
    } lists[STATES];
    struct lru_entry all[];
};

static void unlink_entry(struct connection_lru *lru, struct lru_entry *entry)
{
    lru->lists[entry->state].count--;
    *(entry->previous ? &entry->previous->next : &lru->lists[entry->state].first) = entry->next;
    *(entry->next ? &entry->next->previous : &lru->lists[entry->state].last) = entry->previous;
}

static void put_last(struct connection_lru *lru, struct lru_entry *entry, enum state state)
{
    struct lru_entry *last = lru->lists[state].last;
    entry->state = state;
    entry->previous = last;
    entry->next = NULL;
    *(last ? &last->next : &lru->lists[state].first) = entry;
    lru->lists[state].last = entry;
    lru->lists[state].count++;
}

static void move(struct connection_lru *lru, struct lru_entry *entry, enum state state)
{
    unlink_entry(lru, entry);
    put_last(lru, entry, state);
}

struct connection_lru *connection_lru_create(size_t limit, size_t capacity)
{
    struct connection_lru *lru = calloc(1, sizeof *lru + capacity * sizeof lru->all[0]);
    if (lru) {
        lru->limit = limit;
        for (size_t i = 0; i < capacity; i++) {
            put_last(lru, &lru->all[i], FREE);
        }
    }
    return lru;
}

void connection_lru_destroy(struct connection_lru *lru)
{
    free(lru);
}

void connection_cut(int socket)
{
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    int unsent = 0;
    if (ioctl(socket, SIOCOUTQ, &unsent) == 0 && unsent > 0) {
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    shutdown(socket, SHUT_RDWR);
}

static void evict(struct connection_lru *lru)
{
    enum state from = lru->lists[BUSY].count > lru->lists[IDLE].count ? BUSY : IDLE;
    struct lru_entry *entry = lru->lists[lru->lists[from].first ? from : LASTING].first;
    move(lru, entry, EVICTED);
    connection_cut(entry->socket);
}

struct lru_entry *connection_lru_add(struct connection_lru *lru, int socket)
{
    struct lru_entry *entry = lru->lists[FREE].first;
    if (!entry) {
        shutdown(socket, SHUT_RDWR);
        return NULL;
    }
    if (lru->lists[IDLE].count + lru->lists[BUSY].count + lru->lists[LASTING].count == lru->limit) {
        evict(lru);
    }
    entry->socket = socket;
    move(lru, entry, IDLE);
    return entry;
}

void connection_lru_set_busy(struct connection_lru *lru, struct lru_entry *entry)
{
    if (entry && entry->state == IDLE) {
        move(lru, entry, BUSY);
    }
}

void connection_lru_set_lasting(struct connection_lru *lru, struct lru_entry *entry)
{
    if (entry && (entry->state == IDLE || entry->state == BUSY)) {
        move(lru, entry, LASTING);
    }
}

void connection_lru_set_idle(struct connection_lru *lru, struct lru_entry *entry)
{
    if (entry && (entry->state == BUSY || entry->state == LASTING)) {
        move(lru, entry, IDLE);
    }
}

void connection_lru_remove(struct connection_lru *lru, struct lru_entry *entry)
{
    if (entry) {
        move(lru, entry, FREE);
    }
}
