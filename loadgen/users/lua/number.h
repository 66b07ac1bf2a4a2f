/*
 * number - prints floats of scripts.
 *
 * Threads: pure functions.
 */
#ifndef LOADGEN_USERS_LUA_NUMBER_H
#define LOADGEN_USERS_LUA_NUMBER_H

#include <stddef.h>

enum { NUMBER_TEXT = 40 };

/* Prints the fewest digits that read back as the same number: 19.99, 5.0, 0.30000000000000004.
 * Returns the length. */
size_t number_print(double number, char text[NUMBER_TEXT]);

#endif
