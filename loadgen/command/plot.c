/* loadgen plot: makes a page of charts from result files, or from the result of a search. */
#include <sys/stat.h>

#include "loadgen/command/command.h"
#include "loadgen/command/files/collect.h"
#include "loadgen/command/files/output.h"
#include "loadgen/plot/capacity/page.h"
#include "loadgen/plot/page.h"

enum { THRESHOLD_MIN = 100, THRESHOLD_MAX = 20000, POINTS_PER_INTERVAL = 4 };

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
        return err_set(err, ERR_USAGE, "%s is not between %d and %d", text, THRESHOLD_MIN,
                       THRESHOLD_MAX);
    }
    *(uint64_t *)field = value;
    return true;
}

static const struct cli_flag flags[] = {
    {.help = "Page"},
    {"title", "TEXT", cli_set_string, offsetof(struct options, title), "Load test",
     "title of the page"},
    {"threshold", "N", set_threshold, offsetof(struct options, threshold), "4000",
     "draw results individually if there are at most N; otherwise summarize all of them in at most "
     "N/4 intervals; N: 100 to 20000"},

    {.help = "Output"},
    {"output", "FILE", cli_set_string, offsetof(struct options, output), "stdout",
     "file for the HTML page"},

    {"inputs", "FILE,...", NULL, 0, NULL, collect_no_inputs},
    {0},
};

static const struct cli cli = {
    .program = "loadgen plot",
    .operands = "[FILE ...]",
    .about =
        "Reads results of loadgen attack or run, or vegeta's json or csv, from files or stdin,\n"
        "and makes a page of charts: latency, rate and requests in flight over time, and the\n"
        "latency distribution.\n"
        "The page is one HTML file without external resources. From a result of loadgen\n"
        "capacity, loadgen plot makes the page that loadgen capacity -html writes.\n\n"
        "  loadgen plot -title \"Search, 2 CPUs\" -output plot.html results.bin\n"
        "  loadgen attack -targets targets.txt -duration 10s | loadgen plot > plot.html\n"
        "  loadgen plot -output capacity.html capacity.json\n",
    .flags = flags,
};

static void take_result(void *context, const struct result *result)
{
    timeline_add(context, result);
}

static void take_second(void *context, const struct results_second *second)
{
    timeline_add_second(context,
                        &(struct timeline_second){second->start_ns, second->from_ns, second->to_ns,
                                                  second->started, second->tally});
}

static bool write_page(const struct page *page, const char *path, struct err *err)
{
    FILE *out = output_open("-output", path, err);
    if (!out) {
        return false;
    }
    bool ok = page_write(page, out, err);
    return output_close(out, "-output", path, err) && ok;
}

static bool plot(const struct options *options, struct summary *summary, struct timeline *timeline,
                 int count, char **names, struct err *err)
{
    struct page page = {.title = options->title, .summary = summary, .timeline = timeline};
    struct interrupt interrupt = {0};
    const struct collect_observer observer = {
        .interrupt = &interrupt,
        .context = timeline,
        .on_result = take_result,
        .on_second = take_second,
    };
    bool ok = collect(names, count, summary, &observer, err);
    if (ok && timeline->is_out_of_memory) {
        ok = err_set(err, ERR_FAILED, "not enough memory; lower -threshold");
    }
    ok = ok && write_page(&page, options->output, err);
    interrupt_stop(&interrupt);
    return ok;
}

/*
 * The result of a search, if the file contains one: a JSON object that cannot be a result of an
 * attack. NULL: it does not, or it is not a regular file, and may be readable only once.
 */
static json_t *read_capacity(const char *path)
{
    struct stat file;
    bool is_regular = stat(path, &file) == 0 && S_ISREG(file.st_mode);
    json_t *json = is_regular ? json_load_file(path, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    if (json && !capacity_page_can_show(json)) {
        json_decref(json);
        json = NULL;
    }
    return json;
}

static bool plot_capacity(const struct options *options, json_t *result, struct err *err)
{
    FILE *out = output_open("-output", options->output, err);
    if (!out) {
        return false;
    }
    bool ok = capacity_page_write(result, out, err);
    return output_close(out, "-output", options->output, err) && ok;
}

static bool plot_main(const struct command_line *line, struct err *err)
{
    const struct options *options = line->options;
    if (!output_check_distinct(options->output, line->operands, line->operand_count, err)) {
        return false;
    }
    json_t *capacity = line->operand_count == 1 ? read_capacity(line->operands[0]) : NULL;
    if (capacity) {
        bool ok = plot_capacity(options, capacity, err);
        json_decref(capacity);
        return ok;
    }
    struct summary *summary = summary_create();
    struct timeline *timeline =
        timeline_create(options->threshold / POINTS_PER_INTERVAL, options->threshold);
    bool ok = summary && timeline
                  ? plot(options, summary, timeline, line->operand_count, line->operands, err)
                  : err_set(err, ERR_FAILED, "not enough memory for the results");
    timeline_destroy(timeline);
    summary_destroy(summary);
    return ok;
}

const struct command command_plot = {
    .name = "plot",
    .help = "draw charts of results, as an HTML page",
    .cli = &cli,
    .options_size = sizeof(struct options),
    .run = plot_main,
};
