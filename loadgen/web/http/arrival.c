#include "loadgen/web/http/arrival.h"

#include <stdlib.h>
#include <string.h>

#include "common/http/head.h"
#include "common/slice.h"
#include "loadgen/web/http/headers.h"

struct arrival *arrival_begin(const char *uri)
{
    const char *query = strchr(uri, '?');
    const char *nul = strstr(uri, "%00");
    query = query ? query + 1 : "";
    size_t length = strlen(query);
    struct arrival *arrival = calloc(1, sizeof *arrival + length + 1);
    if (arrival) {
        memcpy(arrival->query, query, length + 1);
        arrival->has_nul = nul && nul < uri + strcspn(uri, "?");
    }
    head_cut_query(uri);
    return arrival;
}

void arrival_free(struct arrival *arrival)
{
    bytes_free(&arrival->body);
    free(arrival);
}

static bool is_body_too_long(struct MHD_Connection *connection)
{
    const char *text =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    struct slice value = slice_of(text ? text : "");
    unsigned long long length = 0;
    return head_parse_length(&value, &length) && length > HTTP_BODY_MAX + ARRIVAL_DROPPED_MAX;
}

unsigned arrival_check_head(struct arrival *arrival, struct MHD_Connection *connection,
                            const char *version)
{
    const struct head_line line = {.method = arrival->request.method, .version = version};
    arrival->has_head = true;
    arrival->is_refused = is_body_too_long(connection);
    return arrival->has_nul ? HTTP_BAD_REQUEST : head_check(connection, &line);
}

bool arrival_add_body(struct arrival *arrival, const char *bytes, size_t length)
{
    if (arrival->dropped == 0 && arrival->body.length + length <= HTTP_BODY_MAX) {
        bytes_add(&arrival->body, bytes, length);
    } else {
        arrival->dropped += length;
    }
    return arrival->dropped <= ARRIVAL_DROPPED_MAX;
}

bool arrival_complete(struct arrival *arrival, struct MHD_Connection *connection)
{
    struct http_request *request = &arrival->request;
    if (arrival->is_complete) {
        return true;
    }
    request->length = arrival->body.length;
    bytes_add(&arrival->body, "", 1);
    request->body = arrival->body.at;
    request->query = arrival->query;
    request->is_too_large = arrival->is_refused || arrival->dropped > 0;
    headers_read(connection, request);
    arrival->is_complete = true;
    return !arrival->body.has_failed;
}
