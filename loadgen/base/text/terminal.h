/*
 * terminal - the line of a terminal that is drawn again and again, without a newline at its end
 * (command/progress), and what others write in between.
 *
 * Whoever writes a line to a stream that such a line may be on, writes terminal_clear first, and
 * both with one call. Without a terminal it is empty.
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
