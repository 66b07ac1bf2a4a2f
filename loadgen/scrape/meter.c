#include "loadgen/scrape/meter.h"

#include <math.h>
#include <stdio.h>

#include "loadgen/scrape/growth.h"

static bool is_read(const struct scrape_pod *pod)
{
    return pod->problem[0] == '\0';
}

static bool is_complete(const struct scrape *base, const struct scrape *scrape)
{
    for (size_t i = 0; i < base->count; i++) {
        const struct scrape_pod *now = scrape_find_pod(scrape, base->pods[i].address);
        if (is_read(&base->pods[i]) && now && !is_read(now)) {
            return false;
        }
    }
    return true;
}

static void note_pods(struct target_load *load, const struct scrape *scrape)
{
    const struct scrape_pod *unread = scrape_find_unread(scrape);
    load->pods = scrape->count;
    load->read = scrape->read;
    load->problem[0] = '\0';
    if (unread) {
        snprintf(load->problem, sizeof load->problem, "%s: %s", unread->address, unread->problem);
    }
}

/* Values that one complete scrape gives by itself. */
static void note_limit(struct target_load *load, const struct scrape *scrape)
{
    bool has_limit = true;
    double limit = 0;
    load->has_cpu = false;
    for (size_t i = 0; i < scrape->count; i++) {
        const struct reading *reading = &scrape->pods[i].reading;
        if (is_read(&scrape->pods[i])) {
            load->has_cpu |= reading->has[READING_CPU_SECONDS];
            has_limit &= reading->has[READING_CPU_LIMIT];
            limit += fmax(0, growth_value(reading, READING_CPU_LIMIT));
        }
    }
    load->cpu_limit = has_limit ? limit : 0;
}

/*
 * How far a counter rose between two readings, which are about a second apart; negative: not known.
 * A counter that fell has restarted. When a pod restarts, its cgroup's counters may continue.
 */
static double rise_of(const struct reading *before, const struct reading *after,
                      enum reading_value value)
{
    double then = growth_value(before, value);
    double now = growth_value(after, value);
    return then < 0 || now < 0 ? -1 : now < then ? now : now - then;
}

static void add(uint64_t *sum_ns, bool *is_known, double seconds)
{
    if (seconds >= 0) {
        *sum_ns += (uint64_t)(seconds * (double)NS_PER_S);
        *is_known = true;
    }
}

/* Adds what happened between two readings; if that took too long, only the restarts. */
static void note_growth(struct meter *meter, const struct scrape *scrape)
{
    const struct scrape *base = &meter->base;
    struct target_load *load = &meter->load;
    struct load_sums sums = load->sums;
    uint64_t passed_ns = scrape->at_ns - base->at_ns;
    bool has_cpu = false, has_throttled = false;
    for (size_t i = 0; i < scrape->count; i++) {
        const struct scrape_pod *now = &scrape->pods[i];
        const struct scrape_pod *then = scrape_find_pod(base, now->address);
        if (!then || !is_read(then) || !is_read(now)) {
            continue;
        }
        const struct reading *before = &then->reading;
        const struct reading *after = &now->reading;
        load->restarts += growth_has_restarted(before, after);
        add(&sums.cpu_ns, &has_cpu, rise_of(before, after, READING_CPU_SECONDS));
        add(&sums.throttled_ns, &has_throttled, rise_of(before, after, READING_THROTTLED_SECONDS));
    }
    if (passed_ns <= METER_PATIENCE_NS || meter->is_rare) {
        sums.cpu_known_ns += has_cpu ? passed_ns : 0;
        sums.throttled_known_ns += has_throttled ? passed_ns : 0;
        load->sums = sums;
    }
}

void meter_add(struct meter *meter, struct scrape *scrape)
{
    struct scrape *base = &meter->base;
    bool is_late =
        !meter->is_rare && base->read > 0 && scrape->at_ns - base->at_ns > METER_PATIENCE_NS;
    note_pods(&meter->load, scrape);
    if (scrape->read > 0 && (is_late || is_complete(base, scrape))) {
        note_limit(&meter->load, scrape);
        note_growth(meter, scrape);
        scrape_free(base);
        *base = *scrape;
        *scrape = (struct scrape){0};
    }
    scrape_free(scrape);
}

void meter_fini(struct meter *meter)
{
    scrape_free(&meter->base);
}
