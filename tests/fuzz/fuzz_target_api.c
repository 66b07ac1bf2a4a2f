/*
 * fuzz_target_api - any path and any body against target-api's routes, for libFuzzer (`make fuzz`).
 *
 * The first line of the input is the URI, the second the Content-Type, the rest the body; a URI
 * that begins with a slash is asked for with GET, any other with POST to /add_users/ and itself as
 * part of the body. What is checked beside the sanitizers: every answer is one that the routes
 * give, and what was stored can be read and is UTF-8.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/router.h"
#include "target-api/users/store.h"

enum { URI_MAX = 8192, USERS_MAX = 40 };

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void require_utf8(struct slice text)
{
    json_t *string = json_stringn(text.at, text.length);
    require(string != NULL);
    json_decref(string);
}

/* The document is UTF-8 as a whole, whatever went into it. */
static void check_metadata(struct store *store)
{
    struct document *document = store_get_metadata(store);
    for (size_t i = 0; i < document_parts(document); i++) {
        struct slice part = document_part(document, i);
        require_utf8(part);
    }
    document_unref(document);
}

static void check_reply(struct reply *reply)
{
    static const unsigned known[] = {200, 400, 404, 405, 413, 422, 507};
    bool is_known = false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        is_known = is_known || reply->status == known[i];
    }
    require(is_known);
    require(reply->document || reply->len == 0 || reply->bytes);
    if (!reply->document) {
        require_utf8((struct slice){reply->bytes, reply->len});
    }
    reply_release(reply);
}

/* Cuts the first line off; it ends at URI_MAX at the latest. */
static struct slice take_line(struct slice *rest)
{
    const char *end = memchr(rest->at, '\n', rest->length);
    size_t len = end ? (size_t)(end - rest->at) : rest->length;
    struct slice line = {rest->at, len < URI_MAX ? len : URI_MAX};
    size_t used = end ? len + 1 : len;
    *rest = (struct slice){rest->at + used, rest->length - used};
    return line;
}

static char *terminated(struct slice text)
{
    char *copy = malloc(text.length + 1);
    require(copy != NULL);
    memcpy(copy, text.at, text.length);
    copy[text.length] = '\0';
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct store_options options = {.users_max = USERS_MAX, .bytes_max = 1 << 20};
    struct store *store = store_create(&options, NULL);
    require(store != NULL);
    struct service service = {.store = store};
    struct slice rest = {(const char *)data, size};
    struct slice all = rest;
    char *uri = terminated(rest.length > 0 ? take_line(&rest) : rest);
    bool is_get = uri[0] == '/';
    char *type = terminated(is_get && rest.length > 0 ? take_line(&rest) : (struct slice){"", 0});
    struct request *request = request_create(is_get ? uri : "/add_users/");
    require(request != NULL);
    request->method = is_get ? "GET" : "POST";
    request->content_type = type;
    struct slice body = is_get ? rest : all;
    request_add_body(request, body.at, body.length);
    size_t route = 0;
    struct reply reply = router_answer(&service, request, &route);
    require(route <= router_count());
    check_reply(&reply);
    check_metadata(store);
    request_destroy(request);
    free(uri);
    free(type);
    store_destroy(store);
    return 0;
}
