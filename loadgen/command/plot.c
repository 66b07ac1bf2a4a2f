/* loadgen plot: from result files to a page with charts. */
#include "loadgen/command/collect.h"
#include "loadgen/command/command.h"
#include "loadgen/command/output.h"
#include "loadgen/plot/page.h"

enum { THRESHOLD_MIN = 100, THRESHOLD_MAX = 20000, POINTS_AN_INTERVAL = 4 };

struct options {
    const char *title;
    const char *output;
    uint64_t threshold;
};

static bool set_threshold(void *field, const char *text, struct err *err)
{
    uint64_t value = 0;
    if (!cli_set_u64(&value, text, err)) {
        return false;
    }
    if (value < THRESHOLD_MIN || value > THRESHOLD_MAX) {
        return err_set(err, ERR_USAGE,
                       "%s is not from %d to %d: results that are more than this are reduced, and "
                       "without a limit the page and the memory for it would have none",
                       text, THRESHOLD_MIN, THRESHOLD_MAX);
    }
    *(uint64_t *)field = value;
    return true;
}

static const struct cli_flag flags[] = {
    {"output", "FILE", cli_set_string, offsetof(struct options, output), "stdout",
     "where the page goes"},
    {"threshold", "N", set_threshold, offsetof(struct options, threshold), "4000",
     "draw up to N results one by one, more as N values a target; 100 to 20000"},
    {"title", "TEXT", cli_set_string, offsetof(struct options, title), "Load test",
     "title of the page"},
    {0},
};

static const struct cli cli = {
    .program = "loadgen plot",
    .operands = "[FILE ...]",
    .about = "Makes a page with charts of the results of loadgen attack, from files or from\n"
             "stdin: latency, rate and requests in flight over time, and the distribution of\n"
             "latency. The page is one file, which any browser opens without a network.\n\n"
             "  loadgen plot -title \"Search, 2 CPUs\" -output plot.html results.bin\n"
             "  loadgen attack -targets targets.txt -duration 10s | loadgen plot > plot.html\n",
    .flags = flags,
};

static void take_result(void *context, const struct result *result)
{
    timeline_add(context, result);
}

static bool write_page(const struct page *page, const char *path, struct err *err)
{
    FILE *out = output_open(path, err);
    if (!out) {
        return false;
    }
    bool ok = page_write(page, out, err);
    return output_close(out, path, err) && ok;
}

static bool plot(const struct options *options, struct summary *summary, struct timeline *timeline,
                 int count, char **names, struct err *err)
{
    struct page page = {.title = options->title, .summary = summary, .timeline = timeline};
    const struct collect_watcher watcher = {.context = timeline, .each = take_result};
    if (!collect(names, count, summary, &watcher, err)) {
        return false;
    }
    if (timeline->is_out_of_memory) {
        return err_set(err, ERR_FAILED, "not enough memory: choose a lower -threshold");
    }
    return write_page(&page, options->output, err);
}

static bool plot_main(const struct command_globals *globals, int argc, char **argv, struct err *err)
{
    (void)globals; /* a page takes one thread */
    struct options options = {0};
    int operands = 0;
    enum cli_result result = cli_parse(&cli, argc, argv, &options, &operands, err);
    if (result != CLI_OK) {
        return result == CLI_DONE;
    }
    if (!output_is_apart(options.output, argv + 1, operands, err)) {
        return false;
    }
    struct summary *summary = summary_create();
    struct timeline *timeline =
        timeline_create(options.threshold / POINTS_AN_INTERVAL, options.threshold);
    bool ok = summary && timeline ? plot(&options, summary, timeline, operands, argv + 1, err)
                                  : err_set(err, ERR_FAILED, "not enough memory for the results");
    timeline_destroy(timeline);
    summary_destroy(summary);
    return ok;
}

const struct command command_plot = {
    .name = "plot",
    .help = "make a page with charts of results",
    .cli = &cli,
    .run = plot_main,
};
