#include "target-api/json_walk.h"

#include <string.h>

#include "target-api/pynum.h"

static const char not_a_number[] = "NaN";

static bool fail(struct json_walk *w, const char *json_message, size_t at)
{
    w->json_message = json_message;
    w->error_at = at;
    return false;
}

/* Python stops here, not because it is no JSON, but because it is too much. */
static bool give_up(struct json_walk *w)
{
    w->is_too_much = true;
    return fail(w, "too much", w->at);
}

/* The next byte; 0 at the end, which is no byte that any rule asks for. */
static char peek(const struct json_walk *w)
{
    if (w->at == w->text.len) {
        return '\0';
    }
    return w->text.bytes[w->at];
}

bool json_walk_skip(struct json_walk *w, char c)
{
    if (w->at < w->text.len && w->text.bytes[w->at] == c) {
        w->at++;
        return true;
    }
    return false;
}

void json_walk_space(struct json_walk *w)
{
    while (json_walk_skip(w, ' ') || json_walk_skip(w, '\t') || json_walk_skip(w, '\n') ||
           json_walk_skip(w, '\r')) {
    }
}

static bool skip_word(struct json_walk *w, const char *word)
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

static bool skip_digits(struct json_walk *w)
{
    size_t start = w->at;
    while (is_digit(peek(w))) {
        w->at++;
    }
    return w->at > start;
}

/* Takes as much as is a number: "1.x" is the number 1, and what follows is somebody else's error.
 */
static bool walk_number(struct json_walk *w)
{
    size_t start = w->at;
    json_walk_skip(w, '-');
    size_t first = w->at;
    if (!json_walk_skip(w, '0') && !skip_digits(w)) {
        return fail(w, "Expecting value", start);
    }
    size_t integer_end = w->at;
    size_t end = integer_end;
    if (json_walk_skip(w, '.') && skip_digits(w)) {
        end = w->at;
    }
    w->at = end;
    if (json_walk_skip(w, 'e') || json_walk_skip(w, 'E')) {
        if (!json_walk_skip(w, '+')) {
            json_walk_skip(w, '-');
        }
        if (skip_digits(w)) {
            end = w->at;
        }
    }
    w->at = end;
    size_t digits = integer_end - first;
    return end > integer_end || digits <= PYNUM_DIGITS_MAX || give_up(w);
}

/* After the backslash, which is at `at`. */
static bool walk_escape(struct json_walk *w, size_t at)
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
static bool walk_string(struct json_walk *w)
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

/* A key and its colon. */
static bool walk_key(struct json_walk *w)
{
    if (!json_walk_skip(w, '"')) {
        return fail(w, "Expecting property name enclosed in double quotes", w->at);
    }
    if (!walk_string(w)) {
        return false;
    }
    json_walk_space(w);
    if (!json_walk_skip(w, ':')) {
        return fail(w, "Expecting ':' delimiter", w->at);
    }
    json_walk_space(w);
    return true;
}

/* After the opening bracket, to the closing one. */
static bool walk_members(struct json_walk *w, bool is_object, char closing)
{
    json_walk_space(w);
    if (json_walk_skip(w, closing)) {
        return true;
    }
    for (;;) {
        if ((is_object && !walk_key(w)) || !json_walk_value(w)) {
            return false;
        }
        json_walk_space(w);
        if (json_walk_skip(w, closing)) {
            return true;
        }
        if (!json_walk_skip(w, ',')) {
            return fail(w, "Expecting ',' delimiter", w->at);
        }
        json_walk_space(w);
    }
}

bool json_walk_value(struct json_walk *w)
{
    if (json_walk_skip(w, '"')) {
        return walk_string(w);
    }
    bool is_object = peek(w) == '{';
    if (is_object || peek(w) == '[') {
        if (w->depth == JSON_WALK_DEPTH_MAX) {
            return give_up(w);
        }
        w->at++;
        w->depth++;
        bool ok = walk_members(w, is_object, is_object ? '}' : ']');
        w->depth--;
        return ok;
    }
    static const char *const words[] = {"null",       "true",     "false",
                                        not_a_number, "Infinity", "-Infinity"};
    size_t start = w->at;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (skip_word(w, words[i])) {
            if (!w->has_nan && words[i] == not_a_number) {
                w->has_nan = true;
                w->nan_at = start;
            }
            return true;
        }
    }
    return walk_number(w);
}
