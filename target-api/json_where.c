#include "target-api/json_where.h"

#include <stdbool.h>
#include <string.h>

/* What goes wrong ends the walk: `message` is set, and every function returns false. */
struct walk {
    struct slice text;
    size_t at; /* the next byte */
    unsigned depth;
    bool is_too_deep;
    size_t error_at; /* the byte that the message is about */
    const char *json_message;
};

static bool fail(struct walk *w, const char *json_message, size_t at)
{
    w->json_message = json_message;
    w->error_at = at;
    return false;
}

/* The next byte; 0 at the end, which is no byte that any rule asks for. */
static char peek(const struct walk *w)
{
    if (w->at == w->text.len) {
        return '\0';
    }
    return w->text.bytes[w->at];
}

static bool skip(struct walk *w, char c)
{
    if (w->at < w->text.len && w->text.bytes[w->at] == c) {
        w->at++;
        return true;
    }
    return false;
}

static void skip_space(struct walk *w)
{
    while (skip(w, ' ') || skip(w, '\t') || skip(w, '\n') || skip(w, '\r')) {
    }
}

static bool skip_word(struct walk *w, const char *word)
{
    size_t len = strlen(word);
    if (w->text.len - w->at < len || memcmp(w->text.bytes + w->at, word, len) != 0) {
        return false;
    }
    w->at += len;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool skip_digits(struct walk *w)
{
    size_t start = w->at;
    while (is_digit(peek(w))) {
        w->at++;
    }
    return w->at > start;
}

/* Takes as much as is a number: "1.x" is the number 1, and what follows is somebody else's error.
 */
static bool walk_number(struct walk *w)
{
    size_t start = w->at;
    skip(w, '-');
    if (!skip(w, '0') && !skip_digits(w)) {
        return fail(w, "Expecting value", start);
    }
    size_t end = w->at;
    if (skip(w, '.') && skip_digits(w)) {
        end = w->at;
    }
    w->at = end;
    if (skip(w, 'e') || skip(w, 'E')) {
        if (!skip(w, '+')) {
            skip(w, '-');
        }
        if (skip_digits(w)) {
            end = w->at;
        }
    }
    w->at = end;
    return true;
}

/* After the backslash, which is at `at`. */
static bool walk_escape(struct walk *w, size_t at)
{
    char c = peek(w);
    w->at++;
    if (c != 'u') {
        return (c != '\0' && strchr("\"\\/bfnrt", c)) || fail(w, "Invalid \\\\escape", at);
    }
    for (int i = 0; i < 4; i++) {
        char digit = peek(w);
        if (!is_digit(digit) && (digit == '\0' || !strchr("abcdefABCDEF", digit))) {
            return fail(w, "Invalid \\\\uXXXX escape", at + 1);
        }
        w->at++;
    }
    /* Python wants to see one more character, even if it could only be the closing quote. */
    return w->at < w->text.len || fail(w, "Invalid \\\\uXXXX escape", at + 1);
}

/* After the opening quote. */
static bool walk_string(struct walk *w)
{
    size_t opening = w->at - 1;
    while (w->at < w->text.len) {
        size_t at = w->at++;
        char c = w->text.bytes[at];
        if (c == '"') {
            return true;
        }
        if ((unsigned char)c < 0x20) {
            return fail(w, "Invalid control character at", at);
        }
        if (c == '\\' && (w->at == w->text.len || !walk_escape(w, at))) {
            return w->json_message ? false : fail(w, "Unterminated string starting at", opening);
        }
    }
    return fail(w, "Unterminated string starting at", opening);
}

static bool walk_value(struct walk *w);

/* A key and its colon. */
static bool walk_key(struct walk *w)
{
    if (!skip(w, '"')) {
        return fail(w, "Expecting property name enclosed in double quotes", w->at);
    }
    if (!walk_string(w)) {
        return false;
    }
    skip_space(w);
    if (!skip(w, ':')) {
        return fail(w, "Expecting ':' delimiter", w->at);
    }
    skip_space(w);
    return true;
}

/* After the opening bracket, to the closing one. */
static bool walk_members(struct walk *w, bool is_object, char closing)
{
    skip_space(w);
    if (skip(w, closing)) {
        return true;
    }
    for (;;) {
        if ((is_object && !walk_key(w)) || !walk_value(w)) {
            return false;
        }
        skip_space(w);
        if (skip(w, closing)) {
            return true;
        }
        if (!skip(w, ',')) {
            return fail(w, "Expecting ',' delimiter", w->at);
        }
        skip_space(w);
    }
}

static bool walk_value(struct walk *w)
{
    if (skip(w, '"')) {
        return walk_string(w);
    }
    bool is_object = peek(w) == '{';
    if (is_object || peek(w) == '[') {
        if (w->depth == JSON_WHERE_DEPTH_MAX) {
            w->is_too_deep = true;
            return fail(w, "too deep", w->at);
        }
        w->at++;
        w->depth++;
        bool ok = walk_members(w, is_object, is_object ? '}' : ']');
        w->depth--;
        return ok;
    }
    static const char *const words[] = {"null", "true", "false", "NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (skip_word(w, words[i])) {
            return true;
        }
    }
    return walk_number(w);
}

/* The length of the UTF-8 sequence at `at`; 0: there is none. Surrogates pass, as in Python. */
static size_t sequence_len(struct slice text, size_t at)
{
    const unsigned char *b = (const unsigned char *)text.bytes + at;
    size_t len = b[0] < 0x80 ? 1 : b[0] < 0xC2 ? 0 : b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : 4;
    if (len == 0 || b[0] > 0xF4 || len > text.len - at) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool is_overlong = (b[0] == 0xE0 && b[1] < 0xA0) || (b[0] == 0xF0 && b[1] < 0x90);
    bool is_too_high = b[0] == 0xF4 && b[1] > 0x8F;
    return is_overlong || is_too_high ? 0 : len;
}

static bool is_text(struct slice text)
{
    for (size_t at = 0; at < text.len;) {
        size_t len = sequence_len(text, at);
        if (len == 0) {
            return false;
        }
        at += len;
    }
    return true;
}

enum json_where_result json_where_find(struct slice text, struct json_where *where)
{
    if (!is_text(text)) {
        return JSON_WHERE_NOT_TEXT;
    }
    struct walk w = {.text = text};
    skip_space(&w);
    if (walk_value(&w)) {
        skip_space(&w);
        if (w.at == text.len) {
            return JSON_WHERE_NOWHERE;
        }
        fail(&w, "Extra data", w.at);
    }
    if (w.is_too_deep) {
        return JSON_WHERE_TOO_DEEP;
    }
    where->json_message = w.json_message;
    json_where_place(text, w.error_at, where);
    return JSON_WHERE_FOUND;
}

void json_where_place(struct slice text, size_t at, struct json_where *where)
{
    where->position = 0;
    where->line = 1;
    where->column = 1;
    for (size_t i = 0; i < at && i < text.len; i++) {
        if (text.bytes[i] == '\n') {
            where->line++;
            where->column = 0;
        }
        /* Where a character begins, all the characters before it are whole. */
        bool next_begins = i + 1 >= text.len || ((unsigned char)text.bytes[i + 1] & 0xC0) != 0x80;
        where->position += next_begins;
        where->column += next_begins;
    }
}
