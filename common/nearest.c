#include "common/nearest.h"

#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 63, SLIP_DISTANCE = 2, SLIP_LENGTH = 6 };

/* The Levenshtein distance from `a` to the first WORD_MAX bytes of `b`, computed row by row. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t len_b = strnlen(b, WORD_MAX);
    for (size_t j = 0; j <= len_b; j++) {
        row[j] = j;
    }
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= len_b; j++) {
            size_t best = diagonal + (a[i] != b[j - 1]);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[len_b];
}

const char *nearest_find(const char *word, nearest_word_fn *known, const void *list)
{
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; known(list, i); i++) {
        const char *name = known(list, i);
        bool is_prefix = word[0] && strncmp(name, word, strlen(word)) == 0;
        size_t distance = is_prefix ? 0 : edit_distance(word, name) + 1;
        if (distance < least) {
            least = distance;
            nearest = name;
        }
    }
    return nearest;
}

bool nearest_is_similar(const char *word, const char *name)
{
    size_t length = strlen(word) > strlen(name) ? strlen(word) : strlen(name);
    return edit_distance(word, name) <= (length + 2) / 3;
}

bool nearest_is_slip(const char *word, const char *name)
{
    size_t length = strlen(name);
    if (strnlen(word, length + SLIP_DISTANCE + 1) > length + SLIP_DISTANCE) {
        return false;
    }
    size_t same = 0;
    while (word[same] && word[same] == name[same]) {
        same++;
    }
    const char *a = word + same;
    const char *b = name + same;
    bool is_swapped = a[0] && b[0] && a[0] == b[1] && a[1] == b[0] && strcmp(a + 2, b + 2) == 0;
    bool is_left_out = b[0] && strcmp(a, b + 1) == 0;
    bool is_doubled = same > 0 && a[0] == a[-1] && strcmp(a + 1, b) == 0;
    return is_swapped || is_left_out || is_doubled ||
           (length >= SLIP_LENGTH && edit_distance(word, name) <= SLIP_DISTANCE);
}
