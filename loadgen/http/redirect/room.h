/*
 * room - writes text into a buffer of fixed size. Text that does not fit is omitted, and is_short
 * is set.
 *
 * Threads: belongs to its owner. Memory: borrowed.
 */
#ifndef LOADGEN_HTTP_REDIRECT_ROOM_H
#define LOADGEN_HTTP_REDIRECT_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/slice.h"

struct room {
    char *at;
    size_t size;
    size_t length; /* bytes written so far */
    bool is_short;
};

static inline void room_add(struct room *room, const char *bytes, size_t length)
{
    if (length > room->size - room->length) {
        room->is_short = true;
    } else if (length > 0) {
        memcpy(room->at + room->length, bytes, length);
        room->length += length;
    }
}

static inline void room_add_slice(struct room *room, struct slice text)
{
    room_add(room, text.at, text.length);
}

static inline void room_add_text(struct room *room, const char *text)
{
    room_add(room, text, strlen(text));
}

#endif
