#include "loadgen/measure/journal.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/version.h"

static struct block *take(struct result_writer *writer)
{
    uint64_t held_ns = 0;
    return result_writer_take(writer, &held_ns);
}

/* Takes `json` and the block. */
static void put_json(struct result_writer *writer, struct block *block, enum block_type type,
                     json_t *json)
{
    size_t length =
        json ? json_dumpb(json, (char *)block_payload(block), BLOCK_PAYLOAD_MAX, JSON_COMPACT) : 0;
    block->type = type;
    block->length = length;
    if (length == 0 || length > BLOCK_PAYLOAD_MAX) {
        result_writer_fail(writer, EINVAL); /* a file that lacks it would say something else */
        block->length = 0;
    }
    result_writer_put(writer, block);
    json_decref(json);
}

static json_t *counters_to_json(const struct counters *counters)
{
    json_t *json = json_object();
#define X(name) json_object_set_new(json, #name, json_integer((json_int_t)counters->name));
    COUNTERS(X)
#undef X
    return json;
}

void journal_write_header(struct result_writer *writer, json_t *plan, uint64_t wall_ns,
                          uint64_t monotonic_ns)
{
    if (writer) {
        put_json(writer, take(writer), BLOCK_HEADER,
                 json_pack("{s:i, s:s, s:s, s:O, s:{s:I, s:I}}", "format", JOURNAL_FORMAT,
                           "version", version_number, "commit", version_commit, "plan", plan,
                           "clock", "wall", (json_int_t)wall_ns, "monotonic",
                           (json_int_t)monotonic_ns));
    }
}

void journal_write_targets(struct result_writer *writer, const struct targets *targets, size_t from)
{
    enum { ROOM = BLOCK_PAYLOAD_MAX / 8 }; /* escapes may make a text six times as long */
    size_t i = from;
    while (writer && i < targets->count) {
        size_t used = 0;
        size_t first = i;
        json_t *list = json_array();
        do {
            const struct target *target = &targets->list[i];
            used += strlen(target->name) + strlen(target->url) + strlen(target->method) + 32;
            json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", target->name, "method",
                                                  target->method, "url", target->url));
            i++;
        } while (i < targets->count && used < ROOM);
        put_json(writer, take(writer), BLOCK_TARGETS,
                 json_pack("{s:I, s:o}", "first", (json_int_t)first, "targets", list));
    }
}

void journal_write_addresses(struct result_writer *writer, const struct address_list *addresses,
                             size_t from)
{
    enum { PIECE = BLOCK_PAYLOAD_MAX / (ADDRESS_TEXT * 2) };
    size_t i = from;
    while (writer && i < addresses->count) {
        size_t first = i;
        json_t *list = json_array();
        for (; i < addresses->count && i < first + PIECE; i++) {
            char name[ADDRESS_TEXT];
            json_array_append_new(list,
                                  json_string(address_list_name(addresses, (uint32_t)i, name)));
        }
        put_json(writer, take(writer), BLOCK_ADDRESSES,
                 json_pack("{s:I, s:o}", "first", (json_int_t)first, "addresses", list));
    }
}

bool journal_write_second(struct result_writer *writer, const struct second *second)
{
    if (!writer) {
        return true;
    }
    struct block *block = result_writer_try_take(writer);
    if (!block) {
        return false;
    }
    put_json(writer, block, BLOCK_SECOND,
             json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "second", (json_int_t)second->index,
                       "elapsed", (json_int_t)second->elapsed_ns, "intended",
                       (json_int_t)second->intended, "started", (json_int_t)second->started,
                       "in_flight", (json_int_t)second->in_flight, "counters",
                       counters_to_json(&second->tally->counters), "generator",
                       generator_to_json(second->generator)));
    return true;
}

/* A row is named by the first target that has it. */
static json_t *not_started_to_json(const struct summary *summary, const struct targets *targets)
{
    bool is_done[ROWS_ALL] = {false};
    json_t *list = json_array();
    for (size_t i = 0; i < targets->count; i++) {
        uint8_t row = targets->list[i].row;
        if (!is_done[row] && summary->rows_not_started[row] > 0) {
            json_array_append_new(list, json_pack("[I, I]", (json_int_t)i,
                                                  (json_int_t)summary->rows_not_started[row]));
        }
        is_done[row] = true;
    }
    return list;
}

void journal_write_end(struct result_writer *writer, const struct summary *summary,
                       const struct targets *targets)
{
    if (writer) {
        put_json(writer, take(writer), BLOCK_END,
                 json_pack("{s:I, s:I, s:I, s:o, s:I, s:I, s:b, s:b, s:I, s:o, s:o}", "intended",
                           (json_int_t)summary->intended, "started", (json_int_t)summary->started,
                           "not_started", (json_int_t)summary->not_started, "not_started_by_target",
                           not_started_to_json(summary, targets), "too_late",
                           (json_int_t)summary->too_late, "retried",
                           (json_int_t)summary->tally->counters.retried, "interrupted",
                           summary->is_interrupted, "aborted", summary->is_aborted, "lost_seconds",
                           (json_int_t)summary->lost_seconds, "counters",
                           counters_to_json(&summary->tally->counters), "generator",
                           generator_to_json(&summary->generator)));
    }
}
