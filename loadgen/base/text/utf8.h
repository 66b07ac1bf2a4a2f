/*
 * utf8 - checks text that is printed or written to JSON.
 *
 * Valid text is UTF-8 (RFC 3629: no surrogates, no overlong forms) without ASCII control
 * characters. Threads: pure functions.
 */
#ifndef LOADGEN_BASE_TEXT_UTF8_H
#define LOADGEN_BASE_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length in bytes of the character at `text`, 1 to 4; 0 if it is invalid. */
size_t utf8_character(const char *text);

/* True if the whole text is valid. */
bool utf8_is_text(const char *text);

/*
 * Detects UTF-16 and UTF-32 by the first bytes of a file. Returns iconv's name for the encoding;
 * NULL: neither.
 */
const char *utf8_other_encoding(const char *bytes, size_t length);

/* Replaces every invalid byte with '?'. */
void utf8_clean(char *text);

#endif
