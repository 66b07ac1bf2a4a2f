#include "loadgen/scrape/reading.h"

#include <math.h>
#include <stdio.h>

#include "loadgen/scrape/exposition.h"

enum { NAMES_MAX = 5 }; /* with the NULL at the end */

static const char *const names[READING_VALUES_ALL][NAMES_MAX] = {
#define X(constant, ...) [READING_##constant] = {__VA_ARGS__},
    READING_VALUES(X)
#undef X
};

/* The greatest integer up to which doubles have every one: counts stay exact. */
static const double VALUE_MAX = 9007199254740992.0;

static bool is_about(struct slice labels, const char *path)
{
    struct slice name, value;
    while (exposition_next_label(&labels, &name, &value)) {
        if (slice_equals(value, path)) {
            return true;
        }
    }
    return false;
}

/* The rank of a metric in the list of a value; NAMES_MAX: it is not there. */
static size_t rank_of(enum reading_value value, struct slice name)
{
    for (size_t i = 0; i < NAMES_MAX && names[value][i]; i++) {
        if (slice_equals(name, names[value][i])) {
            return i;
        }
    }
    return NAMES_MAX;
}

static void add_value(struct reading *reading, size_t ranks[READING_VALUES_ALL],
                      const struct exposition_sample *sample)
{
    for (int i = 0; i < READING_VALUES_ALL; i++) {
        size_t rank = rank_of((enum reading_value)i, sample->name);
        if (rank == NAMES_MAX || (reading->has[i] && rank > ranks[i])) {
            continue;
        }
        double sum = reading->has[i] && rank == ranks[i] ? reading->values[i] : 0;
        reading->has[i] = true;
        ranks[i] = rank;
        reading->values[i] = fmin(sum + sample->value, VALUE_MAX);
    }
}

static void copy_label(char text[READING_TEXT], struct slice value)
{
    snprintf(text, READING_TEXT, "%.*s",
             (int)(value.length < READING_TEXT ? value.length : READING_TEXT - 1), value.at);
}

static void note_target(struct reading *reading, struct slice labels)
{
    struct slice name, value;
    while (exposition_next_label(&labels, &name, &value)) {
        if (slice_equals(name, "pod")) {
            copy_label(reading->pod, value);
        } else if (slice_equals(name, "node")) {
            copy_label(reading->node, value);
        }
    }
}

bool reading_parse(struct reading *reading, struct slice page, const char *path, struct err *err)
{
    size_t ranks[READING_VALUES_ALL] = {0};
    struct exposition exposition = {.rest = page};
    struct exposition_sample sample;
    enum exposition_read state = EXPOSITION_END;
    *reading = (struct reading){.pod = ""};
    while ((state = exposition_next(&exposition, &sample)) == EXPOSITION_SAMPLE) {
        if (slice_equals(sample.name, "target_info")) {
            note_target(reading, sample.labels);
        } else if (isfinite(sample.value) && sample.value >= 0 && !is_about(sample.labels, path)) {
            add_value(reading, ranks, &sample);
        }
    }
    return state == EXPOSITION_END ||
           err_set(err, ERR_FAILED, "line %zu is not in Prometheus' text format", exposition.line);
}
