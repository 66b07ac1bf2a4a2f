#include "loadgen/users/prepare.h"

#include "loadgen/target/read/reader.h"
#include "loadgen/users/words.h"

/* The hosts are resolved before the run; others come up when they are used. */
static bool add_hosts(const struct classes *classes, struct targets *targets, struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < classes->count; i++) {
        const struct class *class = &classes->list[i];
        const struct draft draft = {.parts = class->host};
        uint32_t index = 0;
        ok = !class->host_text || targets_find_endpoint(targets, &draft, &index, err);
    }
    return ok;
}

/* What one state says, all others will. */
static bool try_out(struct users_order *order, struct targets *targets, struct err *err)
{
    struct state state = {0};
    struct classes classes = {0};
    bool ok = words_open(&state, order->max_bytes, order->seed, err) &&
              scenario_load(&order->scenario, order->host, &order->filter, &state, &classes, err) &&
              add_hosts(&classes, targets, err);
    order->class_count = classes.count;
    classes_free(&classes);
    state_close(&state);
    return ok;
}

bool users_open(struct users_order *order, const char *path, struct targets *targets,
                struct err *err)
{
    *targets = (struct targets){0};
    exceptions_init(&order->exceptions);
    return scenario_open(&order->scenario, path, err) && try_out(order, targets, err);
}

void users_close(struct users_order *order)
{
    scenario_close(&order->scenario);
    exceptions_fini(&order->exceptions);
}

struct source users_source(struct users_order *order)
{
    return (struct source){.state = order, .ready_fd = -1};
}
