#include "loadgen/command/command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/version.h"

static const struct command command_encode = {.name = "encode"};
static const struct command command_plot = {.name = "plot"};
static const struct command command_dump = {.name = "dump"};

static const struct command *const commands[] = {
    &command_attack, &command_report, &command_encode, &command_plot, &command_dump,
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
            err_set(err, ERR_USAGE, "%s is a command of vegeta's that is not there yet", name);
            return NULL;
        }
    }
    err_set(err, ERR_USAGE, "unknown command \"%s\"; the nearest is %s (`loadgen help` lists all)",
            name, cli_nearest(name, command_name, NULL));
    return NULL;
}

static void print_usage(FILE *out)
{
    fputs("Usage: loadgen <command> [flags]\n\n"
          "Measures how many requests per second a web API carries.\n\nCommands:\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (commands[i]->cli) {
            fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->help);
        }
    }
    fputs("  help     explain a command: loadgen help attack\n\n"
          "Flags:\n  -h\n        print this help\n  -version\n        print what this build is\n\n"
          "Example:\n"
          "  loadgen attack -rate 100 -duration 10s http://127.0.0.1:5000/health\n"
          "  echo \"GET http://127.0.0.1:5000/health\" | loadgen attack -duration=5s "
          "| loadgen report\n",
          out);
}

static bool help(int argc, char **argv, struct err *err)
{
    if (argc < 3) {
        print_usage(stdout);
        return true;
    }
    const struct command *command = find(argv[2], err);
    if (command) {
        cli_print_help(command->cli, stdout);
    }
    return command != NULL;
}

static bool is_flag(const char *word, const char *name)
{
    return word[0] == '-' && strcmp(word + (word[1] == '-' ? 2 : 1), name) == 0;
}

static bool dispatch(int argc, char **argv, struct err *err)
{
    const char *word = argv[1];
    if (is_flag(word, "h") || is_flag(word, "help")) {
        print_usage(stdout);
        return true;
    }
    if (is_flag(word, "version")) {
        version_print();
        return true;
    }
    if (strcmp(word, "help") == 0) {
        return help(argc, argv, err);
    }
    if (word[0] == '-') {
        return err_set(err, ERR_USAGE,
                       "%s: no such flag before the command; -h and -version may stand there",
                       word);
    }
    const struct command *command = find(word, err);
    return command && command->run(argc - 1, argv + 1, err);
}

int command_main(int argc, char **argv)
{
    struct err err = {.code = ERR_NONE};
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error to report, not our end */
    if (argc < 2) {
        print_usage(stderr);
        return ERR_USAGE;
    }
    if (dispatch(argc, argv, &err)) {
        return 0;
    }
    fprintf(stderr, "loadgen: %s\n", err.text);
    return err.code;
}
