/*
 * cli - parses command lines according to a table of flags, which also defines the help and the
 * environment variables.
 *
 * A flag is `-name value` or `-name=value`, with one dash or two; a boolean flag takes a value only
 * after an equals sign. Names cannot be abbreviated; the error for an unknown flag names the
 * nearest known flag. Flags and operands can be mixed; `--` ends the flags. `-h` and `-version`
 * always exist. With an `env_prefix`, each flag can also be set by an environment variable
 * (`-admin-port` by PREFIX_ADMIN_PORT). The command line takes precedence: if it sets a field, no
 * variable for that field is read. A leading byte order mark and trailing white space (blank.h) are
 * removed from arguments, because files and CI systems add them.
 *
 * A flag's `set` function stores its value in the field at `offset` of the caller's options struct.
 * Defaults are parsed from the text that the help shows, so help and behavior cannot differ.
 *
 * Memory: stored strings point into argv, the environment or the table. Threads: set-up only.
 * Errors: ERR_USAGE with the flag or variable and its value.
 */
#ifndef COMMON_CLI_H
#define COMMON_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/err.h"

/* Parses `text` into the field. False with ERR_USAGE: the text is invalid. */
typedef bool cli_set_fn(void *field, const char *text, struct err *err);

struct cli_flag {
    const char *name;  /* without the dash; NULL: a heading, or the end if `help` is NULL too */
    const char *value; /* placeholder of the value in the help, such as FILE; NULL: a boolean */
    cli_set_fn *set;   /* NULL: the flag is refused, with `help` as the reason */
    size_t offset;     /* of the field in the options struct */
    const char *default_value; /* as on the command line; NULL: the field keeps its value */
    const char *help;          /* what the flag does and its unit; no full stop */
};

/* A default that the help prints as "no limit". */
#define CLI_NO_LIMIT "18446744073709551615"

struct cli {
    const char *program;          /* "loadgen attack" */
    const char *operands;         /* "[URL]"; NULL: none allowed */
    const char *about;            /* what the program does, with examples; ends with a newline */
    const struct cli_flag *flags; /* at most CLI_FLAGS_MAX rows, grouped; {0} ends the table */
    const char *env_prefix;       /* "HEADROOM_"; NULL: no environment */
    bool ends_at_operand; /* all arguments after the first operand, even flags, are operands */
};

enum { CLI_FLAGS_MAX = 128 };

enum cli_result {
    CLI_OK,
    CLI_DONE, /* help or version was printed on stdout: exit 0 */
    CLI_BAD,  /* err is set */
};

/*
 * Sets all defaults, then the flags in argv[1..argc), then the fields that the environment sets and
 * the command line does not. Moves the operands to the front, so that they begin at argv[1], and
 * sets *operands to their number.
 */
enum cli_result cli_parse(const struct cli *cli, int argc, char **argv, void *options,
                          int *operands, struct err *err);

/*
 * cli_print_help prints usage, `about` and flags; cli_print_flags prints only the flags and
 * headings of a table. The help of each flag must fit on two lines of 100 columns.
 */
void cli_print_help(const struct cli *cli, FILE *out);
void cli_print_flags(const struct cli_flag *flags, FILE *out);

/* Setters, by the type of the field. Their errors name the expected form. */
cli_set_fn cli_set_bool;    /* bool, as in Go: 1, t, T, true, True, TRUE, 0, f, ... */
cli_set_fn cli_set_string;  /* const char * */
cli_set_fn cli_set_text;    /* const char *: an empty value is stored as NULL */
cli_set_fn cli_set_port;    /* uint16_t: 0 to 65535 */
cli_set_fn cli_set_u64;     /* uint64_t: a whole number, no sign */
cli_set_fn cli_set_threads; /* unsigned: 0 to 1024 */

#endif
