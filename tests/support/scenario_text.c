#include "tests/support/scenario_text.h"

#include "loadgen/users/words.h"

enum { STATE_BYTES = 32 * 1024 * 1024 };

bool scenario_text_load(const char *text, const struct classes_filter *filter, struct state *state,
                        struct classes *classes, struct err *err)
{
    static const struct classes_filter all = {0};
    struct scenario scenario = {.path = "test.lua"};
    bytes_add_text(&scenario.text, text);
    bool ok = words_open(state, STATE_BYTES, 1, err) &&
              scenario_load(&scenario, NULL, filter ? filter : &all, state, classes, err);
    scenario_close(&scenario);
    return ok;
}
