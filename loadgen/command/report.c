/* loadgen report: from result files to a report. */
#include "loadgen/report/report.h"

#include <unistd.h>

#include "loadgen/command/collect.h"
#include "loadgen/command/command.h"
#include "loadgen/command/judge.h"
#include "loadgen/command/output.h"
#include "loadgen/pace/duration.h"

struct options {
    const char *type;
    const char *buckets;
    const char *output;
    const char *slo; /* NULL: none */
    uint64_t every_ns;
};

static const struct cli_flag flags[] = {
    {"buckets", "[TIME,...]", cli_set_string, offsetof(struct options, buckets), "",
     "bounds of buckets, for hist and json"},
    {"every", "TIME", duration_set, offsetof(struct options, every_ns), "0s",
     "report so often what there is so far; 0 is only at the end"},
    {"output", "FILE", cli_set_string, offsetof(struct options, output), "stdout",
     "where the report goes"},
    {"slo", "EXPR", cli_set_string, offsetof(struct options, slo), NULL,
     "what must hold, as p99<20ms,errors<0.1%; end with 99 when it does not (docs/slo.md)"},
    {"type", "TYPE", cli_set_string, offsetof(struct options, type), "text",
     "text, json, hist[0,10ms,100ms], hdrplot or hdrlog"},
    {0},
};

static const struct cli cli = {
    .program = "loadgen report",
    .operands = "[FILE ...]",
    .about = "Makes a report of the results of loadgen attack, from files or from stdin.\n\n"
             "  loadgen attack -targets targets.txt -duration 10s | loadgen report\n"
             "  loadgen attack -targets targets.txt -duration 10s | loadgen report -every 1s\n"
             "  loadgen report -type=json results.bin\n"
             "  loadgen report -slo 'p99<20ms,errors<0.1%' results.bin\n",
    .flags = flags,
};

/* What a report is made of, and where it goes. */
struct reporting {
    const struct options *options;
    const struct report *report;
    const struct summary *summary;
};

/* With -every each report takes the place of the one before: on a terminal, and in a file. */
static bool write_report(const struct reporting *reporting, const struct slo_verdict *slo,
                         struct err *err)
{
    const char *path = reporting->options->output;
    FILE *out = output_open(path, err);
    if (!out) {
        return false;
    }
    if (reporting->options->every_ns > 0 && out == stdout && isatty(STDOUT_FILENO)) {
        fputs("\033[2J\033[0;0H", out);
    }
    bool ok = reporting->report->write(reporting->summary, slo, out);
    return output_close(out, path, err) && (ok || output_fail(path, err));
}

static bool report_so_far(void *context, struct err *err)
{
    return write_report(context, NULL, err);
}

static bool report_and_judge(const struct reporting *reporting, const struct slo *slo,
                             struct err *err)
{
    struct slo_verdict verdict = slo_judge(slo, reporting->summary);
    return write_report(reporting, &verdict, err) && judge_end(&verdict, reporting->summary, err);
}

static bool report_main(const struct command_globals *globals, int argc, char **argv,
                        struct err *err)
{
    (void)globals; /* a report takes one thread */
    struct options options = {0};
    int operands = 0;
    enum cli_result result = cli_parse(&cli, argc, argv, &options, &operands, err);
    if (result != CLI_OK) {
        return result == CLI_DONE;
    }
    struct report_choice choice;
    struct slo *slo = NULL;
    if (!output_is_apart(options.output, argv + 1, operands, err) ||
        !report_choose(&choice, "-type", options.type, options.buckets, err) ||
        !judge_read(options.slo, &slo, err)) {
        return false;
    }
    struct summary *summary = summary_create();
    bool ok = false;
    if (summary) {
        struct reporting reporting = {&options, choice.report, summary};
        const struct collect_watcher watcher = {
            .context = &reporting,
            .tick = report_so_far,
            .every_ns = options.every_ns,
        };
        tally_count_by(summary->tally, &choice.buckets);
        ok = collect(argv + 1, operands, summary, &watcher, err) &&
             report_and_judge(&reporting, slo, err);
    } else {
        err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    summary_destroy(summary);
    slo_destroy(slo);
    return ok;
}

const struct command command_report = {
    .name = "report",
    .help = "report on results",
    .cli = &cli,
    .run = report_main,
};
