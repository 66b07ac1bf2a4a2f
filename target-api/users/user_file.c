#include "target-api/users/user_file.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct user_file {
    sqlite3 *database;
    sqlite3_stmt *put;
};

/* In this order: the first statement that reads takes the lock. */
static const char set_up[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS users (place INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE,"
    " name TEXT NOT NULL, age TEXT NOT NULL);"
    "COMMIT;";

static const char put_statement[] =
    "INSERT INTO users (place, id, name, age) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (place) DO UPDATE SET name = excluded.name, age = excluded.age";

static const char read_statement[] = "SELECT id, name, age, place FROM users ORDER BY place";

static bool fail(const struct user_file *file, const char *path, struct err *err)
{
    int code = sqlite3_errcode(file->database);
    return err_set(err, ERR_FAILED, "-store sqlite:%s: %s%s", path, sqlite3_errmsg(file->database),
                   code == SQLITE_BUSY ? "; another process uses it" : "");
}

struct user_file *user_file_open(const char *path, struct err *err)
{
    struct user_file *file = calloc(1, sizeof *file);
    if (!file) {
        err_set(err, ERR_FAILED, "not enough memory");
        return NULL;
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &file->database, flags, NULL) != SQLITE_OK ||
        sqlite3_exec(file->database, set_up, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(file->database, put_statement, -1, &file->put, NULL) != SQLITE_OK) {
        fail(file, path, err);
        user_file_close(file);
        return NULL;
    }
    return file;
}

void user_file_close(struct user_file *file)
{
    if (file) {
        sqlite3_finalize(file->put);
        sqlite3_close(file->database);
        free(file);
    }
}

static struct slice column(sqlite3_stmt *statement, int i)
{
    const char *text = (const char *)sqlite3_column_text(statement, i);
    return (struct slice){text, text ? (size_t)sqlite3_column_bytes(statement, i) : 0};
}

bool user_file_read(struct user_file *file, user_file_fn *take, void *cls, struct err *err)
{
    const char *path = sqlite3_db_filename(file->database, NULL);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(file->database, read_statement, -1, &statement, NULL) != SQLITE_OK) {
        return fail(file, path, err);
    }
    int64_t count = 0;
    bool ok = true;
    int step = SQLITE_ROW;
    while (ok && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        if (sqlite3_column_int64(statement, 3) != count++) {
            ok = err_set(err, ERR_FAILED,
                         "-store sqlite:%s: users are missing: column \"place\" has gaps", path);
        } else if (sqlite3_column_type(statement, 0) != SQLITE_INTEGER) {
            ok = err_set(err, ERR_FAILED, "-store sqlite:%s: an id is not a 64-bit integer", path);
        } else if (!take(cls, sqlite3_column_int64(statement, 0), column(statement, 1),
                         column(statement, 2))) {
            ok = err_set(err, ERR_FAILED,
                         "-store sqlite:%s: too many users; raise -max-users or "
                         "-max-users-bytes",
                         path);
        }
    }
    if (ok && step != SQLITE_DONE) {
        ok = fail(file, path, err);
    }
    sqlite3_finalize(statement);
    return ok;
}

static bool bind_text(sqlite3_stmt *statement, int i, struct slice text)
{
    return sqlite3_bind_text64(statement, i, text.at ? text.at : "", text.length, SQLITE_STATIC,
                               SQLITE_UTF8) == SQLITE_OK;
}

bool user_file_put(struct user_file *file, size_t index, int64_t id, struct slice name,
                   struct slice age)
{
    bool ok = sqlite3_bind_int64(file->put, 1, (sqlite3_int64)index) == SQLITE_OK &&
              sqlite3_bind_int64(file->put, 2, id) == SQLITE_OK && bind_text(file->put, 3, name) &&
              bind_text(file->put, 4, age) && sqlite3_step(file->put) == SQLITE_DONE;
    sqlite3_reset(file->put);
    sqlite3_clear_bindings(file->put);
    return ok;
}
