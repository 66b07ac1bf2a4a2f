#include "common/cli.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/blank.h"
#include "common/environment.h"
#include "common/nearest.h"
#include "common/version.h"

enum { NAME_MAX_LEN = 63, HELP_COLUMN = 26, HELP_WIDTH = 100 };

/* State of a parse. */
struct parsing {
    const struct cli *cli;
    void *options;
    bool given[CLI_FLAGS_MAX]; /* the command line has this row of the table */
};

/* The first flag at or after this row; NULL at the end of the table. */
static const struct cli_flag *flag_from(const struct cli_flag *row)
{
    while (!row->name && row->help) {
        row++;
    }
    return row->name ? row : NULL;
}

static const char *flag_name(const void *list, size_t i)
{
    const struct cli_flag *flag = flag_from(list);
    while (flag && i-- > 0) {
        flag = flag_from(flag + 1);
    }
    return flag ? flag->name : NULL;
}

static const struct cli_flag *find_flag(const struct cli *cli, const char *name)
{
    for (const struct cli_flag *flag = flag_from(cli->flags); flag; flag = flag_from(flag + 1)) {
        if (strcmp(flag->name, name) == 0) {
            return flag;
        }
    }
    return NULL;
}

static void variable_name(const char *prefix, const char *flag, char *name, size_t size)
{
    snprintf(name, size, "%s%s", prefix, flag);
    for (char *c = name; *c; c++) {
        if (*c == '-') {
            *c = '_';
        } else if (*c >= 'a' && *c <= 'z') {
            *c -= 'a' - 'A';
        }
    }
}

static bool apply(const struct cli_flag *flag, const char *text, void *options, struct err *err)
{
    return flag->set((char *)options + flag->offset, text, err);
}

static bool apply_defaults(const struct parsing *parsing, struct err *err)
{
    const struct cli_flag *flag = flag_from(parsing->cli->flags);
    for (; flag; flag = flag_from(flag + 1)) {
        const char *text = flag->default_value;
        if (flag->set && text && !apply(flag, text, parsing->options, err)) {
            return err_prefix(err, "-%s", flag->name);
        }
    }
    return true;
}

/* True if the command line has this flag, or another one that sets the same field. */
static bool is_given(const struct parsing *parsing, const struct cli_flag *flag)
{
    for (unsigned i = 0; i < CLI_FLAGS_MAX; i++) {
        if (parsing->given[i] && parsing->cli->flags[i].offset == flag->offset) {
            return true;
        }
    }
    return false;
}

/* A variable whose flag is on the command line is not read. */
static bool apply_environment(const struct parsing *parsing, struct err *err)
{
    const struct cli *cli = parsing->cli;
    const struct cli_flag *flag = cli->env_prefix ? flag_from(cli->flags) : NULL;
    for (; flag; flag = flag_from(flag + 1)) {
        if (!flag->set || is_given(parsing, flag)) {
            continue;
        }
        char variable[2 * NAME_MAX_LEN];
        variable_name(cli->env_prefix, flag->name, variable, sizeof variable);
        const char *text = environment_get(variable);
        if (text && !apply(flag, text, parsing->options, err)) {
            return err_prefix(err, "%s", variable);
        }
    }
    return true;
}

/* The flag's value, from `word` or the next argument; NULL with err if it is missing. */
static const char *take_value(const struct cli_flag *flag, char *word, char **argv, int argc,
                              int *at, struct err *err)
{
    char *equals = strchr(word, '=');
    if (equals) {
        return blank_trim_value(equals + 1);
    }
    if (!flag->value) {
        return "true";
    }
    if (*at + 1 < argc) {
        return blank_trim_value(argv[++*at]);
    }
    err_set(err, ERR_USAGE, "-%s needs a value: -%s %s", flag->name, flag->name, flag->value);
    return NULL;
}

