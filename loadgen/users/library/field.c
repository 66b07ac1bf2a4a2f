#include "loadgen/users/library/field.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Tags of fields, and the attribute that has the value. */
static const struct {
    const char *tag;
    const char *attribute;
} kinds[] = {{"input", "value"}, {"meta", "content"}};

enum { KINDS = sizeof kinds / sizeof *kinds, REFERENCE_MAX = 12 };

/* Elements whose content is text up to their end tag. */
static const char *const text_elements[] = {"iframe", "noembed",  "noframes", "script",
                                            "style",  "textarea", "title",    "xmp"};

/* The unread part of the page. */
struct reading {
    const char *at;
    const char *end;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_one_of(const struct reading *reading, const char *characters)
{
    return reading->at < reading->end && *reading->at && strchr(characters, *reading->at);
}

static void skip_spaces(struct reading *reading)
{
    while (reading->at < reading->end && is_space(*reading->at)) {
        reading->at++;
    }
}

/* Takes bytes up to white space or one of these characters. */
static struct slice take_word(struct reading *reading, const char *ends)
{
    struct slice word = {reading->at, 0};
    while (reading->at < reading->end && !is_space(*reading->at) && !is_one_of(reading, ends)) {
        reading->at++;
        word.length++;
    }
    return word;
}

static struct slice take_quoted(struct reading *reading)
{
    char quote = *reading->at++;
    size_t left = (size_t)(reading->end - reading->at);
    const char *close = memchr(reading->at, quote, left);
    struct slice text = {reading->at, close ? (size_t)(close - reading->at) : left};
    reading->at = close ? close + 1 : reading->end;
    return text;
}

/* Compares without case. */
static bool is_same(struct slice a, struct slice b)
{
    return a.length == b.length && strncasecmp(a.at, b.at, a.length) == 0;
}

static bool is_word(struct slice word, const char *name)
{
    return is_same(word, slice_of(name));
}

static bool equals(struct slice a, struct slice b)
{
    return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

/* Reads an attribute. False: the tag has ended. */
static bool take_attribute(struct reading *reading, struct slice *name, struct slice *value)
{
    *value = (struct slice){reading->at, 0};
    while (reading->at < reading->end && (is_space(*reading->at) || *reading->at == '/')) {
        reading->at++;
    }
    if (reading->at == reading->end || *reading->at == '>') {
        return false;
    }
    const char *first = reading->at;
    *name = take_word(reading, "=/>");
    reading->at += reading->at == first; /* a "=" without a name */
    skip_spaces(reading);
    if (is_one_of(reading, "=")) {
        reading->at++;
        skip_spaces(reading);
        *value = is_one_of(reading, "\"'") ? take_quoted(reading) : take_word(reading, ">");
    }
    return true;
}

/*
 * Reads the attributes of a tag. `valued` is the attribute with the value; NULL: the tag is no
 * field. True if this is the wanted field and has a value.
 */
static bool take_attributes(struct reading *reading, const char *valued, struct slice name,
                            struct slice *value)
{
    struct slice attribute;
    struct slice text;
    bool has_name = false;
    bool has_value = false;
    bool is_it = false;
    while (take_attribute(reading, &attribute, &text)) {
        if (!has_name && is_word(attribute, "name")) {
            has_name = true;
            is_it = equals(text, name);
        } else if (!has_value && valued && is_word(attribute, valued)) {
            has_value = true;
            *value = text;
        }
    }
    return is_it && has_value;
}

/* Character references. */

static size_t print_utf8(unsigned long code, char text[4])
{
    static const struct {
        unsigned long end;
        unsigned char mark;
    } lengths[] = {{0x80, 0}, {0x800, 0xc0}, {0x10000, 0xe0}, {0x110000, 0xf0}};
    size_t length = 1;
    while (code >= lengths[length - 1].end) {
        length++;
    }
    for (size_t i = length; i-- > 0; code >>= 6) {
        unsigned long mark = i == 0 ? lengths[length - 1].mark : 0x80;
        text[i] = (char)(mark | (i == 0 ? code : code & 0x3f));
    }
    return length;
}

/* Appends the character of a reference (without & and ;). False: unknown reference. */
static bool add_reference(struct slice reference, struct bytes *out)
{
    static const struct {
        const char *name;
        char c;
    } names[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    char text[REFERENCE_MAX];
    char utf8[4];
    if (reference.length == 0 || reference.length >= sizeof text) {
        return false;
    }
    memcpy(text, reference.at, reference.length);
    text[reference.length] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i].name) == 0) {
            bytes_add(out, &names[i].c, 1);
            return true;
        }
    }
    bool is_hex = text[1] == 'x' || text[1] == 'X';
    const char *digits = text + 1 + is_hex;
    const char *allowed = is_hex ? "0123456789abcdefABCDEF" : "0123456789";
    bool is_number = text[0] == '#' && digits[0] && digits[strspn(digits, allowed)] == '\0';
    unsigned long code = is_number ? strtoul(digits, NULL, is_hex ? 16 : 10) : 0;
    bool is_character = code > 0 && code < 0x110000 && !(code >= 0xd800 && code < 0xe000);
    if (is_character) {
        bytes_add(out, utf8, print_utf8(code, utf8));
    }
    return is_character;
}

