#include "loadgen/measure/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/version.h"
#include "loadgen/measure/result_codec.h"
#include "loadgen/target/utf8.h"

enum { FORMAT = 1 };

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

void journal_write_end(struct result_writer *writer, const struct summary *summary)
{
    if (writer) {
        put_json(writer, take(writer), BLOCK_END,
                 json_pack("{s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:o, s:o}", "intended",
                           (json_int_t)summary->intended, "started", (json_int_t)summary->started,
                           "not_started", (json_int_t)summary->not_started, "too_late",
                           (json_int_t)summary->too_late, "retried",
                           (json_int_t)summary->tally->counters.retried, "interrupted",
                           summary->is_interrupted, "lost_seconds",
                           (json_int_t)summary->lost_seconds, "counters",
                           counters_to_json(&summary->tally->counters), "generator",
                           generator_to_json(&summary->generator)));
    }
}

/* Reading. */

struct reading {
    struct summary *summary;
    uint64_t wall_start_ns; /* of this file */
    uint8_t *rows;          /* by index of the target */
    size_t target_count;
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
    reading->target_count = 0;
    summary->has_plan = true;
    add_schedule(summary, json_object_get(json, "plan"));
}

/*
 * Targets come in their order. A file that lost some has the rest in the row of the others; there
 * were no more of them than bytes that were lost.
 */
static void take_targets(struct reading *reading, const json_t *json)
{
    const json_t *list = json_object_get(json, "targets");
    size_t first = integer(json, "first");
    size_t count = json_array_size(list);
    if (first < reading->target_count || first - reading->target_count > reading->lost ||
        count == 0) {
        return;
    }
    uint8_t *larger = realloc(reading->rows, first + count);
    if (!larger) {
        return;
    }
    reading->rows = larger;
    memset(larger + reading->target_count, ROWS_OTHER, first - reading->target_count);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_object_get(json_array_get(list, i), "name"));
        larger[first + i] = rows_add(&reading->summary->rows, shown(name));
    }
    reading->target_count = first + count;
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
        result.row =
            result.target < reading->target_count ? reading->rows[result.target] : ROWS_OTHER;
        tally_add(reading->summary->tally, &result);
        reading->results++;
    }
    return state == RESULT_DECODE_END;
}

static bool take_block(struct reading *reading, struct block *block)
{
    if (block->type == BLOCK_RESULTS) {
        return reading->has_header && take_results(reading, block);
    }
    if (block->type != BLOCK_HEADER && block->type != BLOCK_TARGETS && block->type != BLOCK_END) {
        return true;
    }
    json_t *json = json_loadb((const char *)block_payload(block), block->length, 0, NULL);
    if (json && block->type == BLOCK_HEADER) {
        take_header(reading, json);
    } else if (json && block->type == BLOCK_TARGETS) {
        take_targets(reading, json);
    } else if (json) {
        take_end(reading, json);
    }
    json_decref(json);
    return json != NULL;
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
    struct reading reading = {.summary = summary};
    struct block *block = malloc(sizeof *block);
    bool ok = block ? read_blocks(&reading, block, in, err)
                    : err_set(err, ERR_FAILED, "not enough memory");
    free(block);
    free(reading.rows);
    return ok || err_prefix(err, "%s", name);
}
