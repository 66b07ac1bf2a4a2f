/*
 * json_writer - writes JSON as text, without building objects first. That takes a quarter of the
 * time, which matters for answers with thousands of numbers.
 *
 *     struct json_writer writer = {.out = &bytes};
 *     json_writer_open(&writer, NULL, '{');
 *     json_writer_count(&writer, "users", 4);
 *     json_writer_close(&writer, '}');
 *
 * The text is what jansson writes with JSON_INDENT(2) and JSON_ENSURE_ASCII, with the keys in the
 * order of the calls.
 *
 * `key` is plain ASCII without quotes; NULL inside a list, and for the outermost value.
 *
 * Threads: one at a time. Memory: borrows `out`, whose has_failed says if memory ran out.
 */
#ifndef LOADGEN_BASE_JSON_JSON_WRITER_H
#define LOADGEN_BASE_JSON_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"
#include "loadgen/base/bytes.h"

struct json_writer {
    struct bytes *out;
    /* private; zeroes */
    unsigned depth;
    bool has_items; /* the open object or list is not empty */
};

/* Opens an object ('{') or a list ('['), which json_writer_close ends ('}' or ']'). */
void json_writer_open(struct json_writer *writer, const char *key, char bracket);
void json_writer_close(struct json_writer *writer, char bracket);

/*
 * Writes a string, up to the first NUL; each byte that is not UTF-8 becomes '?', as in json_clean.
 */
void json_writer_text(struct json_writer *writer, const char *key, struct slice text);

void json_writer_null(struct json_writer *writer, const char *key);
void json_writer_count(struct json_writer *writer, const char *key, uint64_t count);

/*
 * At most 12 significant digits; whole numbers end with ".0". Writes null for infinities and NaN.
 */
void json_writer_real(struct json_writer *writer, const char *key, double number);

/* A number of millionths, exactly, but without trailing zeros: 1500000 is 1.5. */
void json_writer_millionths(struct json_writer *writer, const char *key, uint64_t number);

#endif
