#include "loadgen/binary/journal.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/version.h"
#include "loadgen/measure/tally_codec.h"
#include "loadgen/target/request/request_json.h"

static struct block *take(struct result_writer *writer)
{
    uint64_t blocked_ns = 0;
    return result_writer_take(writer, &blocked_ns);
}

/* Consumes `json`. */
static void fill(struct result_writer *writer, struct block *block, enum block_type type,
                 json_t *json)
{
    size_t length =
        json ? json_dumpb(json, (char *)block_payload(block), BLOCK_PAYLOAD_MAX, JSON_COMPACT) : 0;
    block->type = type;
    block->length = length;
    if (length == 0 || length > BLOCK_PAYLOAD_MAX) {
        result_writer_fail(writer, EINVAL); /* without it the file would be wrong */
        block->length = 0;
    }
    json_decref(json);
}

/* Consumes `json` and the block. */
static void put_json(struct result_writer *writer, struct block *block, enum block_type type,
                     json_t *json)
{
    fill(writer, block, type, json);
    result_writer_put(writer, block);
}

static json_t *counters_to_json(const struct counters *counters)
{
    json_t *json = json_object();
#define X(name) json_object_set_new(json, #name, json_integer((json_int_t)counters->name));
    COUNTERS(X)
#undef X
    return json;
}

void journal_write_header(struct result_writer *writer, json_t *plan, json_t *environment,
                          uint64_t wall_ns, uint64_t monotonic_ns)
{
    if (writer) {
        put_json(writer, take(writer), BLOCK_HEADER,
                 json_pack("{s:i, s:s, s:s, s:O, s:O?, s:{s:I, s:I}}", "format", JOURNAL_FORMAT,
                           "version", version_number, "commit", version_commit, "plan", plan,
                           "environment", environment, "clock", "wall", (json_int_t)wall_ns,
                           "monotonic", (json_int_t)monotonic_ns));
    }
}

/* Escapes may make a text six times as long, and headers twice. */
enum { TARGETS_ROOM = BLOCK_PAYLOAD_MAX / 8 };

/*
 * Adds the length of its texts to *used. Very long headers are left out. `request` is NULL if the
 * target's requests are made during the run.
 */
static json_t *target_to_json(const struct target *target, const struct request *request,
                              size_t *used)
{
    json_t *json = json_pack("{s:s, s:s, s:s}", "name", target->name, "method", target->method,
                             "url", target->url);
    *used += strlen(target->name) + strlen(target->url) + strlen(target->method) + 32;
    if (request) {
        size_t head = request_head(request).length;
        bool is_long = head > TARGETS_ROOM;
        json_t *body = request_body_to_json(request, target->body_file);
        *used += (is_long ? 0 : head) + (target->body_file ? strlen(target->body_file) : 0);
        json_object_set_new(json, "headers",
                            is_long ? json_null() : request_headers_shown(request));
        json_object_set_new(json, "body", body ? body : json_null());
    }
    return json;
}

uint64_t journal_write_targets(struct result_writer *writer, const struct targets *targets,
                               size_t from)
{
    uint64_t blocked_ns = 0;
    size_t i = from;
    while (writer && i < targets->count) {
        size_t used = 0;
        size_t first = i;
        json_t *list = json_array();
        do {
            const struct request *request = targets->requests ? &targets->requests[i] : NULL;
            json_array_append_new(list, target_to_json(&targets->list[i++], request, &used));
        } while (i < targets->count && used < TARGETS_ROOM);
        put_json(writer, result_writer_take(writer, &blocked_ns), BLOCK_TARGETS,
                 json_pack("{s:I, s:o}", "first", (json_int_t)first, "targets", list));
    }
    return blocked_ns;
}

static bool fill_targets(struct journal_names *names)
{
    const struct catalogue *catalogue = names->catalogue;
    size_t count = catalogue ? catalogue_added(catalogue) : 0;
    size_t used = 0;
    if (!catalogue || names->targets_written == count) {
        return false;
    }
    size_t first = catalogue->targets->count + names->targets_written;
    json_t *list = json_array();
    while (names->targets_written < count && used < TARGETS_ROOM) {
        size_t i = catalogue->targets->count + names->targets_written++;
        const struct target *target = catalogue_target(catalogue, (uint32_t)i);
        json_array_append_new(list, target_to_json(target, NULL, &used));
    }
    fill(names->writer, &names->block, BLOCK_TARGETS,
         json_pack("{s:I, s:o}", "first", (json_int_t)first, "targets", list));
    return true;
}

static bool fill_addresses(struct journal_names *names)
{
    enum { PIECE = BLOCK_PAYLOAD_MAX / (ADDRESS_TEXT * 2) };
    size_t count = names->addresses->count;
    size_t first = names->addresses_written;
    size_t end = count < first + PIECE ? count : first + PIECE;
    if (first == end) {
        return false;
    }
    json_t *list = json_array();
    for (; names->addresses_written < end; names->addresses_written++) {
        char name[ADDRESS_TEXT];
        address_list_name(names->addresses, (uint32_t)names->addresses_written, name);
        json_array_append_new(list, json_string(name));
    }
    fill(names->writer, &names->block, BLOCK_ADDRESSES,
         json_pack("{s:I, s:o}", "first", (json_int_t)first, "addresses", list));
    return true;
}

/*
 * Runs on the writer's thread: fills a block with names that are not written yet. Everything that a
 * result names was in its list before the result's block was queued.
 */
static struct block *next_names(void *context)
{
    struct journal_names *names = context;
    return fill_targets(names) || fill_addresses(names) ? &names->block : NULL;
}

