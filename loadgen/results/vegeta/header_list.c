#include "loadgen/results/vegeta/header_list.h"

#include <stdlib.h>
#include <string.h>

static int compare(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_names(struct slice a, struct slice b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common ? memcmp(a.at, b.at, common) : 0;
    return order ? order : compare(a.length, b.length);
}

static int by_name(const void *a, const void *b)
{
    const struct header *one = a;
    const struct header *other = b;
    int order = compare_names(one->name, other->name);
    return order ? order : compare(one->index, other->index);
}

static int by_first(const void *a, const void *b)
{
    const struct header *one = a;
    const struct header *other = b;
    int order = compare(one->first, other->first);
    return order ? order : compare(one->index, other->index);
}

static bool add(struct header_list *list, const char *line, size_t length)
{
    const char *colon = memmem(line, length, ": ", 2);
    if (!colon) {
        return true;
    }
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 32;
        struct header *larger = realloc(list->headers, room * sizeof *larger);
        if (!larger) {
            return false;
        }
        list->headers = larger;
        list->room = room;
    }
    list->headers[list->count] = (struct header){
        .name = {line, (size_t)(colon - line)},
        .value = {colon + 2, (size_t)(line + length - colon - 2)},
        .index = list->count,
    };
    list->count++;
    return true;
}

bool header_list_read(struct header_list *list, struct slice lines, enum header_order order)
{
    const char *at = lines.at;
    const char *end = lines.at + lines.length;
    list->count = 0;
    while (at < end) {
        const char *stop = memmem(at, (size_t)(end - at), "\r\n", 2);
        const char *line_end = stop ? stop : end;
        if (!add(list, at, (size_t)(line_end - at))) {
            return false;
        }
        at = stop ? stop + 2 : end;
    }
    struct header *headers = list->headers;
    if (list->count > 1) {
        qsort(headers, list->count, sizeof *headers, by_name);
    }
    for (size_t i = 0; i < list->count; i++) {
        bool is_next = i > 0 && compare_names(headers[i].name, headers[i - 1].name) == 0;
        headers[i].first = is_next ? headers[i - 1].first : headers[i].index;
    }
    if (order == HEADERS_BY_FIRST && list->count > 1) {
        qsort(headers, list->count, sizeof *headers, by_first);
    }
    return true;
}

void header_list_free(struct header_list *list)
{
    free(list->headers);
    *list = (struct header_list){0};
}
