#include "loadgen/plot/template.h"

#include <string.h>

#include "common/version.h"
#include "loadgen/plot/assets/assets.h"
#include "loadgen/plot/html.h"

enum { SLOT_NAME = 32 };

/* Without the source map line, which makes developer tools look for another file. */
static void write_asset(FILE *out, const char *text)
{
    const char *end = strstr(text, "# sourceMappingURL=");
    fwrite(text, 1, end ? (size_t)(end - 2 - text) : strlen(text),
           out); /* 2 for // or slash-star */
}

static void write_style(FILE *out)
{
    write_asset(out, asset_dygraph_css);
    write_asset(out, asset_page_css);
}

static void write_script(const char *script, FILE *out)
{
    write_asset(out, asset_dygraph_js);
    fputs("\n</script>\n<script>\n", out);
    write_asset(out, asset_chart_js);
    write_asset(out, script);
}

static bool fill_slot(const struct template *template, const char *slot, FILE *out)
{
    if (strcmp(slot, "style") == 0) {
        write_style(out);
    } else if (strcmp(slot, "script") == 0) {
        write_script(template->script, out);
    } else if (strcmp(slot, "version") == 0) {
        html_write(out, version_number);
    } else {
        return template->fill(template->context, slot, out);
    }
    return true;
}

/* False if out of memory. */
static bool write_part(const struct template *template, const char *at, FILE *out)
{
    for (const char *open; (open = strstr(at, "{{")) != NULL;) {
        const char *close = strstr(open, "}}");
        char slot[SLOT_NAME];
        snprintf(slot, sizeof slot, "%.*s", (int)(close - open - 2), open + 2);
        fwrite(at, 1, (size_t)(open - at), out);
        if (!fill_slot(template, slot, out)) {
            return false;
        }
        at = close + 2;
    }
    fputs(at, out);
    return true;
}

bool template_write(const struct template *template, FILE *out, struct err *err)
{
    bool ok = write_part(template, asset_head_html, out) &&
              write_part(template, template->body, out) &&
              write_part(template, asset_foot_html, out);
    return ok || err_set(err, ERR_FAILED, "not enough memory for the page");
}
