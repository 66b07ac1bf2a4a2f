/*
 * letters - splits an input of a fuzz target into messages. Each follows its length, which is two
 * bytes, little-endian.
 *
 * Threads: pure functions. Memory: borrows the input.
 */
#ifndef TESTS_SUPPORT_LETTERS_H
#define TESTS_SUPPORT_LETTERS_H

#include <stdbool.h>

#include "common/slice.h"

/* Takes the next message from `rest`; one that is too long ends with the input. */
static inline bool letters_next(struct slice *rest, struct slice *letter)
{
    if (rest->length < 2) {
        return false;
    }
    size_t length = (unsigned char)rest->at[0] | (size_t)(unsigned char)rest->at[1] << 8;
    *rest = (struct slice){rest->at + 2, rest->length - 2};
    length = length < rest->length ? length : rest->length;
    *letter = (struct slice){rest->at, length};
    *rest = (struct slice){rest->at + length, rest->length - length};
    return true;
}

#endif
