#include "loadgen/web/archive/archive.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loadgen/base/memory.h"

struct archive {
    sqlite3 *database;
    char *folder; /* NULL: in memory */
    struct archive_limits limits;
    pthread_mutex_t lock;
};

/* Suffixes of result files (loadgen/run) and of journals (capacity/trial). */
static const char *const suffixes[] = {"results", "journal"};

/* Each upgrades the index by one version. */
static const char *const migrations[] = {
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, ended_ms INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " kind TEXT NOT NULL, state TEXT NOT NULL, version TEXT, problem TEXT, unkept TEXT, asked TEXT,"
    " summary TEXT, verdict TEXT, search TEXT, seconds TEXT, report TEXT);"
    "PRAGMA user_version = 1;",
};
enum { VERSION = sizeof migrations / sizeof migrations[0] };

enum { BATCH = 1000 }; /* runs deleted per transaction, which waits for the disk */

/* The first read takes the lock, which is then kept. */
static const char set_up[] = "PRAGMA locking_mode = EXCLUSIVE;"
                             "PRAGMA journal_mode = TRUNCATE;"
                             "PRAGMA synchronous = FULL;"
                             "BEGIN EXCLUSIVE;";

/* The columns of struct archive_run, in its order. */
#define X(name) ", " #name
static const char all_columns[] = "id, ended_ms" ARCHIVE_TEXTS(X);
static const char short_columns[] = "id, ended_ms" ARCHIVE_SHORT_TEXTS(X);
#undef X
#define X(name) COLUMN_##name,
enum { COLUMN_id, COLUMN_ended_ms, ARCHIVE_TEXTS(X) COLUMNS };
#undef X

static bool fail(struct archive *archive, struct err *err)
{
    const char *folder = archive->folder ? archive->folder : "memory";
    if (sqlite3_errcode(archive->database) == SQLITE_BUSY) {
        return err_set(err, ERR_FAILED, "%s: another server keeps its runs there", folder);
    }
    return err_set(err, ERR_FAILED, "%s/runs.db: %s", folder, sqlite3_errmsg(archive->database));
}

/* Opening. */

static bool exec(struct archive *archive, const char *statements, struct err *err)
{
    return sqlite3_exec(archive->database, statements, NULL, NULL, NULL) == SQLITE_OK ||
           fail(archive, err);
}

static sqlite3_stmt *prepare(struct archive *archive, const char *text, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(archive->database, text, -1, &statement, NULL) != SQLITE_OK) {
        fail(archive, err);
    }
    return statement;
}

/* Reads one number. */
static bool read_number(struct archive *archive, const char *text, uint64_t *number,
                        struct err *err)
{
    sqlite3_stmt *statement = prepare(archive, text, err);
    bool ok = statement && (sqlite3_step(statement) == SQLITE_ROW || fail(archive, err));
    *number = ok ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return ok;
}

static bool migrate(struct archive *archive, struct err *err)
{
    uint64_t version = 0;
    bool ok = read_number(archive, "PRAGMA user_version", &version, err);
    if (ok && version > VERSION) {
        return err_set(err, ERR_FAILED, "%s/runs.db was written by a newer version of loadgen",
                       archive->folder);
    }
    for (; ok && version < VERSION; version++) {
        ok = exec(archive, migrations[version], err);
    }
    return ok;
}

static bool make_folder(const char *folder, struct err *err)
{
    return mkdir(folder, 0700) == 0 || errno == EEXIST ||
           err_set(err, ERR_FAILED, "cannot create %s: %s", folder, strerror(errno));
}

static bool open_index(struct archive *archive, struct err *err)
{
    char *path = NULL;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (archive->folder) {
        memory_of(asprintf(&path, "%s/runs.db", archive->folder) < 0 ? NULL : path);
    }
    bool ok =
        sqlite3_open_v2(path ? path : ":memory:", &archive->database, flags, NULL) == SQLITE_OK ||
        fail(archive, err);
    free(path);
    return ok && exec(archive, set_up, err) && migrate(archive, err) &&
           exec(archive, "COMMIT", err);
}

struct archive *archive_open(const char *folder, const struct archive_limits *limits,
                             struct err *err)
{
    struct archive *archive = memory_of(calloc(1, sizeof *archive));
    archive->folder = folder ? memory_of(strdup(folder)) : NULL;
    archive->limits = *limits;
    pthread_mutex_init(&archive->lock, NULL);
    if ((folder && !make_folder(folder, err)) || !open_index(archive, err)) {
        archive_close(archive);
        return NULL;
    }
    return archive;
}

void archive_close(struct archive *archive)
{
    if (archive) {
        sqlite3_close(archive->database);
        pthread_mutex_destroy(&archive->lock);
        free(archive->folder);
        free(archive);
    }
}

bool archive_has_files(const struct archive *archive)
{
    return archive->folder != NULL;
}

/* Files. */

