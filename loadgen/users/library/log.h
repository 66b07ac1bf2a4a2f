/*
 * log - lines that scripts write to stderr, with the time and the user.
 *
 *     2026-11-30T22:41:07.123Z Shopper 17: sold out
 *
 * The threads of a run only append lines to a buffer. A separate thread, started by the first line,
 * writes them, so a reader of stderr that is slow or stuck delays no request.
 *
 * A line is dropped if the buffer has no room, or after LOG_LINES_PER_S lines in one second. The
 * next line that is kept, or the end of the log, is preceded by "(7 lines dropped)".
 *
 * Threads: any may add lines. Memory: LOG_BYTES twice, from the first line on; log_close.
 */
#ifndef LOADGEN_USERS_LIBRARY_LOG_H
#define LOADGEN_USERS_LIBRARY_LOG_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/slice.h"

/* Limits: bytes of a text (longer ones are cut), lines per second, bytes in the buffer. */
enum { LOG_TEXT_MAX = 1000, LOG_LINES_PER_S = 1000, LOG_BYTES = 64 * 1024 };

/* How long log_close waits for a reader. */
#define LOG_CLOSE_NS NS_PER_S

/*
 * Also receives the lines, before they are written: whole lines, each with its newline. Called on
 * the log's thread. NULL: none.
 */
struct log_reader {
    void (*read)(void *context, struct slice lines);
    void *context;
};

struct log {
    int fd;
    struct log_reader reader;
    pthread_mutex_t lock; /* for the fields below */
    pthread_cond_t changed;
    pthread_t writer;
    bool has_writer;
    bool is_closing;
    uint64_t give_up_ns; /* when the writer stops waiting for the reader; set by log_close */
    char *waiting;       /* whole lines; NULL: none so far */
    char *writing;       /* the writer's */
    size_t length;       /* of `waiting` */
    uint64_t second;     /* of the last line */
    unsigned lines;      /* in that second */
    uint64_t dropped;    /* since the last line that was kept */
};

void log_open(struct log *log, int fd, struct log_reader reader);

/*
 * Writes the waiting lines, for at most LOG_CLOSE_NS, and frees the log. Call this after the last
 * log_add.
 */
void log_close(struct log *log);

/*
 * Adds a line. `class` and `number` identify the user; NULL: no user. Control characters (NULs,
 * too) and invalid bytes of the text become '?'.
 */
void log_add(struct log *log, const char *class, uint64_t number, struct slice text);

#endif
