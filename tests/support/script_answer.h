/*
 * script_answer - the bytes that each step of a script sends, built before the first request.
 *
 * Part of script_server. Threads: none.
 * Memory: the caller destroys the array that create returned, with the same script.
 * Failure: create checks the script, returns NULL and sets err.
 */
#ifndef TESTS_SUPPORT_SCRIPT_ANSWER_H
#define TESTS_SUPPORT_SCRIPT_ANSWER_H

#include <stddef.h>

#include "common/err.h"
#include "tests/support/script.h"

struct script_answer {
    char *bytes;
    size_t len;      /* complete; the sender cuts it */
    size_t head_len; /* of the answer to a HEAD */
};

/* An array with an answer for each step. */
struct script_answer *script_answers_create(const struct script *script, struct err *err);

void script_answers_destroy(struct script_answer *answers, const struct script *script);

#endif
