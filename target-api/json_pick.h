/*
 * json_pick - looks into a text that json_walk has found to be JSON, without building a tree: the
 * members of one list or object at a time, and the text of a string.
 *
 * Threads: one owner. Memory: slices point into the text.
 */
#ifndef TARGET_API_JSON_PICK_H
#define TARGET_API_JSON_PICK_H

#include "target-api/buffer.h"
#include "target-api/json_walk.h"
#include "target-api/slice.h"

enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_TRUE,
    JSON_KIND_FALSE,
    JSON_KIND_INTEGER,
    JSON_KIND_REAL, /* Infinity too */
    JSON_KIND_STRING,
    JSON_KIND_LIST,
    JSON_KIND_OBJECT,
};

struct json_item {
    enum json_kind kind;
    struct slice text; /* as it is written, with its quotes or brackets */
};

/* Goes through the members of a list or an object. */
struct json_members {
    struct json_walk walk;
    bool is_object;
    bool is_started;
};

/* The value that the whole text is. */
struct json_item json_pick_root(struct slice text);

/* `container` is a list or an object. */
struct json_members json_pick_members(struct json_item container);

/* The next member; `key`, which may be NULL, is set for an object. False: there is none left. */
bool json_pick_next(struct json_members *members, struct json_item *key, struct json_item *value);

/* Adds the decoded text of a string, which is never longer than what is written. */
bool json_pick_decode(struct json_item string, struct buffer *b);

#endif
