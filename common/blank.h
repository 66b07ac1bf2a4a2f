/*
 * blank - trims white space and invisible characters from both ends of a string.
 *
 * Editors, office programs, web pages and other operating systems add such characters, for example
 * carriage returns, no-break spaces, byte order marks, zero-width spaces and DOS's Ctrl-Z. They are
 * never meant as part of a value. In this header, "white space" means Unicode's White_Space and the
 * invisible characters in the table in blank.c.
 *
 * Text is UTF-8; invalid bytes are never white space. Threads: pure functions.
 */
#ifndef COMMON_BLANK_H
#define COMMON_BLANK_H

#include <stddef.h>

/* Length in bytes of the white-space character at the start of the text; 0: none. */
size_t blank_at(const char *text);

/* Moves both ends inwards past white space. */
void blank_trim_range(const char **begin, const char **end);

/* Cuts off trailing white space in place. Returns a pointer past the leading white space. */
char *blank_trim(char *text);

/* Like blank_trim, for a command-line argument: at its start, only a byte order mark is skipped. */
char *blank_trim_value(char *text);

#endif
