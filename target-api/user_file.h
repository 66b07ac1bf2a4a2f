/*
 * user_file - the users in an SQLite database, so that they outlive the process.
 *
 * The database is in WAL mode: a write is in the log before user_file_put returns, and what was
 * half written when the process was killed is left out by the next one that opens it. The log is
 * not forced to the disk for each write (synchronous=NORMAL): users survive the death of the
 * process at any moment, but the last of them perhaps not that of the machine.
 *
 * An id beyond 64 bits is a blob of its digits, which SQLite keeps as it is; all others are
 * integers.
 *
 * One process at a time: a second one is refused when it opens the file.
 *
 * Threads: one call at a time. Memory: user_file_open to user_file_close.
 */
#ifndef TARGET_API_USER_FILE_H
#define TARGET_API_USER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "target-api/slice.h"

struct user_file;

/* Opens the file or makes it. NULL: err is set. */
struct user_file *user_file_open(const char *path, struct err *err);

/* NULL is allowed. */
void user_file_close(struct user_file *file);

/* Takes a user; the slices are valid until it returns. False: stop. */
typedef bool user_file_fn(void *cls, struct slice id, struct slice name, struct slice age);

/* Calls with all users in the order of their places. */
bool user_file_read(struct user_file *file, user_file_fn *take, void *cls, struct err *err);

/* Stores the user of a place. False: it is not stored. */
bool user_file_put(struct user_file *file, size_t place, struct slice id, struct slice name,
                   struct slice age);

#endif
