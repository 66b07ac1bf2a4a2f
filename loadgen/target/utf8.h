/*
 * utf8 - is this text that may be shown and put into JSON?
 *
 * UTF-8 as RFC 3629 has it (no surrogates, nothing overlong), without control characters.
 * Threads, memory: pure functions.
 */
#ifndef LOADGEN_TARGET_UTF8_H
#define LOADGEN_TARGET_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length in bytes of the character at `text`, 1 to 4; 0 when there is none that may be shown.
 */
size_t utf8_character(const char *text);

bool utf8_is_text(const char *text);

/* Makes '?' of every byte that may not be shown. */
void utf8_clean(char *text);

#endif
