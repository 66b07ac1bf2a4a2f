#include "target-api/body/json_error.h"

#include <stdbool.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Part of a number or a literal. */
static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("+-.", c));
}

/* The end of the string that begins at `at`; beyond the text if it is not closed. */
static size_t string_end(struct slice text, size_t at)
{
    for (at++; at < text.length && text.at[at] != '"'; at++) {
        at += text.at[at] == '\\';
    }
    return at + 1;
}

/* A byte of a UTF-8 character other than its first. */
static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* A token is a string, a number or literal, or a single character. */
static size_t token_end(struct slice text, size_t at)
{
    if (text.at[at] == '"') {
        return string_end(text, at);
    }
    bool (*is_more)(char c) = is_word(text.at[at]) ? is_word : is_continuation;
    for (at++; at < text.length && is_more(text.at[at]); at++) {
    }
    return at;
}

/* The start of the last token that jansson read; the end of the text if it met that. */
static size_t last_token(struct slice text, const json_error_t *error)
{
    size_t read = (size_t)error->position;
    size_t start = 0;
    size_t end = 0;
    for (size_t at = 0; at < read && at < text.length; at = end) {
        bool is_blank = is_space(text.at[at]);
        start = is_blank ? start : at;
        end = is_blank ? at + 1 : token_end(text, at);
    }
    bool is_at_end = json_error_code(error) == json_error_premature_end_of_input;
    return is_at_end && end <= text.length ? text.length : start;
}

struct json_position json_error_position(struct slice text, const json_error_t *error)
{
    size_t token = last_token(text, error);
    struct json_position position = {.line = 1, .column = 1};
    for (size_t i = 0; i < token; i++) {
        bool is_character = !is_continuation(text.at[i]);
        position.character += is_character;
        position.column += is_character;
        if (text.at[i] == '\n') {
            position.line++;
            position.column = 1;
        }
    }
    return position;
}
