#include <math.h>

#include "loadgen/base/duration.h"
#include "loadgen/scrape/account.h"

static double number_of(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);
    return json_is_number(value) ? json_number_value(value) : -1;
}

/* "1.02ms"; "?" if it is not known. */
static const char *print_seconds(double seconds, char text[DURATION_TEXT])
{
    if (seconds < 0) {
        return "?";
    }
    return duration_print_short((uint64_t)llround(seconds * NS_PER_S), text);
}

/* Marks a lower bound, unless 0 or unknown: throttling by the pod's own cgroup is not visible. */
static const char *name_bound(double throttled_seconds)
{
    return throttled_seconds > 0 ? "at least " : "";
}

static const char *print_mebibytes(double bytes, char text[DURATION_TEXT])
{
    if (bytes < 0) {
        return "?";
    }
    snprintf(text, DURATION_TEXT, "%.1fMiB", bytes / (1024.0 * 1024));
    return text;
}

static void print_pod(const json_t *pod, FILE *out)
{
    char cpu[DURATION_TEXT], throttled[DURATION_TEXT], memory[DURATION_TEXT], name[300] = "";
    const char *address = json_string_value(json_object_get(pod, "address"));
    const char *problem = json_string_value(json_object_get(pod, "problem"));
    const char *own = json_string_value(json_object_get(pod, "pod"));
    snprintf(name, sizeof name, "%s%s%s", address ? address : "?", own ? " " : "", own ? own : "");
    if (problem) {
        fprintf(out, "  %-40s  %s\n", name, problem);
        return;
    }
    double served = number_of(pod, "served"), share = number_of(pod, "share");
    fprintf(out, "  %-40s  %5.1f%%  %8.0f  %8s  %8s  %9s\n", name, 100 * fmax(share, 0),
            fmax(served, 0), print_seconds(number_of(pod, "cpu_seconds"), cpu),
            print_seconds(number_of(pod, "throttled_seconds"), throttled),
            print_mebibytes(number_of(pod, "memory_bytes"), memory));
}

size_t account_count_servers(const json_t *account)
{
    size_t i, count = 0;
    json_t *pod;
    json_array_foreach(json_object_get(account, "pods"), i, pod)
    {
        count += number_of(pod, "served") > 0;
    }
    return count;
}

void account_print(const json_t *account, FILE *out)
{
    char cost[DURATION_TEXT], throttled[DURATION_TEXT], memory[DURATION_TEXT];
    const json_t *pods = json_object_get(account, "pods");
    double throttled_seconds = number_of(account, "throttled_seconds");
    size_t i;
    json_t *item;
    fprintf(out, "Target        [CPU per request, throttled, memory] %s, %s%s, %s\n",
            print_seconds(number_of(account, "cpu_seconds_per_request"), cost),
            name_bound(throttled_seconds), print_seconds(throttled_seconds, throttled),
            print_mebibytes(number_of(account, "memory_bytes"), memory));
    if (json_array_size(pods) > 1) {
        fputs("Target pods   [share, served, CPU, throttled (lower bound), memory]\n", out);
        json_array_foreach(pods, i, item)
        {
            print_pod(item, out);
        }
    }
}
