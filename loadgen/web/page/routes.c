#include "loadgen/web/page/routes.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/plot/assets/assets.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/page/assets.h"
#include "loadgen/web/page/view.h"

enum { REAL_DIGITS = 7, PARTS = 8 };

/* Files of the page, each of up to PARTS parts. */
static const struct file {
    const char *path;
    const char *type;
    const char *parts[PARTS];
} files[] = {
    {"/", "text/html; charset=utf-8", {asset_serve_html}},
    {"/page/serve.css",
     "text/css; charset=utf-8",
     {asset_dygraph_css, asset_page_css, asset_serve_css}},
    {"/page/dygraph.js", "text/javascript; charset=utf-8", {asset_dygraph_js}},
    {"/page/chart.js", "text/javascript; charset=utf-8", {asset_chart_js, asset_serve_charts_js}},
    {"/page/serve.js", "text/javascript; charset=utf-8", {ASSET_SERVE_PARTS}},
    {"/page/serve.svg", "image/svg+xml", {asset_serve_svg}},
};

/* Omits the line that makes developer tools request a source map. */
static void add_part(struct bytes *body, const char *text)
{
    const char *map = strstr(text, "# sourceMappingURL=");
    bytes_add(body, text, map ? (size_t)(map - 2 - text) : strlen(text)); /* // or slash-star */
    bytes_add(body, "\n", 1);
}

static const struct file *find_file(const char *path)
{
    const struct file *file = files;
    while (strcmp(file->path, path) != 0) {
        file++;
    }
    return file;
}

void page_file_add(const char *path, struct bytes *out)
{
    const struct file *file = find_file(path);
    for (size_t i = 0; i < PARTS && file->parts[i]; i++) {
        add_part(out, file->parts[i]);
    }
}

static void answer_file(struct board *board, struct http_request *request, struct http_reply *reply)
{
    (void)board;
    *reply = (struct http_reply){.status = HTTP_OK, .type = find_file(request->path)->type};
    page_file_add(request->path, &reply->body);
}

/*
 * Reads "name=123" and the & after it. Returns the text after them; NULL: the query has another
 * form.
 */
static const char *read_number(const char *query, const char *name, uint64_t *number)
{
    size_t length = strlen(name);
    if (!query || strncmp(query, name, length) != 0 || query[length] != '=') {
        return NULL;
    }
    char *end = NULL;
    *number = strtoull(query + length + 1, &end, 10);
    return *end == '&' ? end + 1 : end;
}

/* The points that the client has; none if the query has another form than the page's. */
static struct view_known read_known(const char *query)
{
    struct view_known known = {0};
    query = read_number(query, "generation", &known.generation);
    query = read_number(query, "width", &known.width);
    query = read_number(query, "from", &known.from);
    return query && *query == '\0' ? known : (struct view_known){0};
}

static void answer_state(struct board *board, struct http_request *request,
                         struct http_reply *reply)
{
    struct view_known known = read_known(request->query);
    pthread_mutex_lock(&board->lock);
    json_t *json = view_state(board, &known);
    pthread_mutex_unlock(&board->lock);
    char *text = memory_of(
        json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(REAL_DIGITS)));
    view_free(board, json);
    *reply = (struct http_reply){.status = HTTP_OK, .type = "application/json"};
    bytes_add_text(&reply->body, text);
    free(text);
}

static const char reads[] = "GET, HEAD, OPTIONS";

const struct http_route page_routes[] = {
    {"/", reads, ROUTE_PAGE, answer_file},
    {"/page/serve.css", reads, ROUTE_OPEN, answer_file},
    {"/page/dygraph.js", reads, ROUTE_OPEN, answer_file},
    {"/page/chart.js", reads, ROUTE_OPEN, answer_file},
    {"/page/serve.js", reads, ROUTE_OPEN, answer_file},
    {"/page/serve.svg", reads, ROUTE_OPEN, answer_file},
    {"/page/state", reads, ROUTE_READS, answer_state},
    {0},
};
