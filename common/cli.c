#include "common/cli.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/version.h"

enum { NAME_MAX_LEN = 63 };

/* Levenshtein's distance, computed a row at a time. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_LEN + 1];
    size_t len_b = strlen(b);
    if (len_b > NAME_MAX_LEN) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= len_b; j++) {
        row[j] = j;
    }
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= len_b; j++) {
            size_t best = diagonal + (a[i] != b[j - 1]);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[len_b];
}

const char *cli_nearest(const char *word, const char *(*candidate)(const void *list, size_t i),
                        const void *list)
{
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; candidate(list, i); i++) {
        const char *name = candidate(list, i);
        bool is_prefix = word[0] && strncmp(name, word, strlen(word)) == 0;
        size_t distance = is_prefix ? 0 : edit_distance(word, name) + 1;
        if (distance < least) {
            least = distance;
            nearest = name;
        }
    }
    return nearest;
}

static const char *flag_name(const void *list, size_t i)
{
    return ((const struct cli_flag *)list)[i].name;
}

static const struct cli_flag *find_flag(const struct cli *cli, const char *name)
{
    for (const struct cli_flag *flag = cli->flags; flag->name; flag++) {
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

static bool apply_presets_and_environment(const struct cli *cli, void *options, struct err *err)
{
    for (const struct cli_flag *flag = cli->flags; flag->name; flag++) {
        if (!flag->set) {
            continue;
        }
        if (flag->preset && !apply(flag, flag->preset, options, err)) {
            return err_prefix(err, "-%s", flag->name);
        }
        if (!cli->env_prefix) {
            continue;
        }
        char variable[2 * NAME_MAX_LEN];
        variable_name(cli->env_prefix, flag->name, variable, sizeof variable);
        const char *text = getenv(variable);
        if (text && !apply(flag, text, options, err)) {
            return err_prefix(err, "%s", variable);
        }
    }
    return true;
}

/* Handles argv[*at], a flag, and its value, which may be the next argument. */
static enum cli_result take_flag(const struct cli *cli, char **argv, int argc, int *at,
                                 void *options, struct err *err)
{
    const char *word = argv[*at] + (argv[*at][1] == '-' ? 2 : 1);
    char name[NAME_MAX_LEN + 1];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    const char *value = strchr(word, '=');
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
        err_set(err, ERR_USAGE, "unknown flag -%s; the nearest is -%s (`%s -h` lists all)", name,
                cli_nearest(name, flag_name, cli->flags), cli->program);
        return CLI_BAD;
    }
    if (!flag->set) {
        err_set(err, ERR_USAGE, flag->help ? "-%s: %s" : "-%s is a flag of vegeta's that %s", name,
                flag->help ? flag->help : "is not there yet; leave it out");
        return CLI_BAD;
    }
    if (value) {
        value++;
    } else if (!flag->value) {
        value = "true";
    } else if (*at + 1 < argc) {
        value = argv[++*at];
    } else {
        err_set(err, ERR_USAGE, "-%s needs a value: -%s %s", name, name, flag->value);
        return CLI_BAD;
    }
    if (!apply(flag, value, options, err)) {
        err_prefix(err, "-%s", name);
        return CLI_BAD;
    }
    return CLI_OK;
}

/* `-keepalive false` would otherwise turn the flag on and take "false" for an operand. */
static bool is_stray_boolean(const struct cli *cli, char **argv, int at)
{
    if (strcmp(argv[at], "true") != 0 && strcmp(argv[at], "false") != 0) {
        return false;
    }
    const struct cli_flag *before =
        argv[at - 1][0] == '-' ? find_flag(cli, argv[at - 1] + strspn(argv[at - 1], "-")) : NULL;
    return before && !before->value;
}

enum cli_result cli_parse(const struct cli *cli, int argc, char **argv, void *options,
                          int *operands, struct err *err)
{
    *operands = 0;
    if (!apply_presets_and_environment(cli, options, err)) {
        return CLI_BAD;
    }
    bool flags_ended = false;
    for (int at = 1; at < argc; at++) {
        if (!flags_ended && strcmp(argv[at], "--") == 0) {
            flags_ended = true;
        } else if (!flags_ended && argv[at][0] == '-' && argv[at][1] != '\0') {
            enum cli_result result = take_flag(cli, argv, argc, &at, options, err);
            if (result != CLI_OK) {
                return result;
            }
        } else if (!flags_ended && is_stray_boolean(cli, argv, at)) {
            err_set(err, ERR_USAGE, "%s: a boolean takes its value after an equals sign: %s=%s",
                    argv[at - 1], argv[at - 1], argv[at]);
            return CLI_BAD;
        } else if (!cli->operands) {
            err_set(err, ERR_USAGE, "unexpected argument \"%s\"; %s takes flags only", argv[at],
                    cli->program);
            return CLI_BAD;
        } else {
            argv[++*operands] = argv[at];
        }
    }
    return CLI_OK;
}

void cli_print_help(const struct cli *cli, FILE *out)
{
    fprintf(out, "Usage: %s [flags]%s%s\n\n%s\nFlags:\n", cli->program, cli->operands ? " " : "",
            cli->operands ? cli->operands : "", cli->about);
    for (const struct cli_flag *flag = cli->flags; flag->name; flag++) {
        if (!flag->set) {
            continue;
        }
        fprintf(out, "  -%s%s%s\n        %s", flag->name, flag->value ? " " : "",
                flag->value ? flag->value : "", flag->help);
        if (flag->preset && flag->preset[0]) {
            fprintf(out, " (default %s)", flag->preset);
        }
        if (cli->env_prefix) {
            char variable[2 * NAME_MAX_LEN];
            variable_name(cli->env_prefix, flag->name, variable, sizeof variable);
            fprintf(out, " [%s]", variable);
        }
        fputc('\n', out);
    }
    fputs("  -h\n        print this help\n  -version\n        print what this build is\n", out);
}

bool cli_set_bool(void *field, const char *text, struct err *err)
{
    bool is_true = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    if (!is_true && strcmp(text, "false") != 0 && strcmp(text, "0") != 0) {
        return err_set(err, ERR_USAGE, "\"%s\" is neither true nor false", text);
    }
    *(bool *)field = is_true;
    return true;
}

bool cli_set_string(void *field, const char *text, struct err *err)
{
    (void)err;
    *(const char **)field = text;
    return true;
}

static bool parse_whole(const char *text, uint64_t max, uint64_t *number, struct err *err)
{
    char *end = NULL;
    errno = 0;
    *number = isdigit((unsigned char)text[0]) ? strtoull(text, &end, 10) : 0;
    if (!end || *end != '\0' || errno != 0 || *number > max) {
        return err_set(err, ERR_USAGE, "\"%s\" is not a whole number from 0 to %" PRIu64, text,
                       max);
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
