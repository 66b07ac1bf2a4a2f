#include "loadgen/scrape/account.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

#include "common/plural.h"
#include "loadgen/scrape/growth.h"

enum { REMARK = 512 };

/* One pod over the time; values that are not known are negative. */
struct pod {
    const struct scrape_pod *now;
    bool has_restarted;
    double served, cpu_s, throttled_s, oom_kills; /* since the first reading */
    double memory_bytes, memory_limit_bytes, cpu_limit;
};

/* The target as a whole. */
struct sums {
    size_t pods, read, restarted, gone;
    const struct scrape_pod *unread; /* the first; NULL: none */
    double served, cpu_s, throttled_s, oom_kills, memory_bytes;
    double cpu_of_served_s, served_with_cpu; /* of the pods that have both */
    double most_served;
    const char *busiest;
};

static bool is_read(const struct scrape_pod *pod)
{
    return pod->problem[0] == '\0';
}

/* `then` is NULL for a pod that is new. */
static struct pod compare(const struct scrape_pod *now, const struct scrape_pod *then)
{
    const struct reading *before = then ? &then->reading : NULL;
    const struct reading *after = &now->reading;
    return (struct pod){
        .now = now,
        .has_restarted = growth_has_restarted(before, after),
        .served = growth_of(before, after, READING_SERVED),
        .cpu_s = growth_of(before, after, READING_CPU_SECONDS),
        .throttled_s = growth_of(before, after, READING_THROTTLED_SECONDS),
        .oom_kills = growth_of(before, after, READING_OOM_KILLS),
        .memory_bytes = fmax(growth_value(after, READING_MEMORY_BYTES),
                             growth_value(before, READING_MEMORY_BYTES)),
        .memory_limit_bytes = growth_value(after, READING_MEMORY_LIMIT_BYTES),
        .cpu_limit = growth_value(after, READING_CPU_LIMIT),
    };
}

/* A pod that was not read before gives no difference. */
static struct pod pod_at(const struct scrape *before, const struct scrape *after, size_t i)
{
    const struct scrape_pod *now = &after->pods[i];
    const struct scrape_pod *then = scrape_find_pod(before, now->address);
    if (is_read(now) && (!then || is_read(then))) {
        return compare(now, then);
    }
    return (struct pod){is_read(now) ? then : now, false, -1, -1, -1, -1, -1, -1, -1};
}

static void add(double *sum, double value)
{
    if (value >= 0) {
        *sum = fmax(*sum, 0) + value;
    }
}

static void add_pod(struct sums *sums, const struct pod *pod)
{
    sums->pods++;
    sums->read += is_read(pod->now);
    sums->restarted += pod->has_restarted;
    if (!sums->unread && !is_read(pod->now)) {
        sums->unread = pod->now;
    }
    add(&sums->served, pod->served);
    add(&sums->cpu_s, pod->cpu_s);
    add(&sums->throttled_s, pod->throttled_s);
    add(&sums->oom_kills, pod->oom_kills);
    sums->memory_bytes = fmax(sums->memory_bytes, pod->memory_bytes);
    if (pod->served >= 0 && pod->cpu_s >= 0) {
        sums->cpu_of_served_s += pod->cpu_s;
        sums->served_with_cpu += pod->served;
    }
    if (pod->served > sums->most_served) {
        sums->most_served = pod->served;
        sums->busiest = pod->now->address;
    }
}

static json_t *real_or_null(double value)
{
    return value >= 0 ? json_real(value) : json_null();
}

static json_t *count_or_null(double value)
{
    return value >= 0 ? json_integer((json_int_t)llround(value)) : json_null();
}

/* Text that is not UTF-8 counts as missing. */
static json_t *text_or_null(const char *text)
{
    json_t *json = text[0] != '\0' ? json_string(text) : NULL;
    return json ? json : json_null();
}

static json_t *pod_to_json(const struct pod *pod, const struct sums *sums)
{
    double share = pod->served >= 0 && sums->served > 0 ? pod->served / sums->served : -1;
    return json_pack(
        "{so so so so so so so so so so so sb so}", "address", text_or_null(pod->now->address),
        "pod", text_or_null(pod->now->reading.pod), "node", text_or_null(pod->now->reading.node),
        "served", count_or_null(pod->served), "share", real_or_null(share), "cpu_seconds",
        real_or_null(pod->cpu_s), "cpu_limit", real_or_null(pod->cpu_limit), "throttled_seconds",
        real_or_null(pod->throttled_s), "memory_bytes", count_or_null(pod->memory_bytes),
        "memory_limit_bytes", count_or_null(pod->memory_limit_bytes), "oom_kills",
        count_or_null(pod->oom_kills), "restarted", pod->has_restarted, "problem",
        text_or_null(pod->now->problem));
}

