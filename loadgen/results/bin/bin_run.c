#include "loadgen/results/bin/bin_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/memory.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/binary/journal.h"
#include "loadgen/target/targets.h"

void bin_run_fini(struct bin_run *run)
{
    free(run->targets);
    free(run->address_rows);
    bytes_free(&run->texts);
    json_decref(run->environment);
}

static uint64_t integer(const json_t *json, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(json, key));
    return value > 0 ? (uint64_t)value : 0;
}

/* Names reach terminals: texts that loadgen would not have written become "?". */
static const char *shown(const char *text)
{
    return text && utf8_is_text(text) ? text : "?";
}

/* Per second, rounded. */
static uint64_t per_second(uint64_t count, uint64_t per_ns)
{
    double rate = (double)count * (double)NS_PER_S / (double)per_ns + 0.5;
    return rate < (double)INT64_MAX ? (uint64_t)rate : INT64_MAX;
}

/* Constant rates add up, across files too; other schedules are kept as words. */
static void add_schedule(struct bin_run *run, const json_t *plan)
{
    struct summary *summary = run->summary;
    const json_t *rate = json_object_get(plan, "rate");
    const json_t *schedule = json_object_get(plan, "schedule");
    const char *kind = json_string_value(json_object_get(schedule, "kind"));
    const char *words = json_string_value(json_object_get(schedule, "words"));
    run->scheduled_per_s = json_number_value(json_object_get(schedule, "mean_per_second"));
    summary->scheduled_per_s += run->scheduled_per_s;
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

/* Stores a text (NULL: "") and returns its offset. */
static size_t keep(struct bin_run *run, const char *text)
{
    size_t at = run->texts.length;
    bytes_add(&run->texts, text ? text : "", text ? strlen(text) + 1 : 1);
    return run->texts.length > at ? at : 0;
}

/* Copies the strings, numbers and nulls of this object. NULL: it is not an object. */
static json_t *read_environment(const json_t *header)
{
    const char *key;
    json_t *value;
    json_t *json = json_object_get(header, "environment");
    json_t *copy = json_is_object(json) ? json_object() : NULL;
    json_object_foreach(json, key, value)
    {
        const char *text = json_string_value(value);
        bool is_plain = json_is_number(value) || json_is_null(value);
        if (text) {
            json_object_set_new(copy, key, json_string(shown(text)));
        } else if (is_plain) {
            json_object_set(copy, key, value);
        }
    }
    return copy;
}

static void take_environment(struct bin_run *run, const json_t *header)
{
    json_decref(run->environment);
    run->environment = read_environment(header);
    if (!run->summary->environment) {
        run->summary->environment = json_incref(run->environment);
    }
}

bool bin_run_take_header(struct bin_run *run, const json_t *json, struct err *err)
{
    struct summary *summary = run->summary;
    const json_t *plan = json_object_get(json, "plan");
    uint64_t format = integer(json, "format");
    if (format != JOURNAL_FORMAT) {
        const char *version = json_string_value(json_object_get(json, "version"));
        return err_set(err, ERR_FAILED,
                       "results in format %" PRIu64
                       ", written by loadgen %.32s; this loadgen reads "
                       "format %d. Use the version that wrote them",
                       format, shown(version), JOURNAL_FORMAT);
    }
    run->wall_ns = integer(json_object_get(json, "clock"), "wall");
    run->has_header = true;
    run->is_open = true;
    run->has_plan = json_is_object(plan);
    run->results = 0;
    run->target_count = 0;
    run->address_count = 0;
    summary->open_runs++;
    take_environment(run, json);
    bytes_clear(&run->texts);
    keep(run, "");
    run->attack = keep(run, json_string_value(json_object_get(plan, "name")));
    if (run->has_plan) {
        summary->has_plan = true;
        summary->plan = summary->plan ? summary->plan : json_incref(json_object_get(json, "plan"));
        summary->lacks_results |= json_is_false(json_object_get(plan, "results"));
        summary->lacks_answers |= !json_is_integer(json_object_get(plan, "max_body"));
        add_schedule(run, plan);
    }
    return true;
}

/*
 * Grows a list of `count` items to hold items `first` to `first + more`. Names come in order. Items
 * lost in a damaged file are set to zero; there cannot be more of them than lost bytes. NULL if
 * there is nothing to add.
 */
static void *make_room(const struct bin_run *run, void *list, size_t size, size_t *count,
                       size_t first, size_t more)
{
    if (first < *count || first - *count > run->lost_bytes || more == 0) {
        return NULL;
    }
    uint8_t *larger = memory_of(realloc(list, (first + more) * size));
    memset(larger + *count * size, 0, (first - *count) * size);
    *count = first + more;
    return larger;
}

/*
 * Further names of this run share a row, so only the first `count` targets have all their results
 * in separate rows.
 */
static void note_full(struct bin_run *run, size_t count)
{
    struct rows *rows = &run->summary->rows;
    uint64_t hashes[ROWS_MAX];
    bool is_named[ROWS_ALL] = {[ROWS_OTHER] = true};
    size_t named = 0;
    for (size_t i = 0; i < count; i++) {
        uint16_t row = run->targets[i].row;
        if (!is_named[row]) {
            is_named[row] = true;
            hashes[named++] = rows->hashes[row];
        }
    }
    rows_merge_full(rows, hashes, named, 0);
}

void bin_run_take_targets(struct bin_run *run, const json_t *json)
{
    const json_t *list = json_object_get(json, "targets");
    size_t first = integer(json, "first");
    size_t before = run->target_count;
    struct bin_target *larger = make_room(run, run->targets, sizeof *larger, &run->target_count,
                                          first, json_array_size(list));
    if (!larger) {
        return;
    }
    run->targets = larger;
    for (size_t i = before; i < first; i++) {
        larger[i].row = ROWS_OTHER;
    }
    for (size_t i = first; i < run->target_count; i++) {
        const json_t *item = json_array_get(list, i - first);
        const json_t *attack = json_object_get(item, "attack");
        const char *name = json_string_value(json_object_get(item, "name"));
        larger[i] = (struct bin_target){.row = rows_add(&run->summary->rows, shown(name))};
        const char *url = json_string_value(json_object_get(item, "url"));
        if (url && strcmp(url, TARGET_OTHERS) == 0) {
            note_full(run, i + 1);
        }
        if (run->with_texts) {
            larger[i].attack = attack ? keep(run, json_string_value(attack)) : run->attack;
            larger[i].method = keep(run, json_string_value(json_object_get(item, "method")));
            larger[i].url = keep(run, url);
        }
    }
}

void bin_run_take_addresses(struct bin_run *run, const json_t *json)
{
    const json_t *list = json_object_get(json, "addresses");
    size_t first = integer(json, "first");
    size_t before = run->address_count;
    uint16_t *larger = make_room(run, run->address_rows, sizeof *larger, &run->address_count, first,
                                 json_array_size(list));
    if (!larger) {
        return;
    }
    run->address_rows = larger;
    for (size_t i = before; i < first; i++) {
        larger[i] = ROWS_OTHER;
    }
    for (size_t i = first; i < run->address_count; i++) {
        const char *name = json_string_value(json_array_get(list, i - first));
        larger[i] = rows_add(&run->summary->addresses, shown(name));
    }
}

static uint16_t target_row(const struct bin_run *run, uint64_t target)
{
    return target < run->target_count ? run->targets[target].row : ROWS_OTHER;
}

static void take_not_started(struct bin_run *run, const json_t *list)
{
    size_t i = 0;
    const json_t *pair = NULL;
    json_array_foreach(list, i, pair)
    {
        json_int_t target = json_integer_value(json_array_get(pair, 0));
        json_int_t count = json_integer_value(json_array_get(pair, 1));
        if (target >= 0 && count > 0) {
            run->summary->rows_not_started[target_row(run, (uint64_t)target)] += (uint64_t)count;
        }
    }
}

static void take_spread(struct summary *summary, const json_t *json)
{
    struct spread spread = {
        .addresses = integer(json, "addresses"),
        .least = integer(json, "least"),
        .most = integer(json, "most"),
    };
    snprintf(spread.host, sizeof spread.host, "%s",
             shown(json_string_value(json_object_get(json, "host"))));
    if (spread.most >= spread.least) {
        spread_merge(&summary->spread, &spread);
    }
}

/* A run without a plan or an end is known by its results only. */
static void count_results(struct bin_run *run)
{
    run->summary->intended += run->results;
    run->summary->started += run->results;
    run->summary->unplanned += run->results;
}

static void take_lost(struct summary *summary, const json_t *json)
{
    summary->users_moved += integer(json, "users_moved");
    const char *lost = json_string_value(json_object_get(json, "lost"));
    if (lost && *lost) {
        summary_add_lost(summary, shown(lost), integer(json, "unknown"),
                         json_is_true(json_object_get(json, "unknown_is_least")));
    }
}

/* Schedules that replaced that of the plan. */
static void take_changes(struct bin_run *run, const json_t *changes)
{
    const char *words = json_string_value(json_object_get(changes, "words"));
    if (words) {
        double scheduled_per_s = json_number_value(json_object_get(changes, "mean_per_second"));
        summary_add_changes(run->summary, shown(words));
        run->summary->scheduled_per_s += scheduled_per_s - run->scheduled_per_s;
    }
}

void bin_run_take_worker(struct bin_run *run, const json_t *json)
{
    summary_add_worker_from_json(run->summary, json);
    run->has_workers = true;
}

uint64_t bin_run_take_end(struct bin_run *run, const json_t *json)
{
    struct summary *summary = run->summary;
    const json_t *started = json_object_get(json, "started");
    const json_t *generator = json_object_get(json, "generator");
    summary->open_runs -= run->is_open;
    run->is_open = false;
    if (!run->has_plan) {
        count_results(run);
        return json_is_integer(started) ? integer(json, "started") : UINT64_MAX;
    }
    summary->intended += integer(json, "intended");
    summary->started += integer(json, "started");
    summary->not_started += integer(json, "not_started");
    summary->too_late += integer(json, "too_late");
    summary->iterations += integer(json, "iterations");
    summary->iterations_dropped += integer(json, "iterations_dropped");
    summary->iterations_unknown += integer(json, "iterations_unknown");
    summary->lost_rows += integer(json, "lost_rows");
    summary->abandoned += integer(json, "abandoned");
    take_lost(summary, json);
    summary->lost_seconds += integer(json, "lost_seconds");
    summary->lost_connects += integer(json, "lost_connects");
    rows_expect_others(&summary->rows, integer(json, "names_without_row"));
    take_spread(summary, json_object_get(json, "spread"));
    take_changes(run, json_object_get(json, "changes"));
    summary->is_interrupted |= json_is_true(json_object_get(json, "interrupted"));
    summary->is_aborted |= json_is_true(json_object_get(json, "aborted"));
    take_not_started(run, json_object_get(json, "not_started_by_target"));
    if (json_is_object(generator) && !run->has_workers) {
        struct generator state = generator_from_json(generator);
        summary_add_generator(summary, run->name, &state, run->environment);
    }
    uint64_t abandoned = integer(json, "abandoned");
    return abandoned < integer(json, "started") ? integer(json, "started") - abandoned : 0;
}

bool bin_run_close(struct bin_run *run)
{
    bool is_cut = run->is_open;
    if (is_cut) {
        count_results(run);
        run->summary->open_runs--;
        run->summary->is_cut_short = true;
        run->is_open = false;
    }
    return is_cut;
}

void bin_run_locate(const struct bin_run *run, struct result *result)
{
    /* Files start at different times, so moments count from 1970 here. */
    result->intended_ns += run->wall_ns;
    result->row = target_row(run, result->target);
    result->address_row =
        result->address < run->address_count ? run->address_rows[result->address] : ROWS_OTHER;
}

static struct slice text_at(const struct bin_run *run, size_t at)
{
    const char *text = run->texts.at ? run->texts.at + at : "";
    return (struct slice){text, strlen(text)};
}

void bin_run_name(const struct bin_run *run, struct record *record)
{
    const struct bin_target unknown = {.attack = run->attack};
    uint32_t index = record->result.target;
    const struct bin_target *target = index < run->target_count ? &run->targets[index] : &unknown;
    record->attack = text_at(run, target->attack);
    record->method = text_at(run, target->method);
    record->url = text_at(run, target->url);
}
