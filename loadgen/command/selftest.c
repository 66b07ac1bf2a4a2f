/* loadgen selftest: measures the generator itself, on this machine. */
#include <stdio.h>
#include <string.h>

#include "common/process/cgroup.h"
#include "loadgen/command/command.h"
#include "loadgen/command/files/output.h"
#include "loadgen/command/process/interrupt.h"
#include "loadgen/selftest/selftest.h"

struct options {
    unsigned cpus; /* 0: not given */
    const char *output;
};

static const struct cli_flag flags[] = {
    {.help = "Limits"},
    {"cpus", "N", cli_set_threads, offsetof(struct options, cpus), NULL,
     "maximum worker threads (default one per available CPU)"},
    {.help = "Output"},
    {"output", "FILE", cli_set_string, offsetof(struct options, output), NULL,
     "file for the result in JSON"},
    {0},
};

static const struct cli cli = {
    .program = "loadgen selftest",
    .about =
        "Measures the generator on this machine, against a minimal server on loopback: the\n"
        "highest rate at which it can be trusted, the lowest latency and lag that it can report,\n"
        "and whether it reports a stall, a delay and failures correctly. Takes about 10 "
        "seconds.\n\n"
        "The exit status is 1 if the generator reports something incorrectly, and 98 if other\n"
        "programs disturbed it too much to tell.\n\n"
        "  loadgen selftest -output selftest.json\n",
    .flags = flags,
};

static unsigned find_threads(const struct options *options, const struct command_line *line)
{
    unsigned usable = cgroup_usable_cpus(cgroup_read_cpu("").limit_cpus);
    unsigned asked = options->cpus > 0 ? options->cpus : line->cpus;
    return asked > 0 && asked < usable ? asked : usable;
}

static bool write_output(const struct selftest *selftest, const char *path, struct err *err)
{
    FILE *out = output_open("-output", path, err);
    if (!out) {
        return false;
    }
    bool ok = selftest_write_json(selftest, out) || output_fail("-output", path, err);
    return output_close(out, "-output", path, err) && ok;
}

static bool report(const struct selftest *selftest, const char *path, struct err *err)
{
    bool is_json_on_stdout = path && strcmp(path, "stdout") == 0;
    if (!is_json_on_stdout && !selftest_write_text(selftest, stdout)) {
        return output_fail("-output", "stdout", err);
    }
    return (!path || write_output(selftest, path, err)) && selftest_conclude(selftest, err);
}

static bool selftest_main(const struct command_line *line, struct err *err)
{
    const struct options *options = line->options;
    struct selftest selftest = {0};
    struct interrupt interrupt = {0};
    if (!interrupt_start(&interrupt, err)) {
        return false;
    }
    const struct control control = {.stop_fd = interrupt.stop_fd};
    bool ok = selftest_run(&selftest, find_threads(options, line), &control, err) ||
              err_set(err, ERR_FAILED, "the test was interrupted");
    ok = ok && report(&selftest, options->output, err);
    selftest_destroy(&selftest);
    interrupt_stop(&interrupt);
    return ok;
}

const struct command command_selftest = {
    .name = "selftest",
    .help = "measure the highest rate at which this generator can be trusted on this machine",
    .cli = &cli,
    .options_size = sizeof(struct options),
    .run = selftest_main,
};
