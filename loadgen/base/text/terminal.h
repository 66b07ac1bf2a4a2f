/*
 * terminal - erases the progress line (command/progress) before another line is written to the same
 * terminal. The progress line is redrawn in place and has no newline.
 *
 * To write a line to a stream that may show a progress line, write terminal_clear and the line with
 * one call. On a stream that is not a terminal, terminal_clear is empty.
 *
 * Threads: pure functions.
 */
#ifndef LOADGEN_BASE_TEXT_TERMINAL_H
#define LOADGEN_BASE_TEXT_TERMINAL_H

#include <unistd.h>

/* Back to the start of the line, and erase it. */
#define TERMINAL_CLEAR "\r\033[K"

static inline const char *terminal_clear(int fd)
{
    return isatty(fd) ? TERMINAL_CLEAR : "";
}

#endif
