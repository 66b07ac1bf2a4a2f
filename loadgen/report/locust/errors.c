#include "loadgen/report/locust/errors.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/least.h"
#include "loadgen/measure/text_pool.h"

/* Sorts equal errors next to each other. */
static int compare_names(const void *a, const void *b)
{
    const struct locust_error *x = a;
    const struct locust_error *y = b;
    int order = (x->row > y->row) - (x->row < y->row);
    return order ? order : strcmp(x->text, y->text);
}

static int compare_moments(const void *a, const void *b)
{
    const struct locust_error *x = a;
    const struct locust_error *y = b;
    int order = (x->first_ns > y->first_ns) - (x->first_ns < y->first_ns);
    return order ? order : compare_names(a, b);
}

/* Merges equal failures of rows of the tally that are one row here. */
static void join(struct locust_errors *errors)
{
    size_t sorted = errors->count;
    errors->count = 0;
    for (size_t i = 0; i < sorted; i++) {
        const struct locust_error error = errors->list[i];
        struct locust_error *last = errors->count > 0 ? &errors->list[errors->count - 1] : NULL;
        if (last && compare_names(last, &error) == 0) {
            last->count += error.count;
            last->first_ns = least(last->first_ns, error.first_ns);
            last->last_ns = most(last->last_ns, error.last_ns);
        } else {
            errors->list[errors->count++] = error;
        }
    }
}

void locust_errors_take(struct locust_errors *errors, const struct locust_stats *stats,
                        const struct tally *tally)
{
    const struct failures *failures = &tally->failures;
    errors->count = failures->count;
    for (size_t i = 0; i < failures->count; i++) {
        const struct failure *failure = &failures->list[i];
        errors->list[i] = (struct locust_error){
            .row = &stats->rows[stats->row_of[failure->row]],
            .text = failure->text,
            .count = failure->count,
            .first_ns = failure->first_ns,
            .last_ns = failure->last_ns,
        };
    }
    qsort(errors->list, errors->count, sizeof *errors->list, compare_names);
    join(errors);
    qsort(errors->list, errors->count, sizeof *errors->list, compare_moments);
    if (failures->unlisted > 0) {
        errors->list[errors->count++] = (struct locust_error){
            .text = text_pool_overflow,
            .count = failures->unlisted,
            .last_ns = tally->end_ns,
        };
    }
}
