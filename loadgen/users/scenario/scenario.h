/*
 * scenario - reads and executes a Lua file that declares users.
 *
 * Each thread of a run executes the file's text in its own Lua state. The text is also executed
 * once before the run, so errors are reported before anything is sent.
 *
 * Errors: ERR_USAGE with file and line, quoted (err.h) if the script raised it; ERR_FAILED if the
 * file cannot be read. Threads: read-only once opened. Memory: scenario_close.
 */
#ifndef LOADGEN_USERS_SCENARIO_SCENARIO_H
#define LOADGEN_USERS_SCENARIO_SCENARIO_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "loadgen/base/bytes.h"
#include "loadgen/users/lua/state.h"
#include "loadgen/users/scenario/classes.h"
#include "loadgen/users/scenario/settings.h"

struct feeds;
struct given;

struct scenario {
    const char *path; /* as given; borrowed */
    struct bytes text;
    struct feeds *feeds;        /* of its data files (files/feeds.h) */
    const struct given *given;  /* instead of files and variables of this machine; NULL: those */
    struct arguments arguments; /* set them after scenario_open */
};

/* Reads the file. `data_bytes`: maximum memory of its data files, which all threads share. */
bool scenario_open(struct scenario *scenario, const char *path, size_t data_bytes, struct err *err);

/*
 * Opens a scenario that another process has sent: its files are the given ones, of which `path`
 * names the scenario itself. Borrows path and given.
 */
bool scenario_open_given(struct scenario *scenario, const char *path, const struct given *given,
                         size_t data_bytes, struct err *err);
void scenario_close(struct scenario *scenario);

/* The folder of a scenario's file. */
const char *scenario_folder(const char *path, char folder[PATH_MAX]);

/* Executes the text in a state from words_open, and reads the classes that it declared. */
bool scenario_load(const struct scenario *scenario, const char *host,
                   const struct classes_filter *filter, struct state *state,
                   struct classes *classes, struct err *err);

#endif
