/*
 * deal - assigns the users of a run to classes, in the order of their numbers. The class of user n
 * depends only on the classes and n, so all threads and processes agree.
 *
 * Classes with a fixed_count come first, in turn. Then each user gets the class that is furthest
 * below its share by weight. So for every n, the first n of these users match the weights closely.
 *
 * Threads: a struct deal belongs to one thread. Memory: deal_fini.
 */
#ifndef LOADGEN_USERS_SCENARIO_DEAL_H
#define LOADGEN_USERS_SCENARIO_DEAL_H

#include <stdint.h>

#include "loadgen/users/scenario/classes.h"

struct deal {
    const struct classes *classes;
    uint64_t *counts; /* users so far, by class */
    uint64_t fixed;   /* users of fixed counts not yet dealt */
    uint64_t dealt;   /* users by weight so far */
    double weights;   /* of the classes without a fixed count */
    size_t turn;
};

/* Borrows the classes. */
void deal_init(struct deal *deal, const struct classes *classes);
void deal_fini(struct deal *deal);

/* The class of the next user, from user 0 on; NULL: all classes have a fixed count, and all
 * counts are reached. */
const struct class *deal_next(struct deal *deal);

/* How many users get a class; UINT64_MAX: any number. */
uint64_t deal_most(const struct classes *classes);

#endif
