#include "loadgen/web/archive/keeper.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/version.h"
#include "loadgen/base/memory.h"
#include "loadgen/web/archive/documents.h"
#include "loadgen/web/archive/recovery.h"
#include "loadgen/web/history/history.h"
#include "loadgen/web/orders/orders.h"
#include "loadgen/web/page/view.h"

/* The texts of a run, which a struct archive_run borrows. */
struct texts {
#define X(name) char *name;
    ARCHIVE_TEXTS(X)
#undef X
};

static void free_texts(struct texts *texts)
{
#define X(name) free(texts->name);
    ARCHIVE_TEXTS(X)
#undef X
}

static struct archive_run run_of(const struct texts *texts, uint64_t id, uint64_t ended_ms)
{
    struct archive_run run = {.id = id, .ended_ms = ended_ms};
#define X(name) run.name = texts->name;
    ARCHIVE_TEXTS(X)
#undef X
    return run;
}

static char *copy(const char *text)
{
    return text ? memory_of(strdup(text)) : NULL;
}

static char *text_of(const struct err *err)
{
    return err->code == ERR_NONE ? NULL : copy(err->text);
}

static void dump(char **text, json_t *json)
{
    free(*text);
    *text = documents_dump(json);
    json_decref(json);
}

void keeper_second(struct keeper *keeper)
{
    char sentence[sizeof(struct err) + 64];
    struct board *board = keeper->board;
    pthread_mutex_lock(&board->lock);
    bool is_new = board->unkept.code != ERR_NONE && !keeper->has_told;
    snprintf(sentence, sizeof sentence, "the test goes on, but cannot be kept: %s",
             board->unkept.text);
    pthread_mutex_unlock(&board->lock);
    if (is_new) {
        keeper->has_told = true;
        keeper->tell(keeper->context, sentence);
    }
}

static void tell_unkept(struct keeper *keeper, const struct err *why)
{
    board_unkept(keeper->board, why);
    keeper_second(keeper);
}

struct deleted {
    uint64_t last; /* id */
    uint64_t count;
};

static void count_deleted(void *context, uint64_t id)
{
    struct deleted *deleted = context;
    deleted->last = id;
    deleted->count++;
}

static void tell_deleted(const struct keeper *keeper, const struct deleted *deleted)
{
    char sentence[80];
    if (deleted->count == 1) {
        snprintf(sentence, sizeof sentence, "the oldest test was deleted to make room: %" PRIu64,
                 deleted->last);
        keeper->tell(keeper->context, sentence);
    } else if (deleted->count > 1) {
        snprintf(sentence, sizeof sentence,
                 "the oldest %" PRIu64 " tests were deleted to make room", deleted->count);
        keeper->tell(keeper->context, sentence);
    }
}

/*
 * Without a folder, only the last run is kept, so deletions are not reported. A run that cannot be
 * deleted takes space, but does not affect the runs that are kept.
 */
static void prune(struct keeper *keeper)
{
    char sentence[sizeof(struct err) + 64];
    struct archive *archive = keeper->board->archive;
    struct deleted deleted = {0};
    struct err err = {.code = ERR_NONE};
    bool ok = archive_prune(archive, count_deleted, &deleted, &err);
    if (archive_has_files(archive)) {
        tell_deleted(keeper, &deleted);
    }
    if (!ok) {
        snprintf(sentence, sizeof sentence, "an old test was not deleted to make room: %s",
                 err.text);
        keeper->tell(keeper->context, sentence);
    }
}

/* Lost runs. */

static void copy_run(void *context, const struct archive_run *run)
{
    struct texts *texts = context;
#define X(name) texts->name = copy(run->name);
    ARCHIVE_TEXTS(X)
#undef X
}

static uint64_t read_lost(struct texts *texts, uint64_t id, char *path)
{
    struct recovery recovery = {0};
    struct err err = {.code = ERR_NONE};
    uint64_t ended_ms = id;
    if (recovery_read(&recovery, path, &err)) {
        const struct tally *tally = recovery.summary->tally;
        ended_ms = tally->counters.ended > 0 ? tally->end_ns / NS_PER_MS : id;
        texts->report = documents_report(recovery.summary);
        dump(&texts->summary, documents_summary(tally));
        dump(&texts->seconds, view_history(&recovery.history, 0));
    } else {
        texts->unkept = texts->unkept ? texts->unkept : text_of(&err);
    }
    recovery_fini(&recovery);
    return ended_ms;
}

