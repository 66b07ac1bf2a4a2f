#include "loadgen/base/json/json_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/base/text/utf8.h"

enum {
    INDENT = 2,
    REAL_DIGITS = 12,
    NUMBER_TEXT = 48,
    MILLIONTHS_DIGITS = 6,
    UTF8_MAX = 4, /* bytes of a character */
};

#define MILLION UINT64_C(1000000)
#define WHOLE_MAX 1e12 /* below it, a whole number has at most REAL_DIGITS */

/* Structure. */

static void begin_line(struct json_writer *writer)
{
    static const char blanks[] = "\n                                ";
    size_t length = 1 + (size_t)writer->depth * INDENT;
    bytes_add(writer->out, blanks, length < sizeof blanks ? length : sizeof blanks - 1);
}

/* What stands before a value. */
static void begin(struct json_writer *writer, const char *key)
{
    if (writer->depth > 0) {
        bytes_add(writer->out, ",", writer->has_items);
        begin_line(writer);
    }
    writer->has_items = true;
    if (key) {
        bytes_add(writer->out, "\"", 1);
        bytes_add_text(writer->out, key);
        bytes_add(writer->out, "\": ", 3);
    }
}

void json_writer_open(struct json_writer *writer, const char *key, char bracket)
{
    begin(writer, key);
    bytes_add(writer->out, &bracket, 1);
    writer->depth++;
    writer->has_items = false;
}

void json_writer_close(struct json_writer *writer, char bracket)
{
    writer->depth--;
    if (writer->has_items) {
        begin_line(writer);
    }
    bytes_add(writer->out, &bracket, 1);
    writer->has_items = true;
}

/* Texts. */

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void add_code(struct bytes *out, uint32_t code)
{
    char text[sizeof "\\uffff"];
    bytes_add(out, text, (size_t)snprintf(text, sizeof text, "\\u%04X", (unsigned)code));
}

/* Of a character with two bytes or more. */
static uint32_t decode(const char *at, size_t length)
{
    uint32_t code = (unsigned char)at[0] & (0xffU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    }
    return code;
}

/* A character that is not plain, or a byte that is none. Returns its length. */
static size_t add_other(struct bytes *out, const char *at, size_t room)
{
    char character[UTF8_MAX + 1] = {0};
    memcpy(character, at, room < UTF8_MAX ? room : UTF8_MAX);
    size_t length = utf8_character(character);
    if (length == 0) {
        bytes_add(out, "?", 1);
        return 1;
    }
    if (length == 1) {
        bytes_add(out, "\\", 1);
        bytes_add(out, at, 1);
        return 1;
    }
    uint32_t code = decode(at, length);
    if (code < 0x10000) {
        add_code(out, code);
    } else {
        add_code(out, 0xd800 + ((code - 0x10000) >> 10));
        add_code(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
    }
    return length;
}

void json_writer_text(struct json_writer *writer, const char *key, struct slice text)
{
    begin(writer, key);
    bytes_add(writer->out, "\"", 1);
    for (size_t i = 0; i < text.length && text.at[i];) {
        size_t end = i;
        while (end < text.length && is_plain(text.at[end])) {
            end++;
        }
        bytes_add(writer->out, text.at + i, end - i);
        i = end;
        if (i < text.length && text.at[i]) {
            i += add_other(writer->out, text.at + i, text.length - i);
        }
    }
    bytes_add(writer->out, "\"", 1);
}

/* Numbers. */

static void add_whole(struct bytes *out, uint64_t number)
{
    char text[NUMBER_TEXT];
    char *at = text + sizeof text;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    bytes_add(out, at, (size_t)(text + sizeof text - at));
}

void json_writer_null(struct json_writer *writer, const char *key)
{
    begin(writer, key);
    bytes_add_text(writer->out, "null");
}

void json_writer_count(struct json_writer *writer, const char *key, uint64_t count)
{
    begin(writer, key);
    add_whole(writer->out, count);
}

/* The decimal point is that of the C locale, as the program sets no other. */
static void add_real(struct bytes *out, double number)
{
    char text[NUMBER_TEXT];
    snprintf(text, sizeof text, "%.*g", REAL_DIGITS, number);
    bytes_add_text(out, text);
    if (!strpbrk(text, ".e")) {
        bytes_add_text(out, ".0");
    }
}

void json_writer_real(struct json_writer *writer, const char *key, double number)
{
    if (!isfinite(number)) {
        json_writer_null(writer, key);
        return;
    }
    begin(writer, key);
    if (number >= 0 && number < WHOLE_MAX && number == floor(number)) {
        add_whole(writer->out, (uint64_t)number);
        bytes_add(writer->out, ".0", 2);
    } else {
        add_real(writer->out, number);
    }
}

void json_writer_millionths(struct json_writer *writer, const char *key, uint64_t number)
{
    char digits[MILLIONTHS_DIGITS];
    size_t length = 1; /* of the digits that are written */
    uint64_t rest = number % MILLION;
    for (size_t i = MILLIONTHS_DIGITS; i-- > 0; rest /= 10) {
        digits[i] = (char)('0' + rest % 10);
        length = length == 1 && digits[i] != '0' ? i + 1 : length;
    }
    begin(writer, key);
    add_whole(writer->out, number / MILLION);
    bytes_add(writer->out, ".", 1);
    bytes_add(writer->out, digits, length);
}
