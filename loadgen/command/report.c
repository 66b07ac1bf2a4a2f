/* loadgen report: prints a report of result files. */
#include "loadgen/report/report_choice.h"

#include <unistd.h>

#include "loadgen/base/duration.h"
#include "loadgen/command/command.h"
#include "loadgen/command/files/collect.h"
#include "loadgen/command/files/output.h"
#include "loadgen/command/session/slo_flag.h"
#include "loadgen/report/buckets_text.h"

struct options {
    const char *type;
    const char *buckets; /* NULL: none */
    const char *output;
    const char *slo; /* NULL: none */
    uint64_t every_ns;
};

static const struct cli_flag flags[] = {
    {.help = "Report"},
    {"type", "TYPE", cli_set_string, offsetof(struct options, type), "text",
     "text, json, hist[0,10ms,100ms], hdrplot or hdrlog"},
    {"buckets", "[TIME,...]", cli_set_text, offsetof(struct options, buckets), NULL,
     "lower bounds of the histogram buckets in hist and json, such as [0,10ms,100ms]"},

    {.help = "Output"},
    {"output", "FILE", cli_set_string, offsetof(struct options, output), "stdout",
     "file for the report"},
    {"every", "TIME", duration_set, offsetof(struct options, every_ns), "0s",
     "also report the results so far at this interval; 0: only at the end"},

    {.help = "SLO"},
    {"slo", "EXPR", cli_set_string, offsetof(struct options, slo), NULL,
     "SLO to check, such as p99<20ms,errors<0.1%; if it is missed, the exit status is 99, or 98 if "
     "the generator was the limit"},

    {"inputs", "FILE,...", NULL, 0, NULL, collect_no_inputs},
    {"reporter", "TYPE", NULL, 0, NULL, "renamed to -type, as in vegeta: -type=text"},
    {0},
};

static const struct cli cli = {
    .program = "loadgen report",
    .operands = "[FILE ...]",
    .about =
        "Reads results of loadgen attack or run, or vegeta's json or csv, from files or stdin,\n"
        "and prints a report.\n\n"
        "  loadgen attack -targets targets.txt -duration 10s | loadgen report\n"
        "  loadgen attack -targets targets.txt -duration 10s | loadgen report -every 1s\n"
        "  loadgen report -type=json results.bin\n"
        "  loadgen report -slo 'p99<20ms,errors<0.1%' results.bin\n",
    .flags = flags,
};

struct reporting {
    const struct options *options;
    const struct report *report;
    const struct summary *summary;
};

/* With -every, each report replaces the previous one, on a terminal and in a file. */
static bool write_report(const struct reporting *reporting, const struct slo_verdict *slo,
                         struct err *err)
{
    const char *path = reporting->options->output;
    FILE *out = output_open("-output", path, err);
    if (!out) {
        return false;
    }
    if (reporting->options->every_ns > 0 && out == stdout && isatty(STDOUT_FILENO)) {
        fputs("\033[2J\033[0;0H", out);
    }
    bool ok = reporting->report->write(reporting->summary, slo, out);
    return output_close(out, "-output", path, err) && (ok || output_fail("-output", path, err));
}

static bool report_so_far(void *context, struct err *err)
{
    return write_report(context, NULL, err);
}

static bool report_and_judge(const struct reporting *reporting, const struct slo *slo,
                             struct err *err)
{
    struct slo_verdict verdict = slo_judge(slo, reporting->summary);
    return write_report(reporting, &verdict, err) &&
           slo_flag_conclude(&verdict, reporting->summary, err);
}

static bool choose(const struct options *options, struct report_choice *choice, struct err *err)
{
    if (!report_choose(choice, options->type, options->buckets, err)) {
        return err_prefix(err, "-type");
    }
    if (options->buckets && choice->buckets.count > 0) {
        return err_set(err, ERR_USAGE, "-type %s and -buckets both set buckets; use only one",
                       options->type);
    }
    return !options->buckets || buckets_parse(&choice->buckets, options->buckets, 0, err) ||
           err_prefix(err, "-buckets");
}

static bool report_main(const struct command_line *line, struct err *err)
{
    const struct options *options = line->options;
    struct report_choice choice;
    struct slo *slo = NULL;
    if (!output_check_distinct(options->output, line->operands, line->operand_count, err) ||
        !choose(options, &choice, err) || !slo_flag_parse(options->slo, &slo, err)) {
        return false;
    }
    struct summary *summary = summary_create();
    struct interrupt interrupt = {0};
    bool ok = false;
    if (summary) {
        struct reporting reporting = {options, choice.report, summary};
        const struct collect_observer observer = {
            .interrupt = &interrupt,
            .context = &reporting,
            .on_interval = report_so_far,
            .interval_ns = options->every_ns,
        };
        tally_count_by(summary->tally, &choice.buckets);
        ok = collect(line->operands, line->operand_count, summary, &observer, err) &&
             report_and_judge(&reporting, slo, err);
    } else {
        err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    interrupt_stop(&interrupt);
    summary_destroy(summary);
    slo_destroy(slo);
    return ok;
}

const struct command command_report = {
    .name = "report",
    .help = "print a report of results",
    .cli = &cli,
    .options_size = sizeof(struct options),
    .run = report_main,
};
