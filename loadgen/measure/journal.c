#include "loadgen/measure/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/version.h"
#include "loadgen/measure/result_codec.h"
#include "loadgen/target/utf8.h"

enum { FORMAT = 2 };

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
                 json_pack("{s:i, s:s, s:s, s:O, s:{s:I, s:I}}", "format", FORMAT, "version",
                           version_number, "commit", version_commit, "plan", plan, "clock", "wall",
                           (json_int_t)wall_ns, "monotonic", (json_int_t)monotonic_ns));
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

/* Reading. */

/* Which row of the report a target, or an address, of this file has. */
struct row_map {
    uint8_t *rows;
    size_t count;
};

struct reading {
    struct summary *summary;
    journal_result_fn *each; /* NULL: nobody wants them one by one */
    void *context;
    uint64_t wall_start_ns; /* of this file */
    struct row_map targets;
    struct row_map addresses;
    uint64_t results;
    uint64_t expected; /* results, as the end has it */
    uint64_t damaged;  /* blocks */
    uint64_t lost;     /* bytes in them */
    bool has_header;
    bool has_end; /* of the last run: streams may follow one another in one file */
};

static uint64_t integer(const json_t *json, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(json, key));
    return value > 0 ? (uint64_t)value : 0;
}

/* Files go to terminals: what loadgen would not have written there is not shown. */
static const char *shown(const char *text)
{
    return text && utf8_is_text(text) ? text : "?";
}

/* How many a second that is, rounded. */
static uint64_t per_second(uint64_t count, uint64_t per_ns)
{
    double rate = (double)count * (double)NS_PER_S / (double)per_ns + 0.5;
    return rate < (double)INT64_MAX ? (uint64_t)rate : INT64_MAX;
}

/* Constant rates add up, those of several files as well; all else is words. */
static void add_schedule(struct summary *summary, const json_t *plan)
{
    const json_t *rate = json_object_get(plan, "rate");
    const json_t *schedule = json_object_get(plan, "schedule");
    const char *kind = json_string_value(json_object_get(schedule, "kind"));
    const char *words = json_string_value(json_object_get(schedule, "words"));
    if (kind && words && strcmp(kind, "constant") != 0) {
        summary_add_schedule(summary, shown(words));
        return;
    }
    uint64_t count = integer(rate, "count");
    uint64_t per_ns = integer(rate, "per");
    if (summary->rate_per_ns != 0 && summary->rate_per_ns != per_ns && per_ns != 0) {
        count = per_second(count, per_ns);
        summary->rate_count = per_second(summary->rate_count, summary->rate_per_ns);
        per_ns = NS_PER_S;
    }
    summary->rate_count += count;
    summary->rate_per_ns = per_ns;
}

static void take_header(struct reading *reading, const json_t *json)
{
    struct summary *summary = reading->summary;
    reading->wall_start_ns = integer(json_object_get(json, "clock"), "wall");
    reading->has_header = integer(json, "format") == FORMAT;
    reading->has_end = false;
    reading->targets.count = 0;
    reading->addresses.count = 0;
    summary->has_plan = true;
    const json_t *plan = json_object_get(json, "plan");
    summary->asked_per_s +=
        json_number_value(json_object_get(json_object_get(plan, "schedule"), "mean_per_second"));
    add_schedule(summary, plan);
}

/*
 * Targets and addresses come in their order. A file that lost some has the rest in the row of the
 * others; there were no more of them than bytes that were lost.
 */
static void take_names(struct reading *reading, struct row_map *map, struct rows *rows,
                       const json_t *json, const char *key)
{
    const json_t *list = json_object_get(json, key);
    size_t first = integer(json, "first");
    size_t count = json_array_size(list);
    if (first < map->count || first - map->count > reading->lost || count == 0) {
        return;
    }
    uint8_t *larger = realloc(map->rows, first + count);
    if (!larger) {
        return;
    }
    map->rows = larger;
    memset(larger + map->count, ROWS_OTHER, first - map->count);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        const json_t *name = json_is_object(item) ? json_object_get(item, "name") : item;
        larger[first + i] = rows_add(rows, shown(json_string_value(name)));
    }
    map->count = first + count;
}

static uint8_t row_of(const struct row_map *map, uint32_t index)
{
    return index < map->count ? map->rows[index] : ROWS_OTHER;
}

static void take_not_started(struct reading *reading, const json_t *list)
{
    size_t i = 0;
    const json_t *pair = NULL;
    json_array_foreach(list, i, pair)
    {
        json_int_t target = json_integer_value(json_array_get(pair, 0));
        json_int_t count = json_integer_value(json_array_get(pair, 1));
        if (target >= 0 && target < UINT32_MAX && count > 0) {
            uint8_t row = row_of(&reading->targets, (uint32_t)target);
            reading->summary->rows_not_started[row] += (uint64_t)count;
        }
    }
}

