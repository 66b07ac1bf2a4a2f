/*
 * field_flags - replaces the names of fields in errors with the names of flags.
 *
 * Modules outside command/ also run orders from other machines, so their errors name fields of the
 * order ("order.max_workers: must be at least 1"), of a capacity search ("search.journal") or of a
 * run of users ("users.host"). The command line shows the flag: "-max-workers: must be at least 1".
 * `make lint` reports names of flags in these modules (tests/lint/flags.sh).
 *
 * Threads: pure function.
 */
#ifndef LOADGEN_COMMAND_FLAGS_FIELD_FLAGS_H
#define LOADGEN_COMMAND_FLAGS_FIELD_FLAGS_H

#include "common/err.h"

/*
 * Replaces the name of each field for which `attack`, `capacity` or `run` has a flag. Quoted values
 * stay unchanged.
 */
void field_flags_name(struct err *err);
void field_flags_name_text(char *text);

#endif
