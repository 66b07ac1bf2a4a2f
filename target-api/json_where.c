#include "target-api/json_where.h"

#include "target-api/json_walk.h"

/* Fills position, line and column of the character that starts at or spans the byte `at`. */
static void place(struct slice text, size_t at, struct json_where *where)
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

enum json_where_result json_where_find(struct slice text, struct json_where *where)
{
    struct json_walk w = {.text = text};
    json_walk_space(&w);
    if (json_walk_value(&w)) {
        json_walk_space(&w);
        if (w.at == text.len && !w.has_nan) {
            return JSON_WHERE_NOWHERE;
        }
        bool is_extra = w.at < text.len;
        w.json_message = is_extra ? "Extra data" : "NaN is not JSON";
        w.error_at = is_extra ? w.at : w.nan_at;
    }
    if (w.is_too_much) {
        return JSON_WHERE_TOO_MUCH;
    }
    where->json_message = w.json_message;
    place(text, w.error_at, where);
    return JSON_WHERE_FOUND;
}
