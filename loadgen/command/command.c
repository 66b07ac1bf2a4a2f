#include "loadgen/command/command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/version.h"
#include "loadgen/target/memory.h"

static const struct command command_dump = {
    .name = "dump",
    .help = "dump has been replaced by encode, as in vegeta: loadgen encode",
};

const char command_no_profile[] =
    "vegeta profiles itself with it; to see where loadgen spends its time use perf record";

static const struct command *const commands[] = {
    &command_attack, &command_report, &command_idle, &command_encode, &command_plot, &command_dump,
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
    err_set(err, ERR_USAGE, "unknown command \"%s\"; the nearest is %s (`loadgen help` lists all)",
            name, cli_nearest(name, command_name, NULL));
    return NULL;
}

static void print_usage(FILE *out)
{
    fputs("Usage: loadgen [global flags] <command> [flags]\n\n"
          "Measures how many requests per second a web API carries.\n\nCommands:\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (commands[i]->cli) {
            fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->help);
        }
    }
    fputs("  help     explain a command: loadgen help attack\n\n"
          "Global flags:\n"
          "  -cpus N\n        threads at most; without it as many as CPUs may be used\n"
          "  -h\n        print this help\n  -version\n        print what this build is\n\n"
          "Example:\n"
          "  loadgen attack -rate 100 -duration 10s http://127.0.0.1:5000/health\n"
          "  echo \"GET http://127.0.0.1:5000/health\" | loadgen attack -duration=5s "
          "| loadgen report\n\n"
          "Started under the name vegeta it does the same: the scripts of vegeta's users go on.\n",
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

/* The value of a flag before the command, -name=value or -name value. Moves *at to its last word.
 */
static const char *value_of(int argc, char **argv, int *at)
{
    const char *equals = strchr(argv[*at], '=');
    if (equals) {
        return equals + 1;
    }
    return *at + 1 < argc ? argv[++*at] : "";
}

enum global { GLOBAL_TAKEN, GLOBAL_DONE, GLOBAL_BAD };

static enum global take_global(int argc, char **argv, int *at, struct command_globals *globals,
                               struct err *err)
{
    const char *word = argv[*at] + (argv[*at][1] == '-' ? 2 : 1);
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    if (strcmp(name, "h") == 0 || strcmp(name, "help") == 0) {
        print_usage(stdout);
        return GLOBAL_DONE;
    }
    if (strcmp(name, "version") == 0) {
        version_print();
        return GLOBAL_DONE;
    }
    if (strcmp(name, "cpus") == 0) {
        if (cli_set_threads(&globals->cpus, value_of(argc, argv, at), err)) {
            return GLOBAL_TAKEN;
        }
        err_prefix(err, "-cpus");
        return GLOBAL_BAD;
    }
    if (strcmp(name, "profile") == 0) {
        err_set(err, ERR_USAGE, "-profile: %s", command_no_profile);
    }
    err_set(err, ERR_USAGE,
            "-%s: no such flag before the command; -cpus, -h and -version may stand there", name);
    return GLOBAL_BAD;
}

static bool dispatch(int argc, char **argv, struct err *err)
{
    struct command_globals globals = {0};
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        enum global result = take_global(argc, argv, &at, &globals, err);
        if (result != GLOBAL_TAKEN) {
            return result == GLOBAL_DONE;
        }
    }
    if (at == argc) {
        return err_set(err, ERR_USAGE, "a command is missing; `loadgen help` lists all");
    }
    if (strcmp(argv[at], "help") == 0) {
        return help(argc - at + 1, argv + at - 1, err);
    }
    const struct command *command = find(argv[at], err);
    return command && command->run(&globals, argc - at, argv + at, err);
}

int command_main(int argc, char **argv)
{
    struct err err = {.code = ERR_NONE};
    memory_guard_json();
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
