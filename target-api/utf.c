#include "target-api/utf.h"

#include <string.h>

size_t utf8_decode(struct slice text, size_t at, uint32_t *character)
{
    const unsigned char *b = (const unsigned char *)text.bytes + at;
    if (b[0] < 0x80) {
        *character = b[0];
        return 1;
    }
    size_t len = b[0] < 0xC2 ? 0 : b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : 4;
    if (len == 0 || b[0] > 0xF4 || len > text.len - at) {
        return 0;
    }
    static const uint32_t least[] = {[2] = 0x80, [3] = 0x800, [4] = 0x10000};
    uint32_t c = b[0] & (0x7FU >> len);
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xC0) != 0x80) {
            return 0;
        }
        c = c << 6 | (b[i] & 0x3F);
    }
    if (c < least[len] || c > 0x10FFFF) {
        return 0;
    }
    *character = c;
    return len;
}

size_t utf8_encode(uint32_t character, char bytes[UTF8_MAX])
{
    if (character < 0x80) {
        bytes[0] = (char)character;
        return 1;
    }
    size_t len = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    bytes[0] = (char)((0xF00U >> len & 0xF0) | character);
    return len;
}

bool utf8_is_valid(struct slice text)
{
    uint32_t character = 0;
    for (size_t at = 0; at < text.len;) {
        size_t len = utf8_decode(text, at, &character);
        if (len == 0) {
            return false;
        }
        at += len;
    }
    return true;
}

bool utf_has_surrogate(struct slice text)
{
    const char *at = text.bytes;
    const char *end = text.bytes + text.len;
    while (at < end && (at = memchr(at, 0xED, (size_t)(end - at))) && end - at > 1) {
        if ((unsigned char)at[1] >= 0xA0) {
            return true;
        }
        at++;
    }
    return false;
}

struct encoding {
    size_t unit; /* bytes: 1, 2 or 4 */
    size_t mark; /* bytes of the byte order mark */
    bool is_big_endian;
};

static bool begins(struct slice bytes, const char *mark, size_t len)
{
    return bytes.len >= len && memcmp(bytes.bytes, mark, len) == 0;
}

/* json.detect_encoding: a JSON text begins with two characters of ASCII, or has a mark. */
static struct encoding detect(struct slice b)
{
    if (begins(b, "\0\0\xFE\xFF", 4)) {
        return (struct encoding){4, 4, true};
    }
    if (begins(b, "\xFF\xFE\0\0", 4)) {
        return (struct encoding){4, 4, false};
    }
    if (begins(b, "\xFE\xFF", 2)) {
        return (struct encoding){2, 2, true};
    }
    if (begins(b, "\xFF\xFE", 2)) {
        return (struct encoding){2, 2, false};
    }
    if (begins(b, "\xEF\xBB\xBF", 3)) {
        return (struct encoding){1, 3, false};
    }
    if (b.len >= 4 && b.bytes[0] == 0) {
        return (struct encoding){b.bytes[1] ? 2 : 4, 0, true};
    }
    if (b.len >= 4 && b.bytes[1] == 0) {
        return (struct encoding){b.bytes[2] || b.bytes[3] ? 2 : 4, 0, false};
    }
    if (b.len == 2 && (b.bytes[0] == 0 || b.bytes[1] == 0)) {
        return (struct encoding){2, 0, b.bytes[0] == 0};
    }
    return (struct encoding){1, 0, false};
}

static uint32_t read_unit(struct encoding encoding, const char *at)
{
    uint32_t c = 0;
    for (size_t i = 0; i < encoding.unit; i++) {
        size_t place = encoding.is_big_endian ? i : encoding.unit - 1 - i;
        c = c << 8 | (unsigned char)at[place];
    }
    return c;
}

bool utf_read_json(struct slice bytes, struct buffer *storage, struct slice *text)
{
    struct encoding encoding = detect(bytes);
    struct slice rest = {bytes.bytes + encoding.mark, bytes.len - encoding.mark};
    if (encoding.unit == 1) {
        *text = rest;
        return utf8_is_valid(rest);
    }
    if (rest.len % encoding.unit != 0) {
        return false;
    }
    for (size_t at = 0; at < rest.len; at += encoding.unit) {
        uint32_t c = read_unit(encoding, rest.bytes + at);
        if (encoding.unit == 2 && (c & 0xFC00) == 0xD800 && at + 2 < rest.len) {
            uint32_t low = read_unit(encoding, rest.bytes + at + 2);
            if ((low & 0xFC00) == 0xDC00) {
                c = utf_join(c, low);
                at += 2;
            }
        }
        char encoded[UTF8_MAX];
        if (c > 0x10FFFF || !buffer_add(storage, encoded, utf8_encode(c, encoded))) {
            return false;
        }
    }
    *text = (struct slice){storage->bytes ? storage->bytes : "", storage->len};
    return true;
}
