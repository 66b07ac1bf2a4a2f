/*
 * trial_journal - a file from which a killed search resumes: one JSON object per line, each on disk
 * before the next trial begins.
 *
 *     {"journal": 1, "settings": {...}}         what the search depends on
 *     {"search": 1, "first_rate": 481.2, ...}   a search begins, after its probe: the first
 *                                               estimate, the trusted rate of the generator, and
 *                                               the baseline of the target
 *     {"search": 1, "rate": 471.3, ...}         a trial ended (trial_record.h)
 *
 * If the program is killed during a write, the last line may be incomplete. It is then dropped
 * (torn_bytes), and its trial is repeated. A complete line that is not JSON is an error.
 *
 * Errors: ERR_FAILED with the file name; ERR_USAGE if the file was written with other settings, or
 * exists and `resumes` is false. The errors name the fields search.journal and search.resume, which
 * command/flags/field_flags.h replaces with flags. Threads: one. Memory: trial_journal_close, even
 * on failure.
 */
#ifndef LOADGEN_CAPACITY_TRIAL_TRIAL_JOURNAL_H
#define LOADGEN_CAPACITY_TRIAL_TRIAL_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct trial_journal {
    int fd; /* -1: no journal */
    const char *path;
    json_t *lines;     /* read from the file, without the first one; may be empty */
    size_t torn_bytes; /* of the incomplete line that was dropped */
    /*
     * Called once if the journal cannot be written; the search then continues without it. Set this
     * after trial_journal_open. NULL: the search fails.
     */
    void (*on_failure)(void *context, const struct err *why);
    void *context;
};

/*
 * Creates the file. Without `resumes`, it must not exist; with `resumes`, an existing file is read,
 * and its settings must equal `settings`. `path` NULL: no journal. Borrows `settings`.
 */
bool trial_journal_open(struct trial_journal *journal, const char *path, bool resumes,
                        json_t *settings, struct err *err);

/* Appends a line, and waits until it is on disk. Does nothing without a journal. */
bool trial_journal_add(struct trial_journal *journal, const json_t *line, struct err *err);

void trial_journal_close(struct trial_journal *journal);

#endif