static void remark(json_t *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void remark(json_t *list, const char *format, ...)
{
    char text[REMARK];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    json_array_append_new(list, json_string(text));
}

static void remark_gaps(json_t *list, const struct sums *sums)
{
    if (sums->unread) {
        remark(list, "The metrics of %zu of %zu pods could not be read (%s: %s).",
               sums->pods - sums->read, sums->pods, sums->unread->address, sums->unread->problem);
    }
    if (sums->gone > 0) {
        remark(list, "%zu %s disappeared since the trial began.", sums->gone,
               plural(sums->gone, "pod has", "pods have"));
    }
    if (sums->restarted > 0) {
        remark(list, "%zu of %zu pods restarted.", sums->restarted, sums->pods);
    }
    if (sums->oom_kills > 0) {
        uint64_t kills = (uint64_t)sums->oom_kills;
        remark(list, "%" PRIu64 " %s killed because the memory limit was reached.", kills,
               plural(kills, "process of the target was", "processes of the target were"));
    }
}

/* Only sums over all pods, without restarts, can be compared with what was sent. */
static void remark_served(json_t *list, const struct sums *sums, const struct account_sent *sent)
{
    double answered = (double)sent->answered, tried = (double)sent->tried;
    if (sums->served < 0) {
        remark(list, "The pods do not report how many requests they served; docs/capacity.md lists "
                     "the counters that loadgen reads.");
    } else if (sums->served < answered) {
        remark(list,
               "%.0f requests were answered, but the pods served only %.0f: the metrics of a pod "
               "are missing, or an intermediary answered.",
               answered, sums->served);
    } else if (sums->served > tried) {
        remark(list,
               "The pods served %.0f requests, but only %.0f were sent: other clients also sent "
               "requests.",
               sums->served, tried);
    }
}

static void remark_spread(json_t *list, const struct sums *sums)
{
    double mean = sums->served / (double)sums->read;
    if (sums->read > 1 && sums->served > 0 && sums->most_served >= ACCOUNT_UNEVEN * mean) {
        remark(list,
               "The load was uneven: of %zu pods, %s served %.0f%% of the requests. With an even "
               "load, the %zu pods may sustain more.",
               sums->read, sums->busiest, 100 * sums->most_served / sums->served, sums->read);
    }
}

static json_t *make_remarks(const struct sums *sums, const struct account_sent *sent)
{
    json_t *list = json_array();
    remark_gaps(list, sums);
    if (!sums->unread && sums->gone == 0 && sums->restarted == 0) {
        remark_served(list, sums, sent);
    }
    remark_spread(list, sums);
    return list;
}

static struct sums sum_up(const struct scrape *before, const struct scrape *after)
{
    struct sums sums = {.served = -1, .cpu_s = -1, .throttled_s = -1, .oom_kills = -1};
    sums.memory_bytes = -1;
    for (size_t i = 0; i < after->count; i++) {
        struct pod pod = pod_at(before, after, i);
        add_pod(&sums, &pod);
    }
    for (size_t i = 0; i < before->count; i++) {
        sums.gone += !scrape_find_pod(after, before->pods[i].address);
    }
    return sums;
}

json_t *account_make(const struct scrape *before, const struct scrape *after,
                     const struct account_sent *sent)
{
    json_t *pods = json_array();
    struct sums sums = sum_up(before, after);
    double cost_s = sums.served_with_cpu > 0 ? sums.cpu_of_served_s / sums.served_with_cpu : -1;
    for (size_t i = 0; i < after->count; i++) {
        struct pod pod = pod_at(before, after, i);
        json_array_append_new(pods, pod_to_json(&pod, &sums));
    }
    return json_pack(
        "{sf so so so so so so si so so}", "seconds",
        (double)(after->at_ns - before->at_ns) / NS_PER_S, "served", count_or_null(sums.served),
        "cpu_seconds", real_or_null(sums.cpu_s), "cpu_seconds_per_request", real_or_null(cost_s),
        "throttled_seconds", real_or_null(sums.throttled_s), "memory_bytes",
        count_or_null(sums.memory_bytes), "oom_kills", count_or_null(sums.oom_kills), "restarts",
        (int)sums.restarted, "remarks", make_remarks(&sums, sent), "pods", pods);
}
