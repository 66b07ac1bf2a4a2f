#include "loadgen/target/digest.h"

#include <string.h>

#include "loadgen/base/bytes.h"
#include "loadgen/target/request/parts.h"
#include "loadgen/target/request/secret.h"

typedef void (*add_request)(struct bytes *out, const struct request *request,
                            const struct endpoint *endpoint);

static void add_with_place(struct bytes *out, const struct request *request,
                           const struct endpoint *endpoint)
{
    bytes_add(out, endpoint->host, strlen(endpoint->host) + 1);
    bytes_add(out, &endpoint->port, sizeof endpoint->port);
    bytes_add(out, &endpoint->is_https, sizeof endpoint->is_https);
    bytes_add(out, request->bytes, request->length);
}

static void add_header(struct bytes *out, struct slice line)
{
    static const char agent[] = "User-Agent: headroom-loadgen/";
    const char *colon = memchr(line.at, ':', line.length);
    struct slice name = {line.at, colon ? (size_t)(colon - line.at) : line.length};
    if (parts_line_is(line, "Host") ||
        (line.length >= strlen(agent) && memcmp(line.at, agent, strlen(agent)) == 0)) {
        return;
    }
    struct slice added = secret_is_name(name) ? name : line;
    bytes_add(out, added.at, added.length);
    bytes_add(out, "\n", 1);
}

static void add_work(struct bytes *out, const struct request *request,
                     const struct endpoint *endpoint)
{
    struct parts parts;
    parts_of(request, &parts);
    bytes_add(out, &endpoint->is_https, sizeof endpoint->is_https);
    bytes_add(out, parts.method.at, parts.method.length);
    bytes_add(out, " ", 1);
    bytes_add(out, parts.path.at, parts.path.length);
    bytes_add(out, "\n", 1);
    for (struct slice rest = parts.headers; rest.length > 0;) {
        add_header(out, parts_next_line(&rest));
    }
    bytes_add(out, "\n", 1);
    bytes_add(out, parts.body.at, parts.body.length);
}

/* Of each request and the digest of those before it: memory for one is enough. */
static bool digest(const struct targets *targets, add_request add, char text[SHA256_TEXT])
{
    struct bytes one = {0};
    text[0] = '\0';
    for (size_t i = 0; i < targets->count && !one.has_failed; i++) {
        const struct request *request = &targets->requests[i];
        bytes_clear(&one);
        bytes_add_text(&one, text);
        add(&one, request, &targets->endpoints[request->endpoint]);
        sha256_print(one.at, one.length, text);
    }
    bool ok = !one.has_failed;
    bytes_free(&one);
    return ok;
}

bool digest_with_hosts(const struct targets *targets, char text[SHA256_TEXT])
{
    return digest(targets, add_with_place, text);
}

bool digest_of_work(const struct targets *targets, char text[SHA256_TEXT])
{
    return digest(targets, add_work, text);
}
