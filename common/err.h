/*
 * err - the error type of set-up code.
 *
 * Functions that prepare something (options, files, plans, sockets) return false or NULL on failure
 * and fill in a struct err. The first error wins: err_set does not overwrite it, so clean-up code
 * may fail without hiding the cause. `err` may be NULL if the caller ignores the reason. The text
 * names what failed, the offending value and the remedy. It does not contain the program name,
 * which main prints. It is one line, unless it points into an expression (loadgen/base/point.h).
 *
 * The outcome of a request is not a struct err but a small enum (loadgen/http/exchange.h).
 *
 * Threads: a struct err belongs to one thread. Memory: nothing is allocated.
 */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#include <stdbool.h>

/* The values are exit statuses (loadgen/command/command.h). */
enum err_code {
    ERR_NONE = 0,
    ERR_FAILED = 1,
    ERR_USAGE = 2,
    ERR_GENERATOR_LIMIT = 98, /* loadgen: an SLO was missed, but the generator was the limit */
    ERR_SLO_MISSED = 99,      /* loadgen: an SLO was missed */
    ERR_SIGNAL = 128,         /* plus the number of the signal that ended the program */
};

struct err {
    enum err_code code;
    char text[640];
    bool is_quoted; /* the text is a script's own: field names in it are not replaced by flags */
};

/* Sets the error unless one is already set. Returns false, for `return err_set(err, ...)`. */
bool err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prepends "prefix: " to the text of an existing error. Returns false. */
bool err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
