#include "loadgen/plot/page.h"

#include <string.h>

#include "common/version.h"
#include "loadgen/plot/assets.h"
#include "loadgen/plot/data.h"
#include "loadgen/plot/html.h"
#include "loadgen/plot/words.h"

/* Without the last line, which tells a browser's developer tools to look for another file. */
static void write_asset(FILE *out, const char *text)
{
    const char *end = strstr(text, "# sourceMappingURL=");
    fwrite(text, 1, end ? (size_t)(end - 2 - text) : strlen(text),
           out); /* 2 for // or slash-star */
}

static bool fill_title(const struct page *page, FILE *out)
{
    html_write(out, page->title);
    return true;
}

static bool fill_style(const struct page *page, FILE *out)
{
    (void)page;
    write_asset(out, asset_dygraph_css);
    write_asset(out, asset_page_css);
    return true;
}

static bool fill_script(const struct page *page, FILE *out)
{
    (void)page;
    write_asset(out, asset_dygraph_js);
    fputs("\n</script>\n<script>\n", out);
    write_asset(out, asset_chart_js);
    write_asset(out, asset_page_js);
    return true;
}

static bool fill_data(const struct page *page, FILE *out)
{
    json_t *data = plot_data(page->timeline, page->summary);
    bool ok = html_write_json(out, data);
    json_decref(data);
    return ok;
}

static bool fill_version(const struct page *page, FILE *out)
{
    (void)page;
    html_write(out, version_number);
    return true;
}

static const struct slot {
    const char *name;
    void (*words)(const struct summary *summary, FILE *out);
    bool (*fill)(const struct page *page, FILE *out); /* false: memory is short */
} slots[] = {
    {"title", NULL, fill_title},
    {"style", NULL, fill_style},
    {"lead", words_write_lead, NULL},
    {"verdict", words_write_verdict, NULL},
    {"figures", words_write_figures, NULL},
    {"targets", words_write_targets, NULL},
    {"errors", words_write_errors, NULL},
    {"run", words_write_run, NULL},
    {"version", NULL, fill_version},
    {"data", NULL, fill_data},
    {"script", NULL, fill_script},
};

/* Fills the slot whose name begins at `name`; false when memory is short. */
static bool fill_slot(const struct page *page, const char *name, size_t length, FILE *out)
{
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        const struct slot *slot = &slots[i];
        if (strlen(slot->name) != length || memcmp(slot->name, name, length) != 0) {
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
    const char *at = asset_page_html;
    for (const char *open; (open = strstr(at, "{{")) != NULL;) {
        const char *close = strstr(open, "}}");
        fwrite(at, 1, (size_t)(open - at), out);
        if (!fill_slot(page, open + 2, (size_t)(close - open - 2), out)) {
            return err_set(err, ERR_FAILED, "not enough memory for the page");
        }
        at = close + 2;
    }
    fputs(at, out);
    return true;
}
