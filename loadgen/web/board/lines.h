/*
 * lines - the last lines of the log, for /logs and the page: lines of the server (starts and ends
 * of tests) and of scripts.
 *
 * The last LINES_EACH lines of the server and of scripts are kept separately, so a verbose script
 * does not push out the server's lines. A line has at most LINE_BYTES.
 *
 * Threads: one at a time. Memory: start with zeroes; lines_fini.
 */
#ifndef LOADGEN_WEB_BOARD_LINES_H
#define LOADGEN_WEB_BOARD_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"
#include "loadgen/base/moment.h"

enum { LINES_EACH = 100, LINES_MAX = 2 * LINES_EACH, LINE_BYTES = 1200 };

/* Bytes of a printed line with its NUL. */
enum { LINE_TEXT = LINE_BYTES + MOMENT_TEXT + 1 };

struct line {
    uint64_t number; /* from 1, in order of arrival */
    uint64_t wall_ns;
    char *text; /* UTF-8 without control characters */
};

struct lines {
    uint64_t total; /* lines so far */
    /* private */
    struct line_ring {
        size_t next;
        struct line list[LINES_EACH];
    } server, scripts;
};

void lines_fini(struct lines *lines);

/* Adds a line of the server. */
void lines_add(struct lines *lines, uint64_t wall_ns, const char *text);

/*
 * Adds lines of scripts as log_add writes them (users/library/log.h). wall_ns: the time of those
 * that do not begin with one.
 */
void lines_add_scripts(struct lines *lines, uint64_t wall_ns, struct slice text);

/* The first line after the one with this number; NULL: there is none. Valid until the next change.
 */
const struct line *lines_after(const struct lines *lines, uint64_t number);

/* Prints a line with its time, as log_add does: 2026-11-30T22:41:07.123Z text. */
void line_print(const struct line *line, char text[LINE_TEXT]);

#endif