/* Sets the flag in argv[*at]; advances *at if its value is the next argument. */
static enum cli_result take_flag(struct parsing *parsing, char **argv, int argc, int *at,
                                 struct err *err)
{
    const struct cli *cli = parsing->cli;
    char *word = blank_trim_value(argv[*at] + (argv[*at][1] == '-' ? 2 : 1));
    char name[NAME_MAX_LEN + 1];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    if (strcmp(name, "h") == 0 || strcmp(name, "help") == 0) {
        cli_print_help(cli, stdout);
        return CLI_DONE;
    }
    if (strcmp(name, "version") == 0) {
        version_print();
        return CLI_DONE;
    }
    const struct cli_flag *flag = find_flag(cli, name);
    if (!flag) {
        err_set(err, ERR_USAGE, "unknown flag -%s; did you mean -%s? (`%s -h` lists all)", name,
                nearest_find(name, flag_name, cli->flags), cli->program);
        return CLI_BAD;
    }
    if (!flag->set) {
        err_set(err, ERR_USAGE, "-%s: %s", name, flag->help);
        return CLI_BAD;
    }
    const char *value = take_value(flag, word, argv, argc, at, err);
    if (!value) {
        return CLI_BAD;
    }
    if (!apply(flag, value, parsing->options, err)) {
        err_prefix(err, "-%s", name);
        return CLI_BAD;
    }
    parsing->given[flag - cli->flags] = true;
    return CLI_OK;
}

/* Parses one of Go's words for a boolean. False: it is none. */
static bool read_bool(const char *text, bool *value)
{
    static const char *const words[][6] = {
        {"0", "f", "F", "false", "False", "FALSE"},
        {"1", "t", "T", "true", "True", "TRUE"},
    };
    for (size_t i = 0; i < 12; i++) {
        if (strcmp(text, words[i / 6][i % 6]) == 0) {
            *value = i / 6;
            return true;
        }
    }
    return false;
}

/* True for the "false" of `-keepalive false`, which would set the flag and add an operand. */
static bool is_stray_boolean(const struct cli *cli, char **argv, int at)
{
    bool value = false;
    if (!read_bool(argv[at], &value)) {
        return false;
    }
    const struct cli_flag *before =
        argv[at - 1][0] == '-' ? find_flag(cli, argv[at - 1] + strspn(argv[at - 1], "-")) : NULL;
    return before && !before->value;
}

/* Length of a dash that a word processor put in place of "-"; 0: none. */
static size_t wide_dash(const char *word)
{
    static const char *const dashes[] = {"\u2013", "\u2014", "\u2212", "\u2010", "\u2011"};
    for (size_t i = 0; i < sizeof dashes / sizeof dashes[0]; i++) {
        if (strncmp(word, dashes[i], strlen(dashes[i])) == 0) {
            return strlen(dashes[i]);
        }
    }
    return 0;
}

/* Refuses an operand that was probably meant to be a flag or its value. */
static bool check_operand(const struct cli *cli, char **argv, int at, struct err *err)
{
    if (is_stray_boolean(cli, argv, at)) {
        return err_set(err, ERR_USAGE,
                       "%s: a boolean flag takes its value after an equals sign: %s=%s",
                       argv[at - 1], argv[at - 1], argv[at]);
    }
    return wide_dash(argv[at]) == 0 ||
           err_set(err, ERR_USAGE, "\"%s\" begins with a long dash, not a hyphen; write -%s",
                   argv[at], argv[at] + wide_dash(argv[at]));
}

static bool take_operand(const struct cli *cli, char *operand, char **argv, int *operands,
                         struct err *err)
{
    if (!cli->operands) {
        return err_set(err, ERR_USAGE, "unexpected argument \"%s\"; %s accepts only flags", operand,
                       cli->program);
    }
    argv[++*operands] = operand;
    return true;
}

enum cli_result cli_parse(const struct cli *cli, int argc, char **argv, void *options,
                          int *operands, struct err *err)
{
    struct parsing parsing = {.cli = cli, .options = options};
    *operands = 0;
    if (!apply_defaults(&parsing, err)) {
        return CLI_BAD;
    }
    bool flags_ended = false;
    for (int at = 1; at < argc; at++) {
        if (!flags_ended && strcmp(argv[at], "--") == 0) {
            flags_ended = true;
        } else if (!flags_ended && argv[at][0] == '-' && argv[at][1] != '\0') {
            enum cli_result result = take_flag(&parsing, argv, argc, &at, err);
            if (result != CLI_OK) {
                return result;
            }
        } else {
            char *operand = blank_trim_value(argv[at]);
            if ((!flags_ended && !check_operand(cli, argv, at, err)) ||
                !take_operand(cli, operand, argv, operands, err)) {
                return CLI_BAD;
            }
            flags_ended |= cli->ends_at_operand;
        }
    }
    return apply_environment(&parsing, err) ? CLI_OK : CLI_BAD;
}

