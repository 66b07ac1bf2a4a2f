/*
 * new_user - the body of POST /add_users/, validated as pydantic 1 does it for
 * `id: int, name: str, age: str`: numbers in strings count as numbers, fractions are cut, numbers
 * and booleans become text, fields that nobody asked for are dropped.
 *
 * Threads: one owner. Memory: the slices point into the struct, which must not move, and live until
 * new_user_fini.
 */
#ifndef TARGET_API_NEW_USER_H
#define TARGET_API_NEW_USER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "target-api/pynum.h"
#include "target-api/reply.h"
#include "target-api/request.h"

struct new_user {
    int64_t id;
    struct slice name;
    struct slice age;
    json_t *document;
    char name_number[PYNUM_TEXT_MAX]; /* where a name that was a number is written */
    char age_number[PYNUM_TEXT_MAX];
};

/* False: `refusal` is the answer, and there is nothing to release. */
bool new_user_init(struct new_user *user, const struct request *request, struct reply *refusal);

void new_user_fini(struct new_user *user);

#endif