void journal_begin_names(struct journal_names *names, struct result_writer *writer,
                         const struct catalogue *catalogue, const struct address_list *addresses)
{
    names->writer = writer;
    names->catalogue = catalogue;
    names->addresses = addresses;
    names->targets_written = 0;
    names->addresses_written = 0;
    if (writer) {
        result_writer_set_preamble(writer, next_names, names);
    }
}

/* Consumes the block. */
static void put_second(struct result_writer *writer, struct block *block,
                       const struct second *second)
{
    put_json(writer, block, BLOCK_SECOND,
             json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "second",
                       (json_int_t)second->index, "start", (json_int_t)second->start_ns, "elapsed",
                       (json_int_t)second->elapsed_ns, "intended", (json_int_t)second->intended,
                       "started", (json_int_t)second->started, "in_flight",
                       (json_int_t)second->in_flight, "users", (json_int_t)second->users,
                       "counters", counters_to_json(&second->tally->counters), "generator",
                       generator_to_json(second->generator)));
}

bool journal_write_second(struct result_writer *writer, const struct second *second)
{
    struct block *block = writer ? result_writer_try_take(writer) : NULL;
    if (block) {
        put_second(writer, block, second);
    }
    return block || !writer;
}

/* Where parts of a tally go. */
struct parts {
    struct result_writer *writer;
    struct block *block;
};

static uint8_t *begin_part(void *context)
{
    struct parts *parts = context;
    parts->block = take(parts->writer);
    return block_payload(parts->block);
}

static void end_part(void *context, size_t length)
{
    struct parts *parts = context;
    parts->block->type = BLOCK_COUNTS;
    parts->block->length = length;
    result_writer_put(parts->writer, parts->block);
}

void journal_write_counts(struct result_writer *writer, const struct second *second,
                          const struct rows *addresses)
{
    struct parts parts = {.writer = writer};
    const struct tally_sink sink = {BLOCK_PAYLOAD_MAX, begin_part, end_part, &parts};
    if (writer) {
        put_second(writer, take(writer), second);
        tally_encode(second->tally, second->rows, addresses, &sink);
    }
}

/* Each row is written as the index of its first target. */
static json_t *not_started_to_json(const struct summary *summary, const struct targets *targets)
{
    bool is_done[ROWS_ALL] = {false};
    json_t *list = json_array();
    for (size_t i = 0; i < targets->count; i++) {
        uint16_t row = targets->list[i].row;
        if (!is_done[row] && summary->rows_not_started[row] > 0) {
            json_array_append_new(list, json_pack("[I, I]", (json_int_t)i,
                                                  (json_int_t)summary->rows_not_started[row]));
        }
        is_done[row] = true;
    }
    return list;
}

static json_t *spread_to_json(const struct spread *spread)
{
    return spread->addresses
               ? json_pack("{s:s, s:I, s:I, s:I}", "host", spread->host, "addresses",
                           (json_int_t)spread->addresses, "least", (json_int_t)spread->least,
                           "most", (json_int_t)spread->most)
               : json_null();
}

static json_t *changes_to_json(const struct summary *summary)
{
    return summary->changes[0] ? json_pack("{s:s, s:f}", "words", summary->changes,
                                           "mean_per_second", summary->scheduled_per_s)
                               : json_null();
}

/* One in each block: escapes may make a text six times as long. */
static void write_exceptions(struct result_writer *writer, const struct exceptions *exceptions)
{
    json_t *list = exceptions_to_json(exceptions);
    for (size_t i = 0; i < json_array_size(list); i++) {
        put_json(writer, take(writer), BLOCK_EXCEPTION, json_incref(json_array_get(list, i)));
    }
    json_decref(list);
}

static void write_workers(struct result_writer *writer, const struct summary *summary)
{
    for (size_t i = 0; i < summary->generator_count; i++) {
        if (summary->generators[i].is_worker) {
            put_json(writer, take(writer), BLOCK_WORKER,
                     summary_worker_to_json(&summary->generators[i]));
        }
    }
}

void journal_write_end(struct result_writer *writer, const struct summary *summary,
                       const struct targets *targets)
{
    if (writer) {
        write_exceptions(writer, &summary->exceptions);
        write_workers(writer, summary);
        put_json(
            writer, take(writer), BLOCK_END,
            json_pack(
                "{s:o, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:I, s:I, "
                "s:o, s:o, s:o, s:I, s:b, s:s, s:I, s:I, s:I}",
                "changes", changes_to_json(summary), "intended", (json_int_t)summary->intended,
                "started", (json_int_t)summary->started, "not_started",
                (json_int_t)summary->not_started, "names_without_row",
                (json_int_t)summary->rows.others, "not_started_by_target",
                not_started_to_json(summary, targets), "too_late", (json_int_t)summary->too_late,
                "iterations", (json_int_t)summary->iterations, "iterations_dropped",
                (json_int_t)summary->iterations_dropped, "abandoned",
                (json_int_t)summary->abandoned, "retried",
                (json_int_t)summary->tally->counters.retried, "interrupted",
                summary->is_interrupted, "aborted", summary->is_aborted, "lost_seconds",
                (json_int_t)summary->lost_seconds, "lost_connects",
                (json_int_t)summary->lost_connects, "spread", spread_to_json(&summary->spread),
                "counters", counters_to_json(&summary->tally->counters), "generator",
                generator_to_json(&summary->generator), "unknown", (json_int_t)summary->unknown,
                "unknown_is_least", summary->is_unknown_least, "lost", summary->lost,
                "iterations_unknown", (json_int_t)summary->iterations_unknown, "lost_rows",
                (json_int_t)summary->lost_rows, "users_moved", (json_int_t)summary->users_moved));
        result_writer_drain(writer);
    }
}
