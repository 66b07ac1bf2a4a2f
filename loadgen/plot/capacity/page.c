#include "loadgen/plot/capacity/page.h"

#include <string.h>

#include "loadgen/plot/assets/assets.h"
#include "loadgen/plot/capacity/data.h"
#include "loadgen/plot/capacity/target.h"
#include "loadgen/plot/capacity/words.h"
#include "loadgen/plot/html.h"
#include "loadgen/plot/template.h"

enum { FORMAT = 1 }; /* docs/capacity.schema.json */

static const struct slot {
    const char *name;
    void (*write)(const json_t *result, FILE *out);
} slots[] = {
    {"title", capacity_words_title},
    {"kicker", capacity_words_kicker},
    {"above", capacity_words_above},
    {"generator", capacity_words_generator},
    {"tone", capacity_words_class},
    {"answer", capacity_words_answer},
    {"lead", capacity_words_lead},
    {"sure", capacity_words_confidence},
    {"limit", capacity_words_limit},
    {"figures", capacity_words_figures},
    {"searches", capacity_words_searches},
    {"rates", capacity_words_rates},
    {"trials", capacity_words_trials},
    {"target", capacity_target},
    {"environment", capacity_words_environment},
};

static bool write_data(json_t *result, FILE *out)
{
    json_t *data = capacity_data(result);
    bool ok = html_write_json(out, data);
    json_decref(data);
    return ok;
}

static bool fill_slot(const void *context, const char *name, FILE *out)
{
    json_t *const *result = context;
    if (strcmp(name, "data") == 0) {
        return write_data(*result, out);
    }
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        if (strcmp(slots[i].name, name) == 0) {
            slots[i].write(*result, out);
        }
    }
    return true;
}

bool capacity_page_can_show(const json_t *json)
{
    return json_integer_value(json_object_get(json, "format")) == FORMAT &&
           json_is_string(json_object_get(json, "verdict")) &&
           json_is_array(json_object_get(json, "trials"));
}

bool capacity_page_write(json_t *result, FILE *out, struct err *err)
{
    const struct template template = {asset_capacity_html, asset_capacity_js, fill_slot, &result};
    return template_write(&template, out, err);
}
