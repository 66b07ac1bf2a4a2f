#include "loadgen/plot/page.h"

#include <string.h>

#include "loadgen/plot/assets/assets.h"
#include "loadgen/plot/data.h"
#include "loadgen/plot/html.h"
#include "loadgen/plot/template.h"
#include "loadgen/plot/words.h"

static bool fill_title(const struct page *page, FILE *out)
{
    html_write(out, page->title);
    return true;
}

static bool fill_data(const struct page *page, FILE *out)
{
    json_t *data = plot_data(page->timeline, page->summary);
    bool ok = html_write_json(out, data);
    json_decref(data);
    return ok;
}

static const struct slot {
    const char *name;
    void (*words)(const struct summary *summary, FILE *out);
    bool (*fill)(const struct page *page, FILE *out); /* false: out of memory */
} slots[] = {
    {"title", NULL, fill_title},
    {"lead", words_write_lead, NULL},
    {"verdict", words_write_verdict, NULL},
    {"figures", words_write_figures, NULL},
    {"targets", words_write_targets, NULL},
    {"errors", words_write_errors, NULL},
    {"run", words_write_run, NULL},
    {"data", NULL, fill_data},
};

static bool fill_slot(const void *context, const char *name, FILE *out)
{
    const struct page *page = context;
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        const struct slot *slot = &slots[i];
        if (strcmp(slot->name, name) != 0) {
            continue;
        }
        if (slot->fill) {
            return slot->fill(page, out);
        }
        slot->words(page->summary, out);
    }
    return true;
}

bool page_write(const struct page *page, FILE *out, struct err *err)
{
    const struct template template = {asset_page_html, asset_page_js, fill_slot, page};
    return template_write(&template, out, err);
}
