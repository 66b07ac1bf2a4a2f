#include "loadgen/http/flights.h"

#include <stddef.h>

/* Both are roots, or NULL. Returns the root of all. */
static struct flight *merge(struct flight *a, struct flight *b)
{
    if (!a || !b) {
        return a ? a : b;
    }
    struct flight *first = b->deadline_ns < a->deadline_ns ? b : a;
    struct flight *later = first == a ? b : a;
    later->prev = first;
    later->next = first->child;
    if (later->next) {
        later->next->prev = later;
    }
    first->child = later;
    return first;
}

/*
 * Merges a list of siblings into one root: pairs from left to right, then the results from right to
 * left.
 */
static struct flight *merge_siblings(struct flight *list)
{
    struct flight *pairs = NULL; /* the last one first, by `next` */
    while (list) {
        struct flight *a = list;
        struct flight *b = a->next;
        list = b ? b->next : NULL;
        struct flight *pair = merge(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    struct flight *root = NULL;
    while (pairs) {
        struct flight *pair = pairs;
        pairs = pair->next;
        root = merge(root, pair);
    }
    return root;
}

static void heap_add(struct flights *flights, struct flight *flight)
{
    flight->child = flight->next = flight->prev = NULL;
    flights->root = merge(flights->root, flight);
    flights->root->next = flights->root->prev = NULL;
}

static void heap_remove(struct flights *flights, struct flight *flight)
{
    struct flight *rest = merge_siblings(flight->child);
    if (flight == flights->root) {
        flights->root = rest;
    } else {
        struct flight *prev = flight->prev;
        *(prev->child == flight ? &prev->child : &prev->next) = flight->next;
        if (flight->next) {
            flight->next->prev = prev;
        }
        flights->root = merge(flights->root, rest);
    }
    if (flights->root) {
        flights->root->next = flights->root->prev = NULL;
    }
}

void flights_add(struct flights *flights, struct flight *flight, uint64_t deadline_ns)
{
    struct flight *tail = flights->tail;
    flight->deadline_ns = deadline_ns;
    flight->is_queued = !tail || tail->deadline_ns <= deadline_ns;
    if (!flight->is_queued) {
        heap_add(flights, flight);
        return;
    }
    flight->prev = tail;
    flight->next = NULL;
    *(tail ? &tail->next : &flights->head) = flight;
    flights->tail = flight;
}

void flights_remove(struct flights *flights, struct flight *flight)
{
    if (!flight->is_queued) {
        heap_remove(flights, flight);
        return;
    }
    *(flight->prev ? &flight->prev->next : &flights->head) = flight->next;
    *(flight->next ? &flight->next->prev : &flights->tail) = flight->prev;
}
