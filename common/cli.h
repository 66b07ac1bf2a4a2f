/*
 * cli - command lines from a table: parsing, range checks, environment and help are one list.
 *
 * A flag is `-name value`, `-name=value` or the same with two dashes; a boolean takes its value
 * only after `=`. Names are never abbreviated, and an unknown one is refused with the nearest known
 * one. Operands and flags may come in any order; `--` ends the flags. `-h` and `-version` are
 * always there. With an `env_prefix` each flag may also be given as an environment variable
 * (`-admin-port` is PREFIX_ADMIN_PORT); the command line wins.
 *
 * A value is stored by the flag's `set` function into the field at `offset` of the caller's options
 * struct. The default goes the same way, so that help and behaviour cannot differ.
 *
 * Strings that are stored point into argv, the environment or the table: they live as long as
 * these. Threads: set-up only. Errors: ERR_USAGE, naming the flag or the variable, and the value.
 */
#ifndef COMMON_CLI_H
#define COMMON_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/err.h"

typedef bool cli_set_fn(void *field, const char *text, struct err *err);

struct cli_flag {
    const char *name;  /* without the dash; NULL ends the table */
    const char *value; /* what stands for the value in the help; NULL: a boolean */
    cli_set_fn *set; /* NULL: a flag of vegeta's that is refused, with `help` as the reason; without
                        one because it is not there yet */
    size_t offset;   /* of the field in the options */
    const char *preset; /* the default as a user would write it; NULL: the field stays as it is */
    const char *help;   /* one line, no full stop */
};

struct cli {
    const char *program;          /* "loadgen attack" */
    const char *operands;         /* "[URL]"; NULL: none are taken */
    const char *about;            /* what it does, with examples; ends with a newline */
    const struct cli_flag *flags; /* sorted by name */
    const char *env_prefix;       /* "HEADROOM_"; NULL: no environment */
};

enum cli_result {
    CLI_OK,
    CLI_DONE, /* help or version was asked for and printed on stdout: exit 0 */
    CLI_BAD,  /* err is set */
};

/*
 * Sets every default, then the environment, then argv[1..argc). Operands are moved to the front of
 * argv, from argv[1], and counted in *operands.
 */
enum cli_result cli_parse(const struct cli *cli, int argc, char **argv, void *options,
                          int *operands, struct err *err);

void cli_print_help(const struct cli *cli, FILE *out);

/* The candidate most like `word`: one that it abbreviates, else the fewest edits away. */
const char *cli_nearest(const char *word, const char *(*candidate)(const void *list, size_t i),
                        const void *list);

/* What the fields may be. Each says what was expected when the text does not fit. */
cli_set_fn cli_set_bool;    /* bool: true, false, 1, 0 */
cli_set_fn cli_set_string;  /* const char * */
cli_set_fn cli_set_port;    /* uint16_t: 0 to 65535 */
cli_set_fn cli_set_u64;     /* uint64_t: a whole number, no sign */
cli_set_fn cli_set_threads; /* unsigned: 0 to 1024 */

#endif
