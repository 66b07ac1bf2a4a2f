#include "loadgen/users/show.h"

#include <stdlib.h>

#include "loadgen/base/memory.h"
#include "loadgen/users/scenario/deal.h"
#include "loadgen/users/words.h"

static void print_classes(const struct users_order *order, const struct classes *classes, FILE *out)
{
    (void)order;
    fputs("Available Users:\n", out);
    for (size_t i = 0; i < classes->count; i++) {
        fprintf(out, "    %s\n", classes->list[i].name);
    }
}

static void print_tasks(const struct class *class, double of, FILE *out)
{
    double total = class->tasks[class->task_count - 1].until;
    for (size_t i = 0; i < class->task_count; i++) {
        double before = i > 0 ? class->tasks[i - 1].until : 0;
        const char *name = class->tasks[i].name;
        char numbered[32];
        snprintf(numbered, sizeof numbered, "task %zu", i + 1);
        fprintf(out, "  %5.1f       %s\n", of * (class->tasks[i].until - before) / total,
                name ? name : numbered);
    }
}

static void print_ratios(const struct users_order *order, const struct classes *classes, FILE *out)
{
    struct deal deal;
    deal_init(&deal, classes);
    uint64_t users = 0;
    while (users < order->users && deal_next(&deal)) {
        users++;
    }
    for (int total = 0; total < 2; total++) {
        fprintf(out, "%s\n%.80s\n", total ? "\nTotal task ratio" : "Task ratio per User class",
                "--------------------------------------------------------------------------------");
        for (size_t i = 0; i < classes->count; i++) {
            double share = 100 * (double)deal.counts[i] / (double)users;
            fprintf(out, "%5.1f       %s\n", share, classes->list[i].name);
            print_tasks(&classes->list[i], total ? share : 100, out);
        }
    }
    deal_fini(&deal);
}

typedef void print_fn(const struct users_order *order, const struct classes *classes, FILE *out);

static bool show(const struct users_order *order, print_fn *print, FILE *out, struct err *err)
{
    struct state state = {0};
    struct classes classes = {0};
    bool ok = words_open(&state, order->max_bytes, order->seed, err) &&
              scenario_load(&order->scenario, order->host, &order->filter, &state, &classes, err);
    if (ok) {
        print(order, &classes, out);
    }
    classes_free(&classes);
    state_close(&state);
    return ok;
}

bool show_classes(const struct users_order *order, FILE *out, struct err *err)
{
    return show(order, print_classes, out, err);
}

bool show_ratios(const struct users_order *order, FILE *out, struct err *err)
{
    return show(order, print_ratios, out, err);
}
