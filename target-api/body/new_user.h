/*
 * new_user - the body of POST /add_users/, validated as pydantic 1 validates `id: int, name: str,
 * age: str`:
 *
 * - an id may also be a boolean, a string, or a real, whose fraction is dropped;
 * - in name and age, numbers and booleans become strings;
 * - unknown fields are ignored; if a key is repeated, the last one counts.
 *
 * jansson parses the body, which is UTF-8 with or without a byte order mark. Unlike Python, it
 * rejects NaN, Infinity, integers that exceed 64 bits, reals that exceed a double, and lone
 * surrogates (422).
 *
 * Threads: one owner. Memory: the slices point into the struct, which must not move, and are valid
 * until new_user_fini.
 */
#ifndef TARGET_API_BODY_NEW_USER_H
#define TARGET_API_BODY_NEW_USER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"
#include "target-api/body/number.h"
#include "target-api/http/reply.h"
#include "target-api/http/request.h"

struct new_user {
    int64_t id;
    struct slice name;
    struct slice age;
    json_t *document;
    char numbers[2][NUMBER_TEXT_MAX]; /* name and age as text, if they were numbers */
};

/* False: *refusal is the answer; nothing to release. */
bool new_user_init(struct new_user *user, const struct request *request, struct reply *refusal);

void new_user_fini(struct new_user *user);

#endif