static void add_text(struct slice text, struct bytes *out)
{
    const char *end = text.at + text.length;
    for (const char *at = text.at; at < end;) {
        size_t left = (size_t)(end - at);
        size_t most = left < REFERENCE_MAX ? left : REFERENCE_MAX;
        const char *close = *at == '&' ? memchr(at, ';', most) : NULL;
        const struct slice reference = {at + 1, close ? (size_t)(close - at) - 1 : 0};
        if (close && add_reference(reference, out)) {
            at = close + 1;
        } else {
            bytes_add(out, at++, 1);
        }
    }
}

/* Moves past the comment that begins with <!-- */
static void skip_comment(struct reading *reading)
{
    const char *close = memmem(reading->at, (size_t)(reading->end - reading->at), "-->", 3);
    reading->at = close ? close + 3 : reading->end;
}

/* Moves past the ">" of an end tag, or of a declaration. */
static void skip_to_close(struct reading *reading)
{
    const char *close = memchr(reading->at, '>', (size_t)(reading->end - reading->at));
    reading->at = close ? close + 1 : reading->end;
}

/* Moves past the next "<". False: there is none. */
static bool take_open(struct reading *reading)
{
    const char *open = memchr(reading->at, '<', (size_t)(reading->end - reading->at));
    reading->at = open ? open + 1 : reading->end;
    return open;
}

/* Moves past the content of an element whose content is text. */
static void skip_content(struct reading *reading, struct slice element)
{
    bool is_over = false;
    while (!is_over && take_open(reading)) {
        if (is_one_of(reading, "/")) {
            reading->at++;
            is_over = is_same(take_word(reading, "<>/"), element);
        }
    }
}

static bool is_text_element(struct slice tag)
{
    bool is_one = false;
    for (size_t i = 0; i < sizeof text_elements / sizeof *text_elements; i++) {
        is_one |= is_word(tag, text_elements[i]);
    }
    return is_one;
}

static bool find_in_tag(struct reading *reading, struct slice name, struct slice *value)
{
    struct slice tag = take_word(reading, "/>");
    const char *valued = NULL;
    for (size_t kind = 0; kind < KINDS; kind++) {
        valued = is_word(tag, kinds[kind].tag) ? kinds[kind].attribute : valued;
    }
    bool is_found = take_attributes(reading, valued, name, value);
    if (!is_found && is_text_element(tag)) {
        skip_content(reading, tag);
    }
    return is_found;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool field_find(struct slice page, struct slice name, struct bytes *value)
{
    struct reading reading = {page.at, page.at + page.length};
    struct slice text = {0};
    while (take_open(&reading)) {
        if (reading.end - reading.at >= 3 && memcmp(reading.at, "!--", 3) == 0) {
            skip_comment(&reading);
        } else if (is_one_of(&reading, "/!?")) {
            skip_to_close(&reading);
        } else if (reading.at < reading.end && is_letter(*reading.at) &&
                   find_in_tag(&reading, name, &text)) {
            add_text(text, value);
            return true;
        }
    }
    return false;
}
