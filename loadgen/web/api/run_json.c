#include "loadgen/web/api/run_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/slice.h"
#include "common/version.h"
#include "loadgen/base/json/json_bytes.h"
#include "loadgen/web/archive/archive.h"
#include "loadgen/web/archive/documents.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/orders/orders.h"

bool run_json_read_id(const char *text, uint64_t *id)
{
    size_t length = strspn(text, "0123456789");
    *id = strtoull(text, NULL, 10);
    return length > 0 && length < 20 && text[length] == '\0' && *id > 0 && *id <= INT64_MAX;
}

static void set(json_t *json, const char *key, json_t *value)
{
    json_object_set_new(json, key, value);
}

static json_t *text_or_null(const char *text)
{
    return text ? json_clean(slice_of(text)) : json_null();
}

static json_t *number_or_null(uint64_t number)
{
    return number > 0 ? json_integer((json_int_t)number) : json_null();
}

/* A copy, because two threads must not use a Jansson value at the same time. */
static json_t *copy_or_null(const json_t *json)
{
    return json ? json_deep_copy(json) : json_null();
}

/* JSON that is stored as text. */
static json_t *kept_or_null(const char *text)
{
    json_t *json = text ? json_loads(text, 0, NULL) : NULL;
    return json ? json : json_null();
}

static json_t *id_to_json(uint64_t id)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, id);
    return json_string(text);
}

static bool has_file(const struct archive *archive, uint64_t id, const char *kind)
{
    struct stat status;
    char *path = archive_path(archive, id, kind);
    bool has = path && lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
    free(path);
    return has;
}

/*
 * What /result sends: the document of a search that is complete, also without a folder, or a file.
 * A search that was stopped has a result on the page, but no document.
 */
static json_t *has_result(const struct archive *archive, const struct archive_run *run)
{
    bool is_search = strcmp(run->kind, run_kind_names[RUN_CAPACITY]) == 0;
    return json_boolean((is_search && run->has_report) || has_file(archive, run->id, run->kind));
}

/* With the board's lock. Without `has_result`. */
static json_t *live_to_json(const struct board *board)
{
    bool is_search = board->order.kind == RUN_CAPACITY;
    bool has_failed = !board_is_on(board) && board->problem.code != ERR_NONE;
    const char *kind = run_kind_names[board->order.kind];
    json_t *json = json_object();
    set(json, "id", id_to_json(board->generation));
    set(json, "kind", json_string(kind));
    set(json, "state", json_string(has_failed ? "failed" : board_state(board)));
    set(json, "begun_ms", number_or_null(board->generation));
    set(json, "ended_ms", json_null());
    set(json, "order", orders_to_json(&board->order));
    set(json, "summary", is_search ? json_null() : documents_summary(board->stats.total));
    set(json, "verdict", copy_or_null(board->verdict));
    set(json, "search", copy_or_null(board->search));
    set(json, "problem", text_or_null(has_failed ? board->problem.text : NULL));
    set(json, "unkept", text_or_null(board->unkept.code != ERR_NONE ? board->unkept.text : NULL));
    set(json, "version", json_string(version_number));
    return json;
}

/* A run that is not active, but has no end in the archive, because writing it failed. */
static json_t *stored_to_json(const struct archive *archive, const struct archive_run *run)
{
    json_t *json = json_object();
    set(json, "id", id_to_json(run->id));
    set(json, "kind", text_or_null(run->kind));
    set(json, "state", text_or_null(run->ended_ms > 0 ? run->state : "lost"));
    set(json, "begun_ms", number_or_null(run->id));
    set(json, "ended_ms", number_or_null(run->ended_ms));
    set(json, "order", kept_or_null(run->asked));
    set(json, "summary", kept_or_null(run->summary));
    set(json, "verdict", kept_or_null(run->verdict));
    set(json, "search", kept_or_null(run->search));
    set(json, "problem", text_or_null(run->problem));
    set(json, "unkept", text_or_null(run->unkept));
    set(json, "has_result", has_result(archive, run));
    set(json, "version", text_or_null(run->version));
    return json;
}

bool run_json_is_on(struct board *board, uint64_t id)
{
    pthread_mutex_lock(&board->lock);
    bool is_on = board_is_on(board) && board->generation == id;
    pthread_mutex_unlock(&board->lock);
    return is_on;
}

/* The active run, or a run that could not be archived and was not deleted. NULL: none. */
static json_t *take_live(struct board *board, uint64_t *id)
{
    json_t *json = NULL;
    pthread_mutex_lock(&board->lock);
    *id = board->generation;
    const char *kind = run_kind_names[board->order.kind];
    bool is_left = board->unkept.code != ERR_NONE && board->deleted != board->generation;
    if (board_is_on(board) || is_left) {
        json = live_to_json(board);
    }
    pthread_mutex_unlock(&board->lock);
    if (json) { /* the file system may take long, and the run waits for the lock every second */
        set(json, "has_result", json_boolean(has_file(board->archive, *id, kind)));
    }
    return json;
}

struct listing {
    const struct archive *archive;
    json_t *live; /* NULL: none */
    uint64_t live_id;
    bool is_on;
    json_t *list;
};

/* The board has newer data of an active run than the archive. */
static void add_run(void *context, const struct archive_run *run)
{
    struct listing *listing = context;
    bool is_live = listing->live && run->id == listing->live_id;
    if (is_live && (listing->is_on || run->ended_ms == 0)) {
        json_array_append(listing->list, listing->live);
    } else {
        json_array_append_new(listing->list, stored_to_json(listing->archive, run));
    }
    if (is_live) {
        listing->live_id = 0;
    }
}

static struct listing begin(struct board *board)
{
    struct listing listing = {.archive = board->archive, .list = json_array()};
    listing.live = take_live(board, &listing.live_id);
    listing.is_on = run_json_is_on(board, listing.live_id);
    return listing;
}

json_t *run_json_list(struct board *board, uint64_t max, struct err *err)
{
    struct listing listing = begin(board);
    bool ok = archive_list(board->archive, max, add_run, &listing, err);
    if (listing.live && listing.live_id > 0) {
        json_array_insert(listing.list, 0, listing.live);
    }
    if (json_array_size(listing.list) > max) {
        json_array_remove(listing.list, (size_t)max);
    }
    json_decref(listing.live);
    if (!ok) {
        json_decref(listing.list);
    }
    return ok ? listing.list : NULL;
}

json_t *run_json_find(struct board *board, uint64_t id, struct err *err)
{
    struct listing listing = begin(board);
    archive_find(board->archive, id, add_run, &listing, err);
    if (listing.live && listing.live_id == id) {
        json_array_append(listing.list, listing.live);
    }
    json_t *json = json_incref(json_array_get(listing.list, 0));
    json_decref(listing.live);
    json_decref(listing.list);
    return json;
}
