/*
 * exceptions - the errors that scripts raised during a run, counted by message, with one traceback
 * for each.
 *
 * A message begins with file and line: "shopper.lua:14: attempt to index a nil value". Texts of
 * scripts go to terminals and into JSON, so invalid UTF-8 and control characters become '?'.
 *
 * Threads: any may add; all functions lock except init, fini, others and to_json. Memory: keeps the
 * first EXCEPTIONS_MAX different messages, and only counts errors with other messages;
 * exceptions_fini.
 */
#ifndef LOADGEN_MEASURE_EXCEPTIONS_H
#define LOADGEN_MEASURE_EXCEPTIONS_H

#include <jansson.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

/* Limits: number of messages, bytes of a message, bytes of a traceback. Longer texts are cut. */
enum { EXCEPTIONS_MAX = 64, EXCEPTION_MESSAGE = 512, EXCEPTION_TRACEBACK = 4096 };

struct exception {
    char *message;
    char *traceback; /* of the first such error: lines, without a newline at the end; or "" */
    uint64_t count;
};

struct exceptions {
    pthread_mutex_t lock;
    uint64_t total;
    size_t count; /* entries of `list`, which are in order of first appearance */
    struct exception list[EXCEPTIONS_MAX];
};

void exceptions_init(struct exceptions *exceptions);
void exceptions_fini(struct exceptions *exceptions);

/*
 * Counts an error. `text` is its message; if it has a traceback, a line "stack traceback:" and the
 * traceback follow.
 */
void exceptions_add(struct exceptions *exceptions, const char *text);

/* Counts n errors with this message. */
void exceptions_count(struct exceptions *exceptions, const char *message, const char *traceback,
                      uint64_t n);

/* Adds the errors of `from`. Other threads may add errors to `from` during the call. */
void exceptions_merge(struct exceptions *into, struct exceptions *from);

/* Makes `into` equal to `from`, which must contain all errors of `into`. */
void exceptions_follow(struct exceptions *into, struct exceptions *from);

/* The number of errors whose message is not in the list. */
uint64_t exceptions_others(const struct exceptions *exceptions);

/*
 * Returns a list of {count, message, traceback} for result files and reports. If there are errors
 * whose message is not in the list, a last object counts them; its message and traceback are null.
 * exceptions_count_json adds the errors of one such object.
 */
json_t *exceptions_to_json(const struct exceptions *exceptions);
void exceptions_count_json(struct exceptions *exceptions, const json_t *json);

#endif
