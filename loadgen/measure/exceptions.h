/*
 * exceptions - the errors of scripts during a run, counted by their text.
 *
 * Threads: any may add; it locks. Memory: keeps the first EXCEPTIONS_MAX different texts;
 * exceptions_fini.
 */
#ifndef LOADGEN_USERS_EXCEPTIONS_H
#define LOADGEN_USERS_EXCEPTIONS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

enum { EXCEPTIONS_MAX = 64 };

struct exception {
    char *text; /* message and traceback */
    uint64_t count;
};

struct exceptions {
    pthread_mutex_t lock;
    uint64_t total;
    size_t count;
    struct exception list[EXCEPTIONS_MAX];
};

void exceptions_init(struct exceptions *exceptions);
void exceptions_fini(struct exceptions *exceptions);

void exceptions_add(struct exceptions *exceptions, const char *text);

#endif
