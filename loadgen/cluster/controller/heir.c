/*
 * Saves the state of a run for the next controller, which may take it over.
 *
 * While the broker has room for all tallies, these are enough, and every second can be given again.
 * When their stream is half full, the merged state is saved every STATE_NS, and the tallies that it
 * includes are deleted. So the length of a run is not limited by the broker's storage.
 *
 * The state is written to two sides of the bucket in turn. If a controller dies while it writes
 * one, the other side is complete, and the tallies after it still exist.
 */
#include <stdlib.h>

#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"
#include "loadgen/cluster/controller/course.h"
#include "loadgen/cluster/merge/save.h"
#include "loadgen/cluster/names.h"

#define STATE_NS (10 * NS_PER_S)

enum { SIDES = sizeof((struct heir){0}).parts / sizeof((struct heir){0}).parts[0] };

/* Storing. */

struct storing {
    struct course *course;
    unsigned side;
    enum bus_status status;
};

static void put_part(void *context, uint64_t part, struct slice bytes)
{
    struct storing *storing = context;
    struct heir *heir = &storing->course->heir;
    if (storing->status == BUS_OK) {
        storing->status =
            bucket_put(storing->course->bucket, names_state_key(storing->side, part).text, bytes.at,
                       bytes.length, NULL);
        heir->parts[storing->side] = most(heir->parts[storing->side], part + 1);
    }
}

static void store(struct course *course)
{
    struct heir *heir = &course->heir;
    uint64_t number = heir->number + 1;
    struct storing storing = {course, (unsigned)(number % SIDES), BUS_OK};
    const struct merge_sink sink = {put_part, &storing};
    merge_save(course->merge, number, course->taken, &sink);
    if (storing.status == BUS_OK) {
        heir->number = number;
        bus_stream_purge(course->bus, NAMES_TALLIES, NULL, course->taken + 1);
    } else if (!heir->is_told) {
        heir->is_told = true;
        course_tell(course, "the merged results cannot be saved: %s",
                    bus_status_text(storing.status));
    }
}

static bool is_half_full(const struct course *course)
{
    struct bus_stream_state tallies;
    return bus_stream_look(course->bus, NAMES_TALLIES, &tallies) == BUS_OK &&
           tallies.bytes > course->options->tallies_bytes / 2;
}

void course_leave_state(struct course *course)
{
    struct heir *heir = &course->heir;
    if (clock_now_ns() < heir->due_ns || course->taken == 0 || course->replay_until > 0) {
        return;
    }
    heir->is_needed = heir->is_needed || is_half_full(course);
    if (heir->is_needed) {
        store(course);
    }
    heir->due_ns = clock_now_ns() + STATE_NS;
}

void course_drop_state(const struct course *course)
{
    for (unsigned side = 0; side < SIDES; side++) {
        for (uint64_t part = 0; part < course->heir.parts[side]; part++) {
            bucket_delete(course->bucket, names_state_key(side, part).text);
        }
    }
}

/* Loading. */

/* The parts of one side. */
struct stored {
    struct bus_message *parts;
    uint64_t count;
    uint64_t number; /* of the state; 0: it is incomplete, or of another run */
};

static struct slice data_of(const struct bus_message *part)
{
    return (struct slice){(const char *)part->data, part->length};
}

static void free_stored(struct stored *stored)
{
    for (uint64_t i = 0; i < stored->count; i++) {
        bus_message_free(&stored->parts[i]);
    }
    free(stored->parts);
}

/* Reads the parts up to the last one, or to the first that does not belong to the state. */
static bool read_side(const struct course *course, unsigned side, struct stored *stored,
                      struct err *err)
{
    struct merge_part part = {0};
    uint64_t number = 0;
    while (!part.is_last) {
        struct bus_message value;
        bool is_there = false;
        if (!course_read_key(course, names_state_key(side, stored->count).text, &value, &is_there,
                             err)) {
            return false;
        }
        stored->parts =
            memory_of(realloc(stored->parts, (stored->count + 1) * sizeof *stored->parts));
        stored->parts[stored->count++] = value;
        if (!is_there || !merge_peek(data_of(&value), &part) || part.run != course->run ||
            part.index != stored->count - 1 || (part.index > 0 && part.number != number)) {
            return true;
        }
        number = part.number;
    }
    stored->number = number;
    return true;
}

static bool load(struct course *course, const struct stored *stored, uint64_t *from,
                 struct err *err)
{
    enum merge_load state = MERGE_LOAD_MORE;
    uint64_t sequence = 0;
    for (uint64_t i = 0; i < stored->count && state == MERGE_LOAD_MORE; i++) {
        state = merge_load(course->merge, data_of(&stored->parts[i]), &sequence);
    }
    if (state != MERGE_LOAD_COMPLETE) {
        return err_set(err, ERR_FAILED,
                       "the run cannot be taken over: the merged numbers are malformed");
    }
    course->heir.is_needed = true;
    course->heir.number = stored->number;
    *from = sequence + 1;
    merge_give_loaded(course->merge);
    return true;
}

bool course_load_state(struct course *course, uint64_t *from, struct err *err)
{
    struct stored sides[SIDES] = {0};
    const struct stored *newest = NULL;
    bool ok = true;
    *from = 1;
    for (unsigned side = 0; side < SIDES && ok; side++) {
        ok = read_side(course, side, &sides[side], err);
        course->heir.parts[side] = sides[side].count;
        if (sides[side].number > 0 && (!newest || sides[side].number > newest->number)) {
            newest = &sides[side];
        }
    }
    ok = ok && (!newest || load(course, newest, from, err));
    for (unsigned side = 0; side < SIDES; side++) {
        free_stored(&sides[side]);
    }
    return ok;
}
