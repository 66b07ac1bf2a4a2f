/*
 * portion - which of the numbers 0, 1, 2... belong to one process of a run: number k belongs to the
 * owner of slot k mod SLOTS.
 *
 * So processes share a count of things, such as iterations or rows of a file, in the proportion of
 * their slots and without communication: each number belongs to exactly one of them. A process that
 * runs alone owns all slots, and has all numbers.
 *
 * Slots must not move while a portion is in use. Threads: pure functions. Memory: plain values.
 */
#ifndef LOADGEN_PACE_PORTION_H
#define LOADGEN_PACE_PORTION_H

#include <stdint.h>

#include "loadgen/pace/slots.h"

struct portion {
    uint32_t count;
    uint16_t slots[SLOTS]; /* the first `count` are those of the process, in order */
};

/* The portion of the process that has `threads` threads, numbered from `first` on. */
void portion_init(struct portion *portion, const struct slots *slots, uint16_t first,
                  uint16_t threads);

/* How many of the numbers below n belong to the process. */
uint64_t portion_count(const struct portion *portion, uint64_t n);

/* The process's number with this index, from 0. It must own a slot. */
uint64_t portion_at(const struct portion *portion, uint64_t index);

#endif
