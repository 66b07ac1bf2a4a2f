#include "loadgen/report/slo_print.h"

#include <math.h>
#include <string.h>

#include "loadgen/pace/duration.h"

enum { VALUE_TEXT = 48 };

static const char *const unit_names[] = {
    [SLO_NS] = "ns",
    [SLO_PERCENT] = "percent",
    [SLO_PER_SECOND] = "per_second",
};

/* In full, so that what was seen and the limit never look the same when they are not. */
static const char *print_value(const struct slo_finding *finding, char text[VALUE_TEXT])
{
    double value = finding->value;
    char span[DURATION_TEXT];
    if (isnan(value)) {
        snprintf(text, VALUE_TEXT, "no data");
    } else if (isinf(value)) {
        snprintf(text, VALUE_TEXT, "beyond every limit");
    } else if (finding->criterion->unit == SLO_NS) {
        snprintf(text, VALUE_TEXT, "%s", duration_print((uint64_t)value, span));
    } else {
        snprintf(text, VALUE_TEXT, "%.7g%s", value,
                 finding->criterion->unit == SLO_PERCENT ? "%" : "/s");
    }
    return text;
}

void slo_print_text(const struct slo_verdict *verdict, FILE *out)
{
    char value[VALUE_TEXT];
    if (!verdict || verdict->count == 0) {
        return;
    }
    fprintf(out, "%-14s%-34s%s\n", "SLO", "[seen, verdict]", verdict->is_met ? "held" : "missed");
    for (size_t i = 0; i < verdict->count; i++) {
        const struct slo_finding *finding = &verdict->list[i];
        bool has_reason = finding->why[0] != '\0';
        fprintf(out, "  %-45s %s, %s%s%s%s\n", finding->criterion->text,
                print_value(finding, value), finding->is_held ? "held" : "missed",
                has_reason ? " (" : "", finding->why, has_reason ? ")" : "");
    }
}

/* Times are whole nanoseconds. */
static json_t *number(enum slo_unit unit, double value)
{
    if (!isfinite(value)) {
        return json_null();
    }
    return unit == SLO_NS ? json_integer((json_int_t)value) : json_real(value);
}

void slo_print_json(const struct slo_verdict *verdict, json_t *report)
{
    if (!verdict || verdict->count == 0) {
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < verdict->count; i++) {
        const struct slo_finding *finding = &verdict->list[i];
        const struct slo_criterion *criterion = finding->criterion;
        json_array_append_new(list, json_pack("{s:s, s:s?, s:o, s:o, s:s, s:b, s:s?}", "criterion",
                                              criterion->text, "target", criterion->target, "limit",
                                              number(criterion->unit, criterion->limit), "value",
                                              number(criterion->unit, finding->value), "unit",
                                              unit_names[criterion->unit], "held", finding->is_held,
                                              "why", finding->why[0] ? finding->why : NULL));
    }
    json_object_set_new(report, "slo", list);
}

void slo_print_missed(const struct slo_verdict *verdict, char *text, size_t size)
{
    char value[VALUE_TEXT];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < verdict->count && used < size; i++) {
        const struct slo_finding *finding = &verdict->list[i];
        if (!finding->is_held) {
            used += (size_t)snprintf(text + used, size - used, "%s%s (%s%s%s)", used ? ", " : "",
                                     finding->criterion->text, print_value(finding, value),
                                     finding->why[0] ? ": " : "", finding->why);
        }
    }
}
