#include "loadgen/measure/exceptions.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/base/text/utf8.h"

void exceptions_init(struct exceptions *exceptions)
{
    memset(exceptions, 0, sizeof *exceptions);
    pthread_mutex_init(&exceptions->lock, NULL);
}

static void clear(struct exceptions *exceptions)
{
    for (size_t i = 0; i < exceptions->count; i++) {
        free(exceptions->list[i].message);
        free(exceptions->list[i].traceback);
    }
    exceptions->count = 0;
    exceptions->total = 0;
}

void exceptions_fini(struct exceptions *exceptions)
{
    clear(exceptions);
    pthread_mutex_destroy(&exceptions->lock);
}

/* Copies at most `most` bytes. */
static char *cut(const char *text, size_t length, size_t most)
{
    return memory_of(strndup(text, length < most ? length : most));
}

/* Cleans each line (utf8_clean), and removes its leading blanks. */
static char *clean_lines(const char *text)
{
    char *lines = cut(text, strlen(text), EXCEPTION_TRACEBACK);
    char *to = lines;
    for (char *line = lines; line;) {
        char *next = strchr(line, '\n');
        if (next) {
            *next++ = '\0';
        }
        line += strspn(line, "\t ");
        utf8_clean(line);
        while (*line) {
            *to++ = *line++;
        }
        *to++ = next ? '\n' : '\0';
        line = next;
    }
    return lines;
}

/* With the lock. */
static void count(struct exceptions *exceptions, const char *message, size_t length,
                  const char *traceback, uint64_t n)
{
    char *clean = cut(message, length, EXCEPTION_MESSAGE);
    utf8_clean(clean);
    size_t i = 0;
    while (i < exceptions->count && strcmp(exceptions->list[i].message, clean) != 0) {
        i++;
    }
    exceptions->total += n;
    if (i == exceptions->count && i < EXCEPTIONS_MAX) {
        exceptions->list[exceptions->count++] =
            (struct exception){clean, clean_lines(traceback), 0};
    } else {
        free(clean);
    }
    if (i < EXCEPTIONS_MAX) {
        exceptions->list[i].count += n;
    }
}

void exceptions_count(struct exceptions *exceptions, const char *message, const char *traceback,
                      uint64_t n)
{
    pthread_mutex_lock(&exceptions->lock);
    count(exceptions, message, strlen(message), traceback, n);
    pthread_mutex_unlock(&exceptions->lock);
}

void exceptions_add(struct exceptions *exceptions, const char *text)
{
    static const char title[] = "\nstack traceback:\n";
    const char *end = strstr(text, title);
    pthread_mutex_lock(&exceptions->lock);
    count(exceptions, text, end ? (size_t)(end - text) : strlen(text),
          end ? end + sizeof title - 1 : "", 1);
    pthread_mutex_unlock(&exceptions->lock);
}

void exceptions_merge(struct exceptions *into, struct exceptions *from)
{
    pthread_mutex_lock(&from->lock);
    for (size_t i = 0; i < from->count; i++) {
        const struct exception *one = &from->list[i];
        exceptions_count(into, one->message, one->traceback, one->count);
    }
    pthread_mutex_lock(&into->lock);
    into->total += exceptions_others(from);
    pthread_mutex_unlock(&into->lock);
    pthread_mutex_unlock(&from->lock);
}

void exceptions_follow(struct exceptions *into, struct exceptions *from)
{
    pthread_mutex_lock(&from->lock);
    bool is_behind = from->total > into->total;
    pthread_mutex_unlock(&from->lock);
    if (is_behind) {
        pthread_mutex_lock(&into->lock);
        clear(into);
        pthread_mutex_unlock(&into->lock);
        exceptions_merge(into, from);
    }
}

uint64_t exceptions_others(const struct exceptions *exceptions)
{
    uint64_t others = exceptions->total;
    for (size_t i = 0; i < exceptions->count; i++) {
        others -= exceptions->list[i].count;
    }
    return others;
}

json_t *exceptions_to_json(const struct exceptions *exceptions)
{
    uint64_t others = exceptions_others(exceptions);
    json_t *list = json_array();
    for (size_t i = 0; i < exceptions->count; i++) {
        const struct exception *one = &exceptions->list[i];
        json_array_append_new(list,
                              json_pack("{s:I, s:s, s:s}", "count", (json_int_t)one->count,
                                        "message", one->message, "traceback", one->traceback));
    }
    if (others > 0) {
        json_array_append_new(list, json_pack("{s:I, s:n, s:n}", "count", (json_int_t)others,
                                              "message", "traceback"));
    }
    return list;
}

void exceptions_count_json(struct exceptions *exceptions, const json_t *json)
{
    const char *message = json_string_value(json_object_get(json, "message"));
    const char *traceback = json_string_value(json_object_get(json, "traceback"));
    json_int_t n = json_integer_value(json_object_get(json, "count"));
    if (message && n > 0) {
        exceptions_count(exceptions, message, traceback ? traceback : "", (uint64_t)n);
    } else if (n > 0) {
        pthread_mutex_lock(&exceptions->lock);
        exceptions->total += (uint64_t)n;
        pthread_mutex_unlock(&exceptions->lock);
    }
}
