#include "loadgen/users/show.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/json/json_bytes.h"
#include "loadgen/base/memory.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/target/request/secret.h"
#include "loadgen/users/scenario/deal.h"
#include "loadgen/users/words.h"

enum { INDENT = 2 }; /* of each level of task sets */

static void print_classes(const struct users_order *order, const struct classes *classes,
                          lua_State *lua, FILE *out)
{
    (void)order;
    fputs("Available Users:\n", out);
    for (size_t i = 0; i < classes->count; i++) {
        fprintf(out, "    %s\n", classes->list[i].name);
    }
    settings_print(lua, out);
}

/*
 * The fraction of task i among the tasks of its class. Tasks of a sequential set have equal
 * fractions.
 */
static double part_of(const struct class *class, size_t i)
{
    if (class->is_sequential) {
        return 1 / (double)class->task_count;
    }
    double before = i > 0 ? class->tasks[i - 1].until : 0;
    return (class->tasks[i].until - before) / class->tasks[class->task_count - 1].until;
}

enum { NUMBERED = 32 }; /* bytes of the name generated for an unnamed task */

static const char *name_of(const struct task *task, size_t i, char numbered[NUMBERED])
{
    snprintf(numbered, NUMBERED, "task %zu", i + 1);
    return task->name ? task->name : numbered;
}

/*
 * Prints the tasks of a class or set that has `of` percent of all tasks. Without is_total,
 * percentages are within their class or set.
 */
static void print_tasks(const struct class *class, double of, bool is_total, int indent, FILE *out)
{
    for (size_t i = 0; i < class->task_count; i++) {
        double share = (is_total ? of : 100) * part_of(class, i);
        const struct task *task = &class->tasks[i];
        char numbered[NUMBERED];
        fprintf(out, "%*s%5.1f       %s\n", indent, "", share, name_of(task, i, numbered));
        if (task->set) {
            print_tasks(task->set, share, is_total, indent + INDENT, out);
        }
    }
}

static void print_ratios(const struct users_order *order, const struct classes *classes,
                         lua_State *lua, FILE *out)
{
    (void)lua;
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

/* Sets a key, cleaned because keys of JSON must be valid text. */
static void set_new(json_t *object, const char *name, json_t *value)
{
    char *key = memory_of(strdup(name));
    utf8_clean(key);
    json_object_set_new(object, key, value);
    free(key);
}

static json_t *tasks_to_json(const struct class *class, double of, bool is_total)
{
    json_t *tasks = json_object();
    for (size_t i = 0; i < class->task_count; i++) {
        const struct task *task = &class->tasks[i];
        double share = (is_total ? of : 1) * part_of(class, i);
        char numbered[NUMBERED];
        json_t *one = json_pack("{s:f}", "ratio", share);
        if (task->set) {
            json_object_set_new(one, "tasks", tasks_to_json(task->set, share, is_total));
        }
        set_new(tasks, name_of(task, i, numbered), one);
    }
    return tasks;
}

static json_t *classes_to_json(const struct classes *classes, uint64_t users, bool is_total)
{
    json_t *json = json_object();
    struct deal deal;
    uint64_t dealt = 0;
    deal_init(&deal, classes);
    while (dealt < users && deal_next(&deal)) {
        dealt++;
    }
    for (size_t i = 0; i < classes->count; i++) {
        const struct class *class = &classes->list[i];
        double share = dealt > 0 ? (double)deal.counts[i] / (double)dealt : 0;
        set_new(json, class->name,
                json_pack("{s:f, s:o}", "ratio", share, "tasks",
                          tasks_to_json(class, share, is_total)));
    }
    deal_fini(&deal);
    return json;
}

typedef void print_fn(const struct users_order *order, const struct classes *classes,
                      lua_State *lua, FILE *out);

static bool load(const struct users_order *order, struct state *state, struct classes *classes,
                 struct err *err)
{
    return words_open(state, order->max_bytes, order->seed, err) &&
           scenario_load(&order->scenario, order->host, &order->filter, state, classes, err);
}

static bool show(const struct users_order *order, print_fn *print, FILE *out, struct err *err)
{
    struct state state = {0};
    struct classes classes = {0};
    bool ok = load(order, &state, &classes, err);
    if (ok) {
        print(order, &classes, state.lua, out);
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

json_t *show_tasks(const struct users_order *order, uint64_t users, struct err *err)
{
    struct state state = {0};
    struct classes classes = {0};
    json_t *json = NULL;
    if (load(order, &state, &classes, err)) {
        json = json_pack("{s:o, s:o}", "per_class", classes_to_json(&classes, users, false),
                         "total", classes_to_json(&classes, users, true));
    }
    classes_free(&classes);
    state_close(&state);
    return json;
}

/* Arguments. */

struct shown {
    const struct arguments *given;
    json_t *list;
};

static void show_argument(void *context, const char *name, const char *value, const char *help)
{
    const struct shown *shown = context;
    const char *given = settings_given(shown->given, name);
    json_t *json = json_pack("{s:s, s:o}", "name", name, "help", json_clean(slice_of(help)));
    bool is_secret = secret_is_name(slice_of(name));
    json_object_set_new(json, "value",
                        is_secret ? json_null() : json_clean(slice_of(given ? given : value)));
    json_array_append_new(shown->list, json);
}

json_t *show_arguments(const struct users_order *order, struct err *err)
{
    struct state state = {0};
    struct classes classes = {0};
    struct shown shown = {&order->arguments, NULL};
    if (load(order, &state, &classes, err)) {
        shown.list = json_array();
        settings_visit(state.lua, show_argument, &shown);
    }
    classes_free(&classes);
    state_close(&state);
    return shown.list;
}
