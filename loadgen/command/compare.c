/* loadgen compare: how two sets of capacities differ, and how certain that is. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/plural.h"
#include "loadgen/capacity/compare/capacity_set.h"
#include "loadgen/capacity/compare/difference.h"
#include "loadgen/command/command.h"
#include "loadgen/command/files/output.h"
#include "loadgen/command/flags/field_flags.h"

struct fail_below {
    bool is_given;
    double change; /* as a fraction: -0.05 */
};

struct options {
    struct fail_below fail_below;
    bool is_forced;
};

/* "-5%" */
static bool set_percent(void *field, const char *text, struct err *err)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || strcmp(end, "%") != 0 || !(value > -100 && value <= 0)) {
        return err_set(err, ERR_USAGE,
                       "\"%s\" is not a change between -100%% and 0%%, such as -5%%", text);
    }
    *(struct fail_below *)field = (struct fail_below){true, value / 100};
    return true;
}

static const struct cli_flag flags[] = {
    {.help = "Comparison"},
    {"fail-below", "PERCENT", set_percent, offsetof(struct options, fail_below), NULL,
     "exit with status 99 if the change is significant and below PERCENT, such as -5%; requires "
     "three searches in each set"},
    {"force", NULL, cli_set_bool, offsetof(struct options, is_forced), "false",
     "compare even if the machine, its limits, the SLO or the requests differ"},
    {0},
};

static const struct cli cli = {
    .program = "loadgen compare",
    .operands = "OLD NEW",
    .about =
        "Compares the capacities in two sets of results of loadgen capacity -repeat 5 -output\n"
        "FILE. A set is one or more files, separated by commas. If each set has at least three\n"
        "searches, prints the difference with a 95% interval, which extends at least the width\n"
        "of a search (2%, or 5% with -quick) to each side.\n"
        "\n"
        "  loadgen compare old.json new.json\n"
        "  loadgen compare -fail-below -5% baseline.json new.json\n"
        "  loadgen compare monday.json,tuesday.json,wednesday.json today.json\n",
    .flags = flags,
};

static int compare_rates(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void print_set(const char *name, const struct capacity_set *set)
{
    double sorted[CAPACITY_SET_MAX];
    memcpy(sorted, set->rates, set->count * sizeof sorted[0]);
    qsort(sorted, set->count, sizeof sorted[0], compare_rates);
    double median = (sorted[(set->count - 1) / 2] + sorted[set->count / 2]) / 2;
    printf("%s: median %.4g/s of %zu %s, %.4g to %.4g\n", name, median, set->count,
           plural(set->count, "search", "searches"), sorted[0], sorted[set->count - 1]);
}

/* "17% more" */
static const char *print_change(double change, char text[32])
{
    snprintf(text, 32, "%.1f%% %s", fabs(100 * change), change < -0.0005 ? "less" : "more");
    return text;
}

static void print_difference(const char *name, const struct difference *difference)
{
    char change[32], low[32], high[32];
    print_change(difference->change, change);
    print_change(difference->low, low);
    print_change(difference->high, high);
    if (!difference->has_interval) {
        printf(
            "%s sustains %s. A 95%% interval needs at least %d searches in each set; use loadgen "
            "capacity -repeat 5.\n",
            name, change, DIFFERENCE_RUNS_MIN);
    } else if (difference->low <= 0 && difference->high >= 0) {
        printf("No significant difference: %s sustains %s, 95%% interval %s to %s.\n", name, change,
               low, high);
    } else {
        printf("%s sustains %s, 95%% interval %s to %s.\n", name, change, low, high);
    }
}

static bool judge(const struct options *options, const char *name,
                  const struct difference *difference, struct err *err)
{
    char change[32];
    const struct fail_below *limit = &options->fail_below;
    bool is_worse = limit->is_given && difference->high < 0 && difference->change < limit->change;
    return !is_worse ||
           err_set(err, ERR_SLO_MISSED, "%s sustains %s, a larger drop than -fail-below allows",
                   name, print_change(difference->change, change));
}

static bool compare_sets(const struct options *options, char **names,
                         const struct capacity_set *before, const struct capacity_set *after,
                         struct err *err)
{
    const struct difference difference =
        difference_of(&(struct capacities){before->rates, before->count, before->width},
                      &(struct capacities){after->rates, after->count, after->width});
    if (options->fail_below.is_given && !difference.has_interval) {
        return err_set(
            err, ERR_USAGE,
            "-fail-below needs at least %d searches in each set, but there are %zu and %zu; "
            "use loadgen capacity -repeat 5",
            DIFFERENCE_RUNS_MIN, before->count, after->count);
    }
    print_set(names[0], before);
    print_set(names[1], after);
    print_difference(names[1], &difference);
    return (fflush(stdout) == 0 || output_fail("-output", "stdout", err)) &&
           judge(options, names[1], &difference, err);
}

static bool compare_main(const struct command_line *line, struct err *err)
{
    const struct options *options = line->options;
    struct capacity_set before = {0}, after = {0};
    if (line->operand_count != 2) {
        return err_set(err, ERR_USAGE, "expected two sets: loadgen compare OLD NEW");
    }
    bool ok = capacity_set_read(&before, line->operands[0], options->is_forced, err) &&
              capacity_set_read(&after, line->operands[1], options->is_forced, err) &&
              (options->is_forced || capacity_set_check_equal(&before, &after, err)) &&
              compare_sets(options, line->operands, &before, &after, err);
    capacity_set_free(&before);
    capacity_set_free(&after);
    if (!ok) {
        field_flags_name_object(err->text, "comparison.", flags);
    }
    return ok;
}

const struct command command_compare = {
    .name = "compare",
    .help = "compare the capacities of two builds",
    .cli = &cli,
    .options_size = sizeof(struct options),
    .run = compare_main,
};