static char *path_of(const struct archive *archive, uint64_t id, const char *suffix)
{
    char *path = NULL;
    memory_of(asprintf(&path, "%s/%" PRIu64 ".%s", archive->folder, id, suffix) < 0 ? NULL : path);
    return path;
}

char *archive_path(const struct archive *archive, uint64_t id, const char *kind)
{
    return archive->folder ? path_of(archive, id, suffixes[strcmp(kind, "capacity") == 0]) : NULL;
}

static uint64_t size_of_file(const struct archive *archive, uint64_t id, const char *kind)
{
    struct stat status;
    char *path = archive_path(archive, id, kind);
    uint64_t bytes = path && stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
    free(path);
    return bytes;
}

static bool delete_files(const struct archive *archive, uint64_t id, struct err *err)
{
    bool ok = true;
    for (size_t i = 0; archive->folder && i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char *path = path_of(archive, id, suffixes[i]);
        ok = ok && (unlink(path) == 0 || errno == ENOENT ||
                    err_set(err, ERR_FAILED, "cannot delete %s: %s", path, strerror(errno)));
        free(path);
    }
    return ok;
}

/* Rows. */

static bool bind_number(sqlite3_stmt *statement, int i, uint64_t number)
{
    return sqlite3_bind_int64(statement, i, (sqlite3_int64)number) == SQLITE_OK;
}

static bool bind_run(const struct archive *archive, sqlite3_stmt *statement,
                     const struct archive_run *run)
{
    uint64_t bytes = size_of_file(archive, run->id, run->kind);
    int i = 0;
    bool ok = bind_number(statement, ++i, run->id) && bind_number(statement, ++i, run->ended_ms);
#define X(name)                                                                                    \
    bytes += run->name ? strlen(run->name) : 0;                                                    \
    ok = ok && sqlite3_bind_text(statement, ++i, run->name, -1, SQLITE_STATIC) == SQLITE_OK;
    ARCHIVE_TEXTS(X)
#undef X
    return ok && bind_number(statement, ++i, bytes);
}

static bool put(struct archive *archive, const struct archive_run *run, struct err *err)
{
    char text[512];
    int length = snprintf(text, sizeof text, "INSERT OR REPLACE INTO runs (%s, bytes) VALUES (?",
                          all_columns);
    for (int i = 0; i < COLUMNS; i++) {
        length += snprintf(text + length, sizeof text - (size_t)length, ", ?");
    }
    snprintf(text + length, sizeof text - (size_t)length, ")");
    sqlite3_stmt *statement = prepare(archive, text, err);
    bool ok = statement &&
              ((bind_run(archive, statement, run) && sqlite3_step(statement) == SQLITE_DONE) ||
               fail(archive, err));
    sqlite3_finalize(statement);
    return ok;
}

bool archive_put(struct archive *archive, const struct archive_run *run, struct err *err)
{
    pthread_mutex_lock(&archive->lock);
    bool ok = put(archive, run, err);
    pthread_mutex_unlock(&archive->lock);
    return ok;
}

uint64_t archive_newest(struct archive *archive)
{
    uint64_t id = 0;
    pthread_mutex_lock(&archive->lock);
    read_number(archive, "SELECT COALESCE(MAX(id), 0) FROM runs", &id, NULL);
    pthread_mutex_unlock(&archive->lock);
    return id;
}

static uint64_t number_at(sqlite3_stmt *statement, int i)
{
    sqlite3_int64 number = sqlite3_column_int64(statement, i);
    return number > 0 ? (uint64_t)number : 0;
}

static struct archive_run read_run(sqlite3_stmt *statement)
{
    int i = 0;
    struct archive_run run = {0};
    run.has_report = number_at(statement, i++) > 0;
    run.id = number_at(statement, i++);
    run.ended_ms = number_at(statement, i++);
#define X(name)                                                                                    \
    if (i < sqlite3_column_count(statement)) {                                                     \
        run.name = (const char *)sqlite3_column_text(statement, i++);                              \
    }
    ARCHIVE_TEXTS(X)
#undef X
    return run;
}

/* Visits the rows that a statement finds; `rest` has one parameter. With the lock. Sets *count. */
static bool visit_all(struct archive *archive, const char *columns, const char *rest,
                      uint64_t parameter, archive_visit_fn *visit, void *context, size_t *count,
                      struct err *err)
{
    char text[512];
    snprintf(text, sizeof text, "SELECT report IS NOT NULL, %s FROM runs %s", columns, rest);
    sqlite3_stmt *statement = prepare(archive, text, err);
    int step = statement && bind_number(statement, 1, parameter) ? SQLITE_ROW : SQLITE_ERROR;
    while (step == SQLITE_ROW && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        const struct archive_run run = read_run(statement);
        visit(context, &run);
        ++*count;
    }
    bool ok = statement && (step == SQLITE_DONE || fail(archive, err));
    sqlite3_finalize(statement);
    return ok;
}