/* Prints `text` from this column on. Breaks lines at HELP_WIDTH, but not within parentheses. */
static void print_wrapped(const char *text, int column, FILE *out)
{
    const char *separator = "";
    while (*text) {
        size_t inside = text[0] == '(' ? strcspn(text, ")") : 0;
        int length = (int)(inside + strcspn(text + inside, " "));
        if (*separator && column + 1 + length > HELP_WIDTH) {
            fprintf(out, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
            separator = "";
        }
        column += fprintf(out, "%s%.*s", separator, length, text);
        separator = " ";
        text += length + (text[length] == ' ');
    }
    fputc('\n', out);
}

static void print_flag(const struct cli_flag *flag, FILE *out)
{
    char text[512];
    const char *fallback = flag->default_value;
    int column = fprintf(out, "  -%s%s%s", flag->name, flag->value ? " " : "",
                         flag->value ? flag->value : "");
    int gap = column + 2 > HELP_COLUMN ? 2 : HELP_COLUMN - column;
    column += fprintf(out, "%*s", gap, "");
    if (!fallback || !fallback[0]) {
        snprintf(text, sizeof text, "%s", flag->help);
    } else {
        snprintf(text, sizeof text, "%s (default %s)", flag->help,
                 strcmp(fallback, CLI_NO_LIMIT) == 0 ? "no limit" : fallback);
    }
    print_wrapped(text, column, out);
}

void cli_print_flags(const struct cli_flag *flags, FILE *out)
{
    for (const struct cli_flag *row = flags; row->name || row->help; row++) {
        if (!row->name) {
            fprintf(out, "\n%s:\n", row->help);
        } else if (row->set) {
            print_flag(row, out);
        }
    }
}

static const struct cli_flag general_flags[] = {
    {.help = "General"},
    {.name = "h", .set = cli_set_bool, .help = "print this help"},
    {.name = "version", .set = cli_set_bool, .help = "print the version and the commit"},
    {0},
};

void cli_print_help(const struct cli *cli, FILE *out)
{
    fprintf(out, "Usage: %s [flags]%s%s\n\n%s", cli->program, cli->operands ? " " : "",
            cli->operands ? cli->operands : "", cli->about);
    cli_print_flags(cli->flags, out);
    cli_print_flags(general_flags, out);
    if (cli->env_prefix) {
        char variable[2 * NAME_MAX_LEN];
        const struct cli_flag *flag = flag_from(cli->flags);
        variable_name(cli->env_prefix, flag->name, variable, sizeof variable);
        fprintf(out,
                "\nEach flag can also be set by an environment variable, for example -%s by %s.\n"
                "The command line takes precedence.\n",
                flag->name, variable);
    }
}

bool cli_set_bool(void *field, const char *text, struct err *err)
{
    return read_bool(text, field) ||
           err_set(err, ERR_USAGE, "\"%s\" is neither true nor false", text);
}

bool cli_set_string(void *field, const char *text, struct err *err)
{
    (void)err;
    *(const char **)field = text;
    return true;
}

bool cli_set_text(void *field, const char *text, struct err *err)
{
    return cli_set_string(field, text[0] ? text : NULL, err);
}

static bool parse_whole(const char *text, uint64_t max, uint64_t *number, struct err *err)
{
    char *end = NULL;
    errno = 0;
    *number = isdigit((unsigned char)text[0]) ? strtoull(text, &end, 10) : 0;
    if (!end || *end != '\0' || errno != 0 || *number > max) {
        return max == UINT64_MAX
                   ? err_set(err, ERR_USAGE, "\"%s\" is not a whole number", text)
                   : err_set(err, ERR_USAGE, "\"%s\" is not a whole number from 0 to %" PRIu64,
                             text, max);
    }
    return true;
}

bool cli_set_u64(void *field, const char *text, struct err *err)
{
    return parse_whole(text, UINT64_MAX, field, err);
}

bool cli_set_port(void *field, const char *text, struct err *err)
{
    uint64_t number = 0;
    if (!parse_whole(text, UINT16_MAX, &number, err)) {
        return false;
    }
    *(uint16_t *)field = (uint16_t)number;
    return true;
}

bool cli_set_threads(void *field, const char *text, struct err *err)
{
    uint64_t number = 0;
    if (!parse_whole(text, 1024, &number, err)) {
        return false;
    }
    *(unsigned *)field = (unsigned)number;
    return true;
}
