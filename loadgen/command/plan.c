/* loadgen plan: how many pods a rate needs, from a result of loadgen capacity. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/plural.h"
#include "loadgen/capacity/compare/capacity_file.h"
#include "loadgen/capacity/compare/sizing.h"
#include "loadgen/command/command.h"
#include "loadgen/command/files/output.h"
#include "loadgen/pace/pacer.h"

struct options {
    struct rate rate; /* per_ns 0: not given */
    double headroom;  /* as a fraction: 0.3 */
};

/* "30%" */
static bool set_headroom(void *field, const char *text, struct err *err)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || strcmp(end, "%") != 0 || !(value >= 0 && value < 100)) {
        return err_set(err, ERR_USAGE,
                       "\"%s\" is not a percentage from 0%% to below 100%%, such as 30%%", text);
    }
    *(double *)field = value / 100;
    return true;
}

static const struct cli_flag flags[] = {
    {.help = "Plan"},
    {"rate", "N[/TIME]", rate_set, offsetof(struct options, rate), NULL,
     "requests to sustain, per second unless TIME is given; required"},
    {"headroom", "PERCENT", set_headroom, offsetof(struct options, headroom), "30%",
     "share of each pod's capacity to leave unused at -rate"},
    {0},
};

static const struct cli cli = {
    .program = "loadgen plan",
    .operands = "RESULT",
    .about =
        "Computes how many pods a rate needs, from the result of loadgen capacity -output. With\n"
        "-target-metrics, the result contains the number of pods that served; otherwise, one pod\n"
        "is assumed. All pods must have the same size as those that were measured.\n"
        "\n"
        "  loadgen plan -rate 50000 -headroom 30% capacity.json\n",
    .flags = flags,
};

static void print_bound(enum search_verdict verdict)
{
    static const char *const reasons[] = {
        [SEARCH_ABOVE_MAXIMUM] = "The search reached -max-rate",
        [SEARCH_GENERATOR_LIMITED] = "The generator was the limit",
        [SEARCH_OUT_OF_TIME] = "The search stopped before it was complete",
        [SEARCH_BELOW_MINIMUM] = NULL,
    };
    if (verdict != SEARCH_FOUND && reasons[verdict]) {
        printf("! %s: one pod may sustain more, and fewer pods may be enough.\n", reasons[verdict]);
    }
}

static void print_plan(const struct sizing *sizing, const struct options *options, double rate)
{
    size_t i;
    json_t *remark;
    printf("%.10g/s with %g%% headroom needs %s%" PRIu64 " %s of the measured size.\n", rate,
           100 * options->headroom, sizing->is_lower_bound ? "at most " : "", sizing->pods,
           plural(sizing->pods, "pod", "pods"));
    printf("One pod sustains %.4g/s: %.4g/s was served by %" PRIu64 " %s.\n", sizing->per_pod,
           sizing->capacity, sizing->served_by, plural(sizing->served_by, "pod", "pods"));
    printf("With %" PRIu64 " %s, each gets %.4g/s, %.1f%% of its capacity.\n", sizing->pods,
           plural(sizing->pods, "pod", "pods"), rate / (double)sizing->pods, 100 * sizing->load);
    if (sizing->is_assumed) {
        puts("! The number of pods was not recorded, so one is assumed. To record it, run loadgen "
             "capacity with -target-metrics.");
    }
    print_bound(sizing->verdict);
    json_array_foreach(sizing->remarks, i, remark)
    {
        printf("! %s\n", json_string_value(remark) ? json_string_value(remark) : "");
    }
}

static bool plan_main(const struct command_line *line, struct err *err)
{
    const struct options *options = line->options;
    struct sizing sizing;
    if (line->operand_count != 1) {
        return err_set(err, ERR_USAGE, "expected one result: loadgen plan -rate 50000 RESULT");
    }
    if (options->rate.per_ns == 0 || options->rate.count == 0) {
        return err_set(err, ERR_USAGE,
                       "-rate is missing or 0; set the requests per second to sustain, such as "
                       "-rate 50000");
    }
    const char *path = line->operands[0];
    double rate = (double)options->rate.count * NS_PER_S / (double)options->rate.per_ns;
    json_t *report = capacity_file_read(path, err);
    bool ok = report && (sizing_make(&sizing, report, rate, options->headroom, err) ||
                         err_prefix(err, "%s", path));
    if (ok) {
        print_plan(&sizing, options, rate);
        ok = fflush(stdout) == 0 || output_fail("-output", "stdout", err);
    }
    json_decref(report);
    return ok;
}

const struct command command_plan = {
    .name = "plan",
    .help = "compute how many pods a rate needs",
    .cli = &cli,
    .options_size = sizeof(struct options),
    .run = plan_main,
};
