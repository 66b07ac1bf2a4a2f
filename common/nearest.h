/*
 * nearest - finds the known word that is most similar to an unknown one, for error messages:
 * "unknown flag -dur; did you mean -duration?".
 *
 * Threads: pure functions.
 */
#ifndef COMMON_NEAREST_H
#define COMMON_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

/* The i-th known word; NULL past the last one. */
typedef const char *nearest_word_fn(const void *list, size_t i);

/*
 * Returns the first known word that begins with `word`; if none does, or if `word` is empty, the
 * one with the smallest edit distance (only the first 63 bytes of a known word count). NULL if no
 * word is known.
 */
const char *nearest_find(const char *word, nearest_word_fn *known, const void *list);

/*
 * True if the edit distance is at most a third of the longer word's length, rounded up: `name` was
 * probably meant.
 */
bool nearest_is_similar(const char *word, const char *name);

/*
 * True if `word` is almost certainly a slip for `name`, from which it differs: two neighboring
 * letters are swapped, one is left out or doubled, or, for names of at least 6 bytes, the edit
 * distance is at most 2. In a shorter name, two edits may make another word: "cart" is no slip for
 * "wait".
 */
bool nearest_is_slip(const char *word, const char *name);

#endif
