#include "loadgen/scrape/exposition.h"

#include <stdlib.h>

enum { NUMBER_MAX = 64 };

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip(struct slice *text, size_t length)
{
    text->at += length;
    text->length -= length;
}

static void skip_blanks(struct slice *text)
{
    while (text->length > 0 && (text->at[0] == ' ' || text->at[0] == '\t')) {
        skip(text, 1);
    }
}

static bool take_char(struct slice *text, char c)
{
    bool is_there = text->length > 0 && text->at[0] == c;
    skip(text, is_there);
    return is_there;
}

static bool take_name(struct slice *text, struct slice *name)
{
    *name = (struct slice){text->at, 0};
    while (text->length > 0 &&
           (is_letter(text->at[0]) || (name->length > 0 && is_digit(text->at[0])))) {
        name->length++;
        skip(text, 1);
    }
    return name->length > 0;
}

/* The inside of a quoted text; the opening quote is taken already. */
static bool take_quoted(struct slice *text, struct slice *value)
{
    *value = (struct slice){text->at, 0};
    while (text->length > 0 && text->at[0] != '"') {
        size_t length = text->at[0] == '\\' ? 2 : 1;
        if (length > text->length) {
            return false;
        }
        value->length += length;
        skip(text, length);
    }
    return take_char(text, '"');
}

/* name="value", and the comma after it. */
static bool take_label(struct slice *text, struct slice *name, struct slice *value)
{
    if (!take_name(text, name)) {
        return false;
    }
    skip_blanks(text);
    if (!take_char(text, '=')) {
        return false;
    }
    skip_blanks(text);
    if (!take_char(text, '"') || !take_quoted(text, value)) {
        return false;
    }
    skip_blanks(text);
    bool has_comma = take_char(text, ',');
    skip_blanks(text);
    return has_comma || text->length == 0 || text->at[0] == '}';
}

static bool take_labels(struct slice *text, struct slice *labels)
{
    struct slice name, value;
    *labels = (struct slice){text->at, 0};
    if (!take_char(text, '{')) {
        return true;
    }
    skip_blanks(text);
    const char *begin = text->at;
    while (text->length > 0 && text->at[0] != '}') {
        if (!take_label(text, &name, &value)) {
            return false;
        }
    }
    *labels = (struct slice){begin, (size_t)(text->at - begin)};
    return take_char(text, '}');
}

static bool take_value(struct slice *text, double *value)
{
    char number[NUMBER_MAX];
    size_t length = 0;
    while (length < text->length && length + 1 < NUMBER_MAX && text->at[length] != ' ' &&
           text->at[length] != '\t') {
        number[length] = text->at[length];
        length++;
    }
    number[length] = '\0';
    char *end = number;
    *value = strtod(number, &end);
    skip(text, length);
    bool is_whole = text->length == 0 || text->at[0] == ' ' || text->at[0] == '\t';
    return length > 0 && end == number + length && is_whole;
}

/* A timestamp, and an exemplar, which begins with #. */
static bool is_trailer(struct slice text)
{
    skip_blanks(&text);
    take_char(&text, '-');
    while (text.length > 0 && (is_digit(text.at[0]) || text.at[0] == '.')) {
        skip(&text, 1);
    }
    skip_blanks(&text);
    return text.length == 0 || text.at[0] == '#';
}

static bool read_sample(struct slice line, struct exposition_sample *sample)
{
    if (!take_name(&line, &sample->name)) {
        return false;
    }
    skip_blanks(&line);
    if (!take_labels(&line, &sample->labels)) {
        return false;
    }
    skip_blanks(&line);
    return take_value(&line, &sample->value) && is_trailer(line);
}

static struct slice take_line(struct exposition *page)
{
    const char *end = memchr(page->rest.at, '\n', page->rest.length);
    struct slice line = {page->rest.at, end ? (size_t)(end - page->rest.at) : page->rest.length};
    skip(&page->rest, line.length + (end ? 1 : 0));
    page->line++;
    if (line.length > 0 && line.at[line.length - 1] == '\r') {
        line.length--;
    }
    skip_blanks(&line);
    return line;
}

enum exposition_read exposition_next(struct exposition *page, struct exposition_sample *sample)
{
    while (page->rest.length > 0) {
        struct slice line = take_line(page);
        if (line.length > 0 && line.at[0] != '#') {
            return read_sample(line, sample) ? EXPOSITION_SAMPLE : EXPOSITION_BAD;
        }
    }
    return EXPOSITION_END;
}

bool exposition_next_label(struct slice *labels, struct slice *name, struct slice *value)
{
    return labels->length > 0 && take_label(labels, name, value);
}