static void recover(void *context, uint64_t id)
{
    struct keeper *keeper = context;
    struct archive *archive = keeper->board->archive;
    struct texts texts = {0};
    struct err err = {.code = ERR_NONE};
    if (!archive_find(archive, id, copy_run, &texts, &err)) {
        return;
    }
    bool is_search = strcmp(texts.kind, run_kind_names[RUN_CAPACITY]) == 0;
    char *path = archive_path(archive, id, texts.kind);
    uint64_t ended_ms = path && !is_search ? read_lost(&texts, id, path) : id;
    free(texts.state);
    texts.state = copy("lost");
    const struct archive_run run = run_of(&texts, id, ended_ms);
    if (!archive_put(archive, &run, &err)) {
        keeper->tell(keeper->context, err.text);
    }
    free(path);
    free_texts(&texts);
}

bool keeper_open(struct keeper *keeper, struct err *err)
{
    struct board *board = keeper->board;
    uint64_t newest = archive_newest(board->archive);
    board->generation = newest > board->generation ? newest : board->generation;
    if (!archive_visit_lost(board->archive, recover, keeper, err)) {
        return false;
    }
    prune(keeper);
    return true;
}

/* Runs. */

static void take_order(struct texts *texts, const struct board *board)
{
    texts->kind = copy(run_kind_names[board->order.kind]);
    texts->version = copy(version_number);
    dump(&texts->asked, orders_to_json(&board->order));
}

static bool add_run(struct keeper *keeper, struct err *err)
{
    struct board *board = keeper->board;
    struct texts texts = {.state = copy("running")};
    pthread_mutex_lock(&board->lock);
    uint64_t id = board->generation;
    take_order(&texts, board);
    pthread_mutex_unlock(&board->lock);
    const struct archive_run run = run_of(&texts, id, 0);
    bool ok = archive_put(board->archive, &run, err);
    keeper->file = ok ? archive_path(board->archive, id, texts.kind) : NULL;
    free_texts(&texts);
    return ok;
}

void keeper_begin(struct keeper *keeper)
{
    struct err err = {.code = ERR_NONE};
    keeper->has_told = false;
    if (!add_run(keeper, &err)) {
        tell_unkept(keeper, &err);
    }
    prune(keeper);
}

/* With the lock of the board. */
static void take_findings(struct texts *texts, const struct board *board)
{
    take_order(texts, board);
    texts->unkept = text_of(&board->unkept);
    texts->verdict = documents_dump(board->verdict);
    texts->search = documents_dump(board->search);
    dump(&texts->seconds, view_history(&board->history, 0));
    if (board->order.kind == RUN_CAPACITY) {
        texts->report = documents_dump(board->result);
    }
}

static void take_summary(struct texts *texts, const struct summary *summary)
{
    texts->report = documents_report(summary);
    dump(&texts->summary, documents_summary(summary->tally));
}

void keeper_end(struct keeper *keeper, const struct summary *summary, const struct err *problem)
{
    struct board *board = keeper->board;
    struct err err = {.code = ERR_NONE};
    struct texts texts = {.state = copy(problem ? "failed" : "stopped")};
    texts.problem = problem ? text_of(problem) : NULL;
    pthread_mutex_lock(&board->lock);
    uint64_t id = board->generation;
    bool is_search = board->order.kind == RUN_CAPACITY;
    take_findings(&texts, board);
    pthread_mutex_unlock(&board->lock);
    keeper_second(keeper);
    if (!is_search && summary && summary->has_plan) {
        take_summary(&texts, summary);
    }
    const struct archive_run run = run_of(&texts, id, clock_wall_ns() / NS_PER_MS);
    if (!archive_put(board->archive, &run, &err)) {
        tell_unkept(keeper, &err);
    }
    prune(keeper);
    free_texts(&texts);
    free(keeper->file);
    keeper->file = NULL;
}

void keeper_close(struct keeper *keeper)
{
    free(keeper->file);
    keeper->file = NULL;
}
