#include "loadgen/web/board/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/base/moment.h"
#include "loadgen/base/text/utf8.h"

static void ring_fini(struct line_ring *ring)
{
    for (size_t i = 0; i < LINES_EACH; i++) {
        free(ring->list[i].text);
    }
}

void lines_fini(struct lines *lines)
{
    ring_fini(&lines->server);
    ring_fini(&lines->scripts);
}

static void add(struct lines *lines, struct line_ring *ring, uint64_t wall_ns, struct slice text)
{
    size_t length = text.length < LINE_BYTES ? text.length : LINE_BYTES;
    char *copy = memory_of(strndup(text.at, length));
    utf8_clean(copy);
    struct line *line = &ring->list[ring->next++ % LINES_EACH];
    free(line->text);
    *line = (struct line){++lines->total, wall_ns, copy};
}

void lines_add(struct lines *lines, uint64_t wall_ns, const char *text)
{
    add(lines, &lines->server, wall_ns, slice_of(text));
}

/* The last LINES_EACH lines of a text in which each line ends with a newline. */
static struct slice last_lines(struct slice text)
{
    size_t begin = text.length;
    for (size_t count = 0; begin > 0; begin--) {
        if (text.at[begin - 1] == '\n' && count++ == LINES_EACH) {
            break;
        }
    }
    return (struct slice){text.at + begin, text.length - begin};
}

/* A line may begin with a timestamp and a blank. */
static void add_script_line(struct lines *lines, uint64_t wall_ns, struct slice line)
{
    const char *blank = memchr(line.at, ' ', line.length);
    size_t length = blank ? (size_t)(blank - line.at) : 0;
    uint64_t ns = 0;
    if (blank && moment_parse(line.at, length, &ns)) {
        line.at += length + 1;
        line.length -= length + 1;
        wall_ns = ns;
    }
    add(lines, &lines->scripts, wall_ns, line);
}

void lines_add_scripts(struct lines *lines, uint64_t wall_ns, struct slice text)
{
    text = last_lines(text);
    while (text.length > 0) {
        const char *end = memchr(text.at, '\n', text.length);
        size_t length = end ? (size_t)(end - text.at) : text.length;
        add_script_line(lines, wall_ns, (struct slice){text.at, length});
        length += end != NULL;
        text.at += length;
        text.length -= length;
    }
}

/* The lines of a ring are in order; the oldest one is at `next`. */
static const struct line *ring_after(const struct line_ring *ring, uint64_t number)
{
    for (size_t i = 0; i < LINES_EACH; i++) {
        const struct line *line = &ring->list[(ring->next + i) % LINES_EACH];
        if (line->number > number) {
            return line;
        }
    }
    return NULL;
}

const struct line *lines_after(const struct lines *lines, uint64_t number)
{
    const struct line *server = ring_after(&lines->server, number);
    const struct line *script = ring_after(&lines->scripts, number);
    if (!server || !script) {
        return server ? server : script;
    }
    return server->number < script->number ? server : script;
}

void line_print(const struct line *line, char text[LINE_TEXT])
{
    size_t length = moment_print_ms(line->wall_ns, text);
    snprintf(text + length, LINE_TEXT - length, " %s", line->text);
}
