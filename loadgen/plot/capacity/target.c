#include "loadgen/plot/capacity/target.h"

#include <math.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"
#include "loadgen/plot/capacity/result.h"
#include "loadgen/plot/facts.h"
#include "loadgen/plot/html.h"
#include "loadgen/report/target_remarks.h"

/* The index of the trial whose pods are shown; -1: no trial has any. */
static int choose_trial(const json_t *result)
{
    const json_t *trials = json_object_get(result, "trials");
    int chosen = capacity_choose_trials(result).capacity;
    for (size_t i = json_array_size(trials); chosen < 0 && i-- > 0;) {
        if (json_is_object(json_object_get(json_array_get(trials, i), "target"))) {
            chosen = (int)i;
        }
    }
    const json_t *trial = chosen >= 0 ? json_array_get(trials, (size_t)chosen) : NULL;
    return json_is_object(json_object_get(trial, "target")) ? chosen : -1;
}

static bool has_number(const json_t *pod, const char *key)
{
    return json_is_number(json_object_get(pod, key));
}

static void write_cell(FILE *out, bool is_known, const char *text)
{
    fputs("<td>", out);
    html_write(out, is_known ? text : "unknown");
    fputs("</td>", out);
}

static void write_count(FILE *out, const json_t *pod, const char *key)
{
    char text[FACTS_TEXT];
    write_cell(out, has_number(pod, key), facts_print_count(capacity_count(pod, key), text));
}

static void write_seconds(FILE *out, const json_t *pod, const char *key)
{
    char text[DURATION_TEXT];
    double ns = fmin(fmax(capacity_number(pod, key), 0) * NS_PER_S, 1e18);
    write_cell(out, has_number(pod, key), duration_print_short((uint64_t)ns, text));
}

static void write_pod(FILE *out, const json_t *pod)
{
    char text[FACTS_TEXT];
    const char *problem = capacity_text(pod, "problem");
    fputs("<tr><th scope=\"row\">", out);
    html_print(out, "%s %s", capacity_text(pod, "address"), capacity_text(pod, "pod"));
    fputs("</th>", out);
    if (problem[0]) {
        fputs("<td class=\"text\" colspan=\"6\">", out);
        html_write(out, problem);
        fputs("</td></tr>\n", out);
        return;
    }
    snprintf(text, sizeof text, "%.1f%%", 100 * capacity_number(pod, "share"));
    write_cell(out, has_number(pod, "share"), text);
    write_count(out, pod, "served");
    write_seconds(out, pod, "cpu_seconds");
    write_seconds(out, pod, "throttled_seconds");
    snprintf(text, sizeof text, "%.1f MiB", capacity_number(pod, "memory_bytes") / (1024 * 1024));
    write_cell(out, has_number(pod, "memory_bytes"), text);
    write_count(out, pod, "oom_kills");
    fputs("</tr>\n", out);
}

static void write_pods(FILE *out, const json_t *result, int chosen)
{
    const json_t *trial = json_array_get(json_object_get(result, "trials"), (size_t)chosen);
    size_t i;
    json_t *pod;
    fputs("<p>", out);
    html_print(out, "Metrics of the target's pods in trial %d, at %.5g requests per second.",
               chosen + 1, capacity_number(trial, "rate"));
    fputs("</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
          "aria-labelledby=\"target-title\">\n<table>\n<thead><tr><th scope=\"col\">Pod</th>"
          "<th scope=\"col\">Share</th><th scope=\"col\">Served</th><th scope=\"col\">CPU</th>"
          "<th scope=\"col\">Throttled (lower bound)</th><th scope=\"col\">Memory</th>"
          "<th scope=\"col\">OOM kills</th></tr></thead>\n<tbody>\n",
          out);
    json_array_foreach(json_object_get(json_object_get(trial, "target"), "pods"), i, pod)
    {
        write_pod(out, pod);
    }
    fputs("</tbody>\n</table>\n</div>\n", out);
}

static void write_remarks(FILE *out, const json_t *result)
{
    json_t *list = target_remarks_collect(json_object_get(result, "trials"));
    char where[TARGET_REMARKS_WHERE];
    size_t i;
    json_t *remark;
    fputs("<ul class=\"remarks\">", out);
    json_array_foreach(list, i, remark)
    {
        fputs("<li>", out);
        html_print(out, "%s (%s)", capacity_text(remark, "text"),
                   target_remarks_where(remark, where));
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
    json_decref(list);
}

void capacity_target(const json_t *result, FILE *out)
{
    int chosen = choose_trial(result);
    if (chosen < 0) {
        fputs("<p>Not recorded. To read the target's metrics, use -target-metrics URL.</p>\n", out);
        return;
    }
    write_remarks(out, result);
    write_pods(out, result, chosen);
}
