#include "loadgen/web/page/report.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/memory.h"
#include "loadgen/base/sha256.h"
#include "loadgen/base/text/base64.h"
#include "loadgen/plot/html.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/page/assets.h"
#include "loadgen/web/page/routes.h"
#include "loadgen/web/page/view.h"

enum { PARTS_MAX = 12 }; /* style sheets and scripts */

/* Links in serve.html, each on a separate line. */
static const char style_link[] = "<link rel=\"stylesheet\" href=\"";
static const char script_link[] = "<script defer src=\"";
static const char icon_link[] = "<link rel=\"icon\"";
static const char body_end[] = "</body>";

/* A style sheet or script to embed in the file. */
struct part {
    bool is_style;
    struct bytes content;
};

struct parts {
    size_t count;
    struct part list[PARTS_MAX];
};

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

/* Parts. */

static struct part *add_part(struct parts *parts, bool is_style)
{
    assert(parts->count < PARTS_MAX);
    struct part *part = &parts->list[parts->count++];
    part->is_style = is_style;
    return part;
}

/* Adds the file that a link names; its path is relative to the page. */
static void add_linked(struct parts *parts, const char *link, bool is_style)
{
    char path[64];
    snprintf(path, sizeof path, "/%.*s", (int)strcspn(link, "\""), link);
    page_file_add(path, &add_part(parts, is_style)->content);
}

static void take_parts(struct parts *parts)
{
    for (const char *line = asset_serve_html; *line; line = next_line(line)) {
        if (begins_with(line, style_link)) {
            add_linked(parts, line + strlen(style_link), true);
        } else if (begins_with(line, script_link)) {
            add_linked(parts, line + strlen(script_link), false);
        }
    }
    bytes_add_text(&add_part(parts, false)->content, asset_report_js);
}

static void free_parts(struct parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        bytes_free(&parts->list[i].content);
    }
}

/* The policy. */

static void add_hashes(const struct parts *parts, bool are_styles, struct bytes *policy)
{
    for (size_t i = 0; i < parts->count; i++) {
        const struct part *part = &parts->list[i];
        if (part->is_style == are_styles) {
            unsigned char hash[SHA256_BYTES];
            sha256_digest(part->content.at, part->content.length, hash);
            bytes_add_text(policy, " 'sha256-");
            base64_encode(hash, sizeof hash, policy);
            bytes_add_text(policy, "'");
        }
    }
}

static void add_policy(const struct parts *parts, struct bytes *policy)
{
    bytes_add_text(policy, "default-src 'none'; base-uri 'none'; form-action 'none'; style-src");
    add_hashes(parts, true, policy);
    bytes_add_text(policy, "; script-src");
    add_hashes(parts, false, policy);
}

/* The file. */

static void add_parts(const struct parts *parts, bool are_styles, struct bytes *html)
{
    for (size_t i = 0; i < parts->count; i++) {
        const struct part *part = &parts->list[i];
        if (part->is_style == are_styles) {
            bytes_add_text(html, are_styles ? "<style>" : "<script>");
            bytes_add(html, part->content.at, part->content.length);
            bytes_add_text(html, are_styles ? "</style>\n" : "</script>\n");
        }
    }
}

static void add_data(const json_t *data, struct bytes *html)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = memory_of(open_memstream(&text, &length));
    bool ok = html_write_json(out, data);
    memory_of(fclose(out) == 0 && ok ? text : NULL);
    bytes_add_text(html, "<script type=\"application/json\" id=\"data\">");
    bytes_add(html, text, length);
    bytes_add_text(html, "</script>\n");
    free(text);
}

/* Before the first style sheet. */
static void add_styles(const struct parts *parts, const struct bytes *policy, struct bytes *html)
{
    bytes_add_text(html, "<meta http-equiv=\"Content-Security-Policy\" content=\"");
    bytes_add(html, policy->at, policy->length);
    bytes_add_text(html, "\">\n");
    add_parts(parts, true, html);
}

static void add_page(const json_t *data, const struct parts *parts, const struct bytes *policy,
                     struct bytes *html)
{
    bool has_styles = false;
    for (const char *line = asset_serve_html; *line; line = next_line(line)) {
        if (begins_with(line, style_link)) {
            if (!has_styles) {
                add_styles(parts, policy, html);
            }
            has_styles = true;
        } else if (begins_with(line, body_end)) {
            add_data(data, html);
            add_parts(parts, false, html);
            bytes_add_text(html, "</body>\n");
        } else if (!begins_with(line, script_link) && !begins_with(line, icon_link)) {
            bytes_add(html, line, (size_t)(next_line(line) - line));
        }
    }
}

void report_write(const json_t *data, struct bytes *html, struct bytes *policy)
{
    struct parts parts = {0};
    take_parts(&parts);
    add_policy(&parts, policy);
    add_page(data, &parts, policy, html);
    free_parts(&parts);
}

/* The route. */

/* The current state, with an active run shown as stopped, because a file cannot be updated. */
static json_t *freeze(struct board *board)
{
    const struct view_known nothing = {0};
    pthread_mutex_lock(&board->lock);
    bool is_on = board_is_on(board);
    json_t *json = view_state(board, &nothing);
    pthread_mutex_unlock(&board->lock);
    json_t *report = json_object();
    json_object_set_new(report, "made_ms", json_integer((json_int_t)(clock_wall_ns() / NS_PER_MS)));
    json_object_set(report, "state", json_object_get(json, "state"));
    json_object_set_new(json, "report", report);
    if (is_on) {
        json_object_set_new(json, "state", json_string("stopped"));
    }
    return json;
}

/* True if the query has download=1. Locust's parameter `theme` is ignored. */
static bool is_download(const char *query)
{
    const char *at = strstr(query, "download=1");
    size_t length = strlen("download=1");
    return at && (at == query || at[-1] == '&') && (at[length] == '\0' || at[length] == '&');
}

static void answer_report(struct board *board, struct http_request *request,
                          struct http_reply *reply)
{
    static const char framing[] = "; frame-ancestors 'none'"; /* not allowed in a <meta> element */
    struct bytes html = {0};
    char name[64];
    snprintf(name, sizeof name, "report_%.6f.html", (double)clock_wall_ns() / (double)NS_PER_S);
    http_reply_file(reply, "text/html; charset=utf-8", name, &html);
    if (!is_download(request->query)) {
        reply->disposition[0] = '\0';
    }
    struct bytes policy = {0};
    json_t *data = freeze(board);
    report_write(data, &reply->body, &policy);
    assert(policy.length + sizeof framing <= sizeof reply->policy);
    snprintf(reply->policy, sizeof reply->policy, "%.*s%s", (int)policy.length, policy.at, framing);
    bytes_free(&policy);
    view_free(board, data);
}

const struct http_route report_routes[] = {
    {"/stats/report", "GET, HEAD, OPTIONS", ROUTE_READS, answer_report},
    {0},
};
