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

#include <stdbool.h>

#include "target-api/buffer.h"
#include "target-api/pynum.h"
#include "target-api/reply.h"
#include "target-api/request.h"
#include "target-api/user_fields.h"

struct new_user {
    struct pyint id;
    struct slice name;
    struct slice age;
    struct user_fields fields;
    struct buffer decoded; /* a body that was not UTF-8 */
};

/* False: `refusal` is the answer, and there is nothing to release. */
bool new_user_init(struct new_user *user, const struct request *request, struct reply *refusal);

void new_user_fini(struct new_user *user);

#endif
