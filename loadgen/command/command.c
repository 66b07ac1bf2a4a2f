#include "loadgen/command/command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/nearest.h"
#include "loadgen/base/memory.h"
#include "loadgen/command/flags/attack_flags.h"
#include "loadgen/command/flags/field_flags.h"

static const struct command command_dump = {
    .name = "dump",
    .help = "dump has been replaced by encode, as in vegeta; use loadgen encode",
};

static const struct command *const commands[] = {
    &command_attack, &command_run,    &command_serve,    &command_capacity, &command_compare,
    &command_plan,   &command_report, &command_selftest, &command_idle,     &command_stop,
    &command_encode, &command_plot,   &command_worker,   &command_dump,
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const char *command_name(const void *list, size_t i)
{
    (void)list;
    return i < COMMANDS ? commands[i]->name : NULL;
}

static const struct command *find(const char *name, struct err *err)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            if (commands[i]->cli) {
                return commands[i];
            }
            err_set(err, ERR_USAGE, "%s", commands[i]->help);
            return NULL;
        }
    }
    err_set(err, ERR_USAGE, "unknown command \"%s\"; did you mean %s? (`loadgen help` lists all)",
            name, nearest_find(name, command_name, NULL));
    return NULL;
}

static const struct cli_flag global_flags[] = {
    {.help = "Global flags"},
    {"cpus", "N", cli_set_threads, offsetof(struct command_line, cpus), NULL,
     "maximum worker threads (default one per available CPU)"},
    {"profile", NULL, NULL, 0, NULL, attack_flags_no_profile},
    {0},
};

static void describe_commands(char *about, size_t size)
{
    FILE *out = fmemopen(about, size, "w");
    if (!out) {
        return;
    }
    fputs("Measures how many requests per second a web API can serve.\n\n"
          "  loadgen attack -rate 100 -duration 10s http://127.0.0.1:5000/health\n"
          "  echo \"GET http://127.0.0.1:5000/health\" | loadgen attack -duration 5s | loadgen "
          "report\n"
          "\nInstalled under the name vegeta, loadgen runs scripts written for vegeta.\n\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (commands[i]->cli) {
            fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->help);
        }
    }
    fputs("  help     explain a command: loadgen help attack\n", out);
    fclose(out);
}

static bool run_command(const struct command *command, struct command_line *line, int argc,
                        char **argv, struct err *err)
{
    line->operands = argv + 1;
    line->options = calloc(1, command->options_size);
    if (!line->options) {
        return err_set(err, ERR_FAILED, "not enough memory");
    }
    enum cli_result result =
        cli_parse(command->cli, argc, argv, line->options, &line->operand_count, err);
    bool ok = result == CLI_OK ? command->run(line, err) : result == CLI_DONE;
    free(line->options);
    return ok;
}

static bool dispatch(const struct cli *cli, int argc, char **argv, struct err *err)
{
    struct command_line line = {0};
    int words = 0;
    enum cli_result result = cli_parse(cli, argc, argv, &line, &words, err);
    if (result != CLI_OK) {
        return result == CLI_DONE || err_prefix(err, "before the command");
    }
    if (words == 0) {
        return err_set(err, ERR_USAGE, "no command given; `loadgen help` lists all commands");
    }
    bool is_help = strcmp(argv[1], "help") == 0;
    if (is_help && words == 1) {
        cli_print_help(cli, stdout);
        return true;
    }
    const struct command *command = find(argv[is_help ? 2 : 1], err);
    if (command && is_help) {
        cli_print_help(command->cli, stdout);
        return true;
    }
    return command && run_command(command, &line, words, argv + 1, err);
}

int command_main(int argc, char **argv)
{
    struct err err = {.code = ERR_NONE};
    memory_guard_json();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is reported as an error of write(2), */
    signal(SIGXFSZ, SIG_IGN); /* and so is the file size limit (ulimit -f) */
    char about[2048] = "";
    describe_commands(about, sizeof about);
    const struct cli cli = {
        .program = "loadgen",
        .operands = "<command> [command flags]",
        .about = about,
        .flags = global_flags,
        .ends_at_operand = true,
    };
    if (argc < 2) {
        cli_print_help(&cli, stderr);
        return ERR_USAGE;
    }
    if (dispatch(&cli, argc, argv, &err)) {
        return 0;
    }
    field_flags_name(&err);
    fprintf(stderr, "loadgen: %s\n", err.text);
    return err.code;
}