bool archive_list(struct archive *archive, uint64_t max, archive_visit_fn *visit, void *context,
                  struct err *err)
{
    size_t count = 0;
    pthread_mutex_lock(&archive->lock);
    bool ok = visit_all(archive, short_columns, "ORDER BY id DESC LIMIT ?", max, visit, context,
                        &count, err);
    pthread_mutex_unlock(&archive->lock);
    return ok;
}

bool archive_find(struct archive *archive, uint64_t id, archive_visit_fn *visit, void *context,
                  struct err *err)
{
    size_t count = 0;
    pthread_mutex_lock(&archive->lock);
    bool ok = id <= INT64_MAX &&
              visit_all(archive, all_columns, "WHERE id = ?", id, visit, context, &count, err);
    pthread_mutex_unlock(&archive->lock);
    return ok && count > 0;
}

/* Ids, growing. */
struct ids {
    uint64_t *list;
    size_t count;
};

static void add_id(struct ids *ids, uint64_t id)
{
    ids->list = memory_of(realloc(ids->list, (ids->count + 1) * sizeof ids->list[0]));
    ids->list[ids->count++] = id;
}

static void note_id(void *context, const struct archive_run *run)
{
    add_id(context, run->id);
}

bool archive_visit_lost(struct archive *archive, void (*visit)(void *context, uint64_t id),
                        void *context, struct err *err)
{
    struct ids ids = {0};
    size_t count = 0;
    pthread_mutex_lock(&archive->lock);
    bool ok =
        visit_all(archive, short_columns, "WHERE ended_ms = ?", 0, note_id, &ids, &count, err);
    pthread_mutex_unlock(&archive->lock);
    for (size_t i = 0; ok && i < ids.count; i++) {
        visit(context, ids.list[i]);
    }
    free(ids.list);
    return ok;
}

/* Deleting. */

static bool delete_row(struct archive *archive, uint64_t id, struct err *err)
{
    sqlite3_stmt *statement = prepare(archive, "DELETE FROM runs WHERE id = ?", err);
    bool ok =
        statement && ((bind_number(statement, 1, id) && sqlite3_step(statement) == SQLITE_DONE) ||
                      fail(archive, err));
    sqlite3_finalize(statement);
    return ok;
}

static bool delete_run(struct archive *archive, uint64_t id, struct err *err)
{
    return delete_files(archive, id, err) && delete_row(archive, id, err);
}

bool archive_delete(struct archive *archive, uint64_t id, struct err *err)
{
    pthread_mutex_lock(&archive->lock);
    bool ok = delete_run(archive, id, err);
    pthread_mutex_unlock(&archive->lock);
    return ok;
}

/* The runs that have ended and are over a limit. */
static bool find_excess(struct archive *archive, struct ids *excess, struct err *err)
{
    sqlite3_stmt *statement =
        prepare(archive, "SELECT id, ended_ms, bytes FROM runs ORDER BY id DESC", err);
    uint64_t count = 0;
    uint64_t bytes = 0;
    int step = SQLITE_ERROR;
    while (statement && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        bytes += number_at(statement, 2);
        bool is_over = ++count > archive->limits.runs || bytes > archive->limits.bytes;
        if (is_over && count > 1 && number_at(statement, 1) > 0) {
            add_id(excess, number_at(statement, 0));
        }
    }
    bool ok = statement && (step == SQLITE_DONE || fail(archive, err));
    sqlite3_finalize(statement);
    return ok;
}

/*
 * Deletes these runs, the last first, in one transaction. Adds the deleted ones to `deleted`. If
 * one cannot be deleted, continues with the others, and returns false with the first err.
 */
static bool delete_batch(struct archive *archive, const struct ids *batch, struct ids *deleted,
                         struct err *err)
{
    bool ok = true;
    if (!exec(archive, "BEGIN", err)) {
        return false;
    }
    for (size_t i = batch->count; i-- > 0;) {
        bool is_deleted = delete_run(archive, batch->list[i], err);
        if (is_deleted) {
            add_id(deleted, batch->list[i]);
        }
        ok = ok && is_deleted;
    }
    if (!exec(archive, "COMMIT", err)) {
        exec(archive, "ROLLBACK", NULL);
        deleted->count = 0;
        return false;
    }
    return ok;
}

/* Starts with the oldest run, which is the last in the list. */
bool archive_prune(struct archive *archive, void (*tell)(void *context, uint64_t id), void *context,
                   struct err *err)
{
    struct ids excess = {0};
    struct ids deleted = {0};
    pthread_mutex_lock(&archive->lock);
    bool ok = find_excess(archive, &excess, err);
    while (excess.count > 0) {
        size_t count = excess.count < BATCH ? excess.count : BATCH;
        excess.count -= count;
        struct ids batch = {excess.list + excess.count, count};
        deleted.count = 0;
        ok = delete_batch(archive, &batch, &deleted, err) && ok;
        for (size_t i = 0; tell && i < deleted.count; i++) {
            tell(context, deleted.list[i]);
        }
    }
    pthread_mutex_unlock(&archive->lock);
    free(deleted.list);
    free(excess.list);
    return ok;
}