static void take_end(struct reading *reading, const json_t *json)
{
    struct summary *summary = reading->summary;
    reading->has_end = true;
    summary->intended += integer(json, "intended");
    summary->started += integer(json, "started");
    summary->not_started += integer(json, "not_started");
    summary->too_late += integer(json, "too_late");
    summary->lost_seconds += integer(json, "lost_seconds");
    summary->is_interrupted |= json_is_true(json_object_get(json, "interrupted"));
    summary->is_aborted |= json_is_true(json_object_get(json, "aborted"));
    take_not_started(reading, json_object_get(json, "not_started_by_target"));
    struct generator generator = generator_from_json(json_object_get(json, "generator"));
    generator_merge(&summary->generator, &generator);
    reading->expected += integer(json, "started");
}

static bool take_results(struct reading *reading, struct block *block)
{
    struct result_decoder decoder;
    struct result result;
    enum result_decode state = RESULT_DECODE_END;
    result_decoder_begin(&decoder, block, &reading->summary->texts);
    while ((state = result_decoder_next(&decoder, &result)) == RESULT_DECODE_OK) {
        /* Files start at different times, so here moments count from 1970. */
        result.intended_ns += reading->wall_start_ns;
        result.row = row_of(&reading->targets, result.target);
        result.address_row = row_of(&reading->addresses, result.address);
        tally_add(reading->summary->tally, &result);
        if (reading->each) {
            reading->each(reading->context, &result);
        }
        reading->results++;
    }
    return state == RESULT_DECODE_END;
}

static bool take_block(struct reading *reading, struct block *block)
{
    if (block->type == BLOCK_RESULTS) {
        return reading->has_header && take_results(reading, block);
    }
    struct summary *summary = reading->summary;
    json_t *json = NULL;
    switch (block->type) {
    case BLOCK_HEADER:
    case BLOCK_TARGETS:
    case BLOCK_ADDRESSES:
    case BLOCK_END:
        json = json_loadb((const char *)block_payload(block), block->length, 0, NULL);
        break;
    default: /* a second, or what a later version writes */
        return true;
    }
    if (!json) {
        return false;
    }
    if (block->type == BLOCK_HEADER) {
        take_header(reading, json);
    } else if (block->type == BLOCK_TARGETS) {
        take_names(reading, &reading->targets, &summary->rows, json, "targets");
    } else if (block->type == BLOCK_ADDRESSES) {
        take_names(reading, &reading->addresses, &summary->addresses, json, "addresses");
    } else {
        take_end(reading, json);
    }
    json_decref(json);
    return true;
}

/* Reads blocks up to the end or the cut; false with the reason when the first is no header. */
static bool read_blocks(struct reading *reading, struct block *block, FILE *in, struct err *err)
{
    enum block_read state = BLOCK_READ_OK;
    while ((state = block_read(block, in)) == BLOCK_READ_OK || state == BLOCK_READ_DAMAGE) {
        bool is_good = state == BLOCK_READ_OK && take_block(reading, block);
        if (!reading->has_header) {
            break;
        }
        reading->damaged += !is_good;
        reading->lost += is_good ? 0 : block->length;
    }
    if (state == BLOCK_READ_FAIL) {
        return err_set(err, ERR_FAILED, "cannot read: %s", strerror(errno));
    }
    if (!reading->has_header) {
        return err_set(err, ERR_FAILED,
                       "no results of loadgen attack in it (JSON and CSV are not there yet)");
    }
    reading->damaged += state == BLOCK_READ_LOST;
    /* The end knows how many results there are: fewer mean that blocks were lost. */
    if (reading->has_end && reading->expected != reading->results && reading->damaged == 0) {
        reading->damaged++;
    }
    reading->summary->damaged += reading->damaged;
    reading->summary->is_cut_short |= !reading->has_end;
    return true;
}

bool journal_read(FILE *in, const char *name, struct summary *summary, struct err *err)
{
    return journal_read_each(in, name, summary, NULL, NULL, err);
}

bool journal_read_each(FILE *in, const char *name, struct summary *summary, journal_result_fn *each,
                       void *context, struct err *err)
{
    struct reading reading = {.summary = summary, .each = each, .context = context};
    struct block *block = malloc(sizeof *block);
    bool ok = block ? read_blocks(&reading, block, in, err)
                    : err_set(err, ERR_FAILED, "not enough memory");
    free(block);
    free(reading.targets.rows);
    free(reading.addresses.rows);
    return ok || err_prefix(err, "%s", name);
}
