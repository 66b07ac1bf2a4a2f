/*
 * user_file - stores the users in a SQLite database, so that they survive restarts.
 *
 * WAL mode: a write is in the log before user_file_put returns; an incomplete write is discarded
 * when the file is opened again. synchronous=NORMAL: completed writes survive if the process is
 * killed at any time, but the last ones may be lost if the machine fails.
 *
 * One process at a time: opening the file fails while another process has it open.
 *
 * Threads: one call at a time. Memory: user_file_open to user_file_close.
 */
#ifndef TARGET_API_USERS_USER_FILE_H
#define TARGET_API_USERS_USER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

struct user_file;

/* Opens or creates the file. NULL: err is set. */
struct user_file *user_file_open(const char *path, struct err *err);

/* NULL is allowed. */
void user_file_close(struct user_file *file);

/* Receives a user; the slices are valid during the call. Returns false to stop. */
typedef bool user_file_fn(void *cls, int64_t id, struct slice name, struct slice age);

/* Calls `take` for each user, in the order of their indices. False: err is set. */
bool user_file_read(struct user_file *file, user_file_fn *take, void *cls, struct err *err);

/*
 * Stores a user at this index, or replaces the name and age of the user there. False: not stored.
 */
bool user_file_put(struct user_file *file, size_t index, int64_t id, struct slice name,
                   struct slice age);

#endif
