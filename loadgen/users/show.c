#include "loadgen/users/show.h"

#include <stdlib.h>

#include "loadgen/base/memory.h"
#include "loadgen/users/scenario/deal.h"
#include "loadgen/users/words.h"

enum { INDENT = 2 }; /* of each level of task sets */

static void print_classes(const struct users_order *order, const struct classes *classes, FILE *out)
{
    (void)order;
    fputs("Available Users:\n", out);
    for (size_t i = 0; i < classes->count; i++) {
        fprintf(out, "    %s\n", classes->list[i].name);
    }
}

/* The part of the class's tasks that task i has. Those of a sequential set take turns. */
static double part_of(const struct class *class, size_t i)
{
    if (class->is_sequential) {
        return 1 / (double)class->task_count;
    }
    double before = i > 0 ? class->tasks[i - 1].until : 0;
    return (class->tasks[i].until - before) / class->tasks[class->task_count - 1].until;
}

/* The tasks of a class or set, which is `of` percent of all; not `is_total`: each counts by itself.
 */
static void print_tasks(const struct class *class, double of, bool is_total, int indent, FILE *out)
{
    for (size_t i = 0; i < class->task_count; i++) {
        double share = (is_total ? of : 100) * part_of(class, i);
        const struct task *task = &class->tasks[i];
        char numbered[32];
        snprintf(numbered, sizeof numbered, "task %zu", i + 1);
        fprintf(out, "%*s%5.1f       %s\n", indent, "", share, task->name ? task->name : numbered);
        if (task->set) {
            print_tasks(task->set, share, is_total, indent + INDENT, out);
        }
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
            print_tasks(&classes->list[i], share, total, INDENT, out);
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
