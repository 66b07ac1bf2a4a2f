#include "loadgen/report/slo_print.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/plural.h"
#include "loadgen/base/duration.h"

enum { VALUE_TEXT = 48, RESPONSE_TEXT = 80 };

static const char *const unit_names[] = {
    [SLO_NS] = "ns",
    [SLO_PERCENT] = "percent",
    [SLO_PER_SECOND] = "per_second",
};

/* Prints three significant digits, or all digits if the value would look equal to the limit. */
static const char *print_span(double ns, const struct slo_finding *finding,
                              char text[DURATION_TEXT])
{
    char limit[DURATION_TEXT];
    duration_print_short((uint64_t)finding->criterion->limit, limit);
    duration_print_short((uint64_t)ns, text);
    return strcmp(text, limit) == 0 ? duration_print((uint64_t)ns, text) : text;
}

static const char *print_value(const struct slo_finding *finding, char text[VALUE_TEXT])
{
    double value = finding->value;
    char span[DURATION_TEXT];
    if (isnan(value)) {
        snprintf(text, VALUE_TEXT, "no data");
    } else if (isinf(value)) {
        snprintf(text, VALUE_TEXT, "unbounded");
    } else if (finding->criterion->unit == SLO_NS) {
        snprintf(text, VALUE_TEXT, "%s", print_span(value, finding, span));
    } else {
        snprintf(text, VALUE_TEXT, "%.7g%s", value,
                 finding->criterion->unit == SLO_PERCENT ? "%" : "/s");
    }
    return text;
}

/* "312µs without the generator's lag" if lag moved the value, else "". */
static const char *print_response(const struct slo_finding *finding, char text[RESPONSE_TEXT])
{
    char span[DURATION_TEXT];
    text[0] = '\0';
    if (slo_is_moved(finding->value, finding->response, finding->criterion->limit)) {
        snprintf(text, RESPONSE_TEXT, "%s without the generator's lag",
                 print_span(finding->response, finding, span));
    }
    return text;
}

const char *slo_print_reason(const struct slo_finding *finding, char text[SLO_REASON_TEXT])
{
    bool has_nearest = finding->reason == SLO_NO_TARGET && finding->nearest;
    text[0] = '\0';
    switch (finding->reason) {
    case SLO_NO_REASON:
        break;
    case SLO_TOO_FEW_REQUESTS:
        snprintf(text, SLO_REASON_TEXT, "too few requests");
        break;
    case SLO_NO_SCHEDULED_RATE:
        snprintf(text, SLO_REASON_TEXT, "no rate was scheduled or recorded");
        break;
    case SLO_NO_TARGET:
        snprintf(text, SLO_REASON_TEXT, "no target has this name%s%s%s",
                 has_nearest ? "; did you mean " : "", has_nearest ? finding->nearest : "",
                 has_nearest ? "?" : "");
        break;
    case SLO_NO_REQUESTS:
        snprintf(text, SLO_REASON_TEXT, "no requests");
        break;
    case SLO_UNANSWERED:
    case SLO_UNANSWERED_OR_LOST:
        snprintf(text, SLO_REASON_TEXT, "%" PRIu64 " of %" PRIu64 " %s got no response%s",
                 finding->unanswered, finding->intended,
                 plural(finding->intended, "request", "requests"),
                 finding->reason == SLO_UNANSWERED_OR_LOST ? ", or their results are missing" : "");
        break;
    case SLO_PARTIAL:
        snprintf(text, SLO_REASON_TEXT,
                 "partial: some requests of this target may be counted as \"other\"");
        break;
    case SLO_DROPPED:
        snprintf(text, SLO_REASON_TEXT,
                 "%" PRIu64 " of %" PRIu64
                 " iterations were dropped, because no user was free; raise -u",
                 finding->unanswered, finding->intended);
        break;
    case SLO_CUT_SHORT:
        snprintf(text, SLO_REASON_TEXT, "met so far, but the results were cut short");
        break;
    }
    return text;
}

void slo_print_text(const struct slo_verdict *verdict, FILE *out)
{
    char value[VALUE_TEXT];
    if (!verdict || verdict->count == 0) {
        return;
    }
    fprintf(out, "%-14s%-34s%s\n", "SLO", "[measured, verdict]",
            verdict->is_met ? "met" : "missed");
    for (size_t i = 0; i < verdict->count; i++) {
        const struct slo_finding *finding = &verdict->list[i];
        char why[SLO_REASON_TEXT];
        char response[RESPONSE_TEXT];
        bool has_reason = slo_print_reason(finding, why)[0] != '\0';
        bool has_response = print_response(finding, response)[0] != '\0';
        fprintf(out, "  %-45s %s%s%s%s, %s%s%s%s\n", finding->criterion->text,
                print_value(finding, value), has_response ? " (" : "", response,
                has_response ? ")" : "", finding->is_held ? "met" : "missed",
                has_reason ? " (" : "", why, has_reason ? ")" : "");
    }
}

/* Times are integers, in nanoseconds. */
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
        char why[SLO_REASON_TEXT];
        slo_print_reason(finding, why);
        json_array_append_new(
            list, json_pack("{s:s, s:s?, s:o, s:o, s:o, s:s, s:b, s:b, s:s?}", "criterion",
                            criterion->text, "target", criterion->target, "limit",
                            number(criterion->unit, criterion->limit), "value",
                            number(criterion->unit, finding->value), "response",
                            number(criterion->unit, finding->response), "unit",
                            unit_names[criterion->unit], "held", finding->is_held, "certain",
                            finding->is_certain, "why", why[0] ? why : NULL));
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
        char why[SLO_REASON_TEXT];
        char response[RESPONSE_TEXT];
        if (!finding->is_held) {
            print_response(finding, response);
            slo_print_reason(finding, why);
            used +=
                (size_t)snprintf(text + used, size - used, "%s%s (%s%s%s%s%s)", used ? ", " : "",
                                 finding->criterion->text, print_value(finding, value),
                                 response[0] ? ", " : "", response, why[0] ? ": " : "", why);
        }
    }
}
