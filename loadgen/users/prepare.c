#include "loadgen/users/prepare.h"

#include <string.h>

#include "loadgen/base/json/json_bytes.h"
#include "loadgen/base/sha256.h"
#include "loadgen/target/read/reader.h"
#include "loadgen/users/words.h"

json_t *users_show(const struct users_order *order)
{
    const struct bytes *text = &order->scenario.text;
    const char *slash = strrchr(order->scenario.path, '/');
    bool has_rate = !schedule_is_closed(&order->schedule);
    uint64_t duration_ns = order->schedule.duration_ns;
    char hash[SHA256_TEXT];
    char rate[SCHEDULE_TEXT];
    sha256_print(text->length ? text->at : "", text->length, hash);
    return json_pack("{s:o, s:s, s:I, s:I, s:f, s:s*, s:o*}", "file",
                     json_text(slash ? slash + 1 : order->scenario.path), "sha256", hash, "size",
                     (json_int_t)text->length, "users", (json_int_t)order->users,
                     "spawn_per_second", order->spawn_per_s, "rate",
                     has_rate ? schedule_print(&order->schedule, rate) : NULL, "duration",
                     has_rate ? json_integer((json_int_t)duration_ns) : NULL);
}

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
