/*
 * utf - UTF-8 as Python's "surrogatepass" reads it, and JSON texts in UTF-16 and UTF-32.
 *
 * A surrogate that stands alone is a character here, of three bytes, as JSON's \ud800 makes one.
 * Who stores or sends text asks utf_has_surrogate first.
 *
 * Threads: no state. Memory: what the caller's buffer takes.
 */
#ifndef TARGET_API_UTF_H
#define TARGET_API_UTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target-api/buffer.h"
#include "target-api/slice.h"

enum { UTF8_MAX = 4 }; /* bytes of one character */

/* The length of the character at `at`, which becomes *character; 0: the bytes are not UTF-8. */
size_t utf8_decode(struct slice text, size_t at, uint32_t *character);

/* Writes a character that is at most 0x10FFFF; returns its length. */
size_t utf8_encode(uint32_t character, char bytes[UTF8_MAX]);

/* All of it is UTF-8. */
bool utf8_is_valid(struct slice text);

/* Valid text has a surrogate in it. */
bool utf_has_surrogate(struct slice text);

static inline bool utf_is_surrogate(uint32_t character)
{
    return character >= 0xD800 && character <= 0xDFFF;
}

/* The character of a high surrogate and a low one. */
static inline uint32_t utf_join(uint32_t high, uint32_t low)
{
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/*
 * Finds out, as Python's json does, how the bytes of a JSON text are encoded, and makes *text its
 * UTF-8 without the byte order mark: a part of `bytes`, or of `storage` (initialised, empty), which
 * must live as long. False: the bytes do not fit their encoding, or storage failed.
 */
bool utf_read_json(struct slice bytes, struct buffer *storage, struct slice *text);

#endif
