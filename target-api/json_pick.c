#include "target-api/json_pick.h"

#include <string.h>

#include "common/hex.h"
#include "target-api/utf.h"

static enum json_kind kind_of(struct slice text)
{
    switch (text.bytes[0]) {
    case 'n':
        return JSON_KIND_NULL;
    case 't':
        return JSON_KIND_TRUE;
    case 'f':
        return JSON_KIND_FALSE;
    case '"':
        return JSON_KIND_STRING;
    case '[':
        return JSON_KIND_LIST;
    case '{':
        return JSON_KIND_OBJECT;
    default:
        break;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] != '-' && (text.bytes[i] < '0' || text.bytes[i] > '9')) {
            return JSON_KIND_REAL;
        }
    }
    return JSON_KIND_INTEGER;
}

static struct json_item take(struct json_walk *walk)
{
    json_walk_space(walk);
    size_t start = walk->at;
    json_walk_value(walk);
    struct slice text = {walk->text.bytes + start, walk->at - start};
    return (struct json_item){kind_of(text), text};
}

struct json_item json_pick_root(struct slice text)
{
    struct json_walk walk = {.text = text};
    return take(&walk);
}

struct json_members json_pick_members(struct json_item container)
{
    struct json_members members = {.walk = {.text = container.text, .at = 1}};
    members.is_object = container.kind == JSON_KIND_OBJECT;
    return members;
}

bool json_pick_next(struct json_members *members, struct json_item *key, struct json_item *value)
{
    struct json_walk *walk = &members->walk;
    json_walk_space(walk);
    if (members->is_started) {
        json_walk_skip(walk, ',');
    }
    members->is_started = true;
    json_walk_space(walk);
    if (json_walk_skip(walk, members->is_object ? '}' : ']')) {
        return false;
    }
    if (members->is_object) {
        struct json_item name = take(walk);
        if (key) {
            *key = name;
        }
        json_walk_space(walk);
        json_walk_skip(walk, ':');
    }
    *value = take(walk);
    return true;
}

static uint32_t hex4(const char *digits)
{
    uint32_t n = 0;
    for (int i = 0; i < 4; i++) {
        n = n * 16 + (uint32_t)hex_digit(digits[i]);
    }
    return n;
}

/* The character of the escape at *at, which is moved behind it. */
static uint32_t unescape(const char **at, const char *end)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    char c = (*at)[1];
    if (c != 'u') {
        const char *letter = strchr(letters, c);
        *at += 2;
        return (unsigned char)(letter ? meanings[letter - letters] : c);
    }
    uint32_t character = hex4(*at + 2);
    *at += 6;
    if ((character & 0xFC00) == 0xD800 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        uint32_t low = hex4(*at + 2);
        if ((low & 0xFC00) == 0xDC00) {
            *at += 6;
            return utf_join(character, low);
        }
    }
    return character;
}

bool json_pick_decode(struct json_item string, struct buffer *b)
{
    const char *at = string.text.bytes + 1;
    const char *end = string.text.bytes + string.text.len - 1;
    while (at < end) {
        const char *backslash = memchr(at, '\\', (size_t)(end - at));
        const char *plain_end = backslash ? backslash : end;
        buffer_add(b, at, (size_t)(plain_end - at));
        at = plain_end;
        if (backslash) {
            char encoded[UTF8_MAX];
            buffer_add(b, encoded, utf8_encode(unescape(&at, end), encoded));
        }
    }
    return !b->failed;
}
