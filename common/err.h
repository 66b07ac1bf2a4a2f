/*
 * err - the one error type of set-up code.
 *
 * Functions that prepare something (options, files, plans, sockets) return bool and take a
 * `struct err *`. The first error wins: a later err_set keeps the text that is already there, so a
 * caller may report the cause and release what it holds without saving anything. `err` may be NULL
 * where the caller does not care. The text names what failed and the value, and says what to do. It
 * has no program name, which `main` prints once, and no newline, unless it points at a place in an
 * expression.
 *
 * Not for the measured window: there, outcomes are small enums (loadgen/http/engine.h).
 *
 * Threads: a struct err belongs to one thread. Memory: nothing is allocated.
 */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#include <stdbool.h>

/* The value is the exit status of the program that ends with it. */
enum err_code {
    ERR_NONE = 0,
    ERR_FAILED = 1,
    ERR_USAGE = 2,
    ERR_GENERATOR_LIMIT = 98, /* of loadgen: an SLO was missed, but the generator was the limit */
    ERR_SLO_MISSED = 99,      /* of loadgen */
};

struct err {
    enum err_code code;
    char text[640];
};

/* Stores the first error. Returns false, so that `return err_set(err, ...)` reads well. */
bool err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text of an error that is already there. Returns false. */
bool err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
