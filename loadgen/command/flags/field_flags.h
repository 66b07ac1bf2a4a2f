/*
 * field_flags - replaces the names of fields in errors with the names of flags.
 *
 * Modules outside command/ also run orders that do not come from a command line
 * (order/order_json.h). So their errors name fields, not flags: of an order ("order.max_workers:
 * must be at least 1"), a capacity search ("search.journal"), a comparison ("comparison.force") or
 * a run of users ("users.host"). The command line shows the flag: "-max-workers: must be at least
 * 1". `make lint` reports names of flags in these modules (tests/lint/flags.sh).
 *
 * Threads: pure function.
 */
#ifndef LOADGEN_COMMAND_FLAGS_FIELD_FLAGS_H
#define LOADGEN_COMMAND_FLAGS_FIELD_FLAGS_H

#include "common/cli.h"
#include "common/err.h"

/*
 * Replaces the name of each field for which `attack`, `capacity` or `run` has a flag. Quoted values
 * and quoted errors (err.h) stay unchanged.
 */
void field_flags_name(struct err *err);
void field_flags_name_text(char *text);

/* Replaces only the fields of one object, such as "comparison.", with the flags of one command. */
void field_flags_name_object(char *text, const char *object, const struct cli_flag *flags);

#endif
