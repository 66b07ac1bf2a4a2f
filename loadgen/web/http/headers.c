#include "loadgen/web/http/headers.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <strings.h>

static enum MHD_Result note_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    (void)kind;
    struct http_request *request = cls;
    struct access_request *access = &request->access;
    const struct {
        const char *name;
        const char **value;
    } known[] = {
        {"Host", &access->host},
        {"Origin", &access->origin},
        {"Referer", &access->referer},
        {"Sec-Fetch-Site", &access->site},
        {"Sec-Fetch-Mode", &access->mode},
        {"Authorization", &access->authorization},
        {"Cookie", &access->cookie},
        {"Content-Type", &request->type},
        {"Last-Event-ID", &request->event},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(name, known[i].name) == 0) {
            access->is_ambiguous = access->is_ambiguous || *known[i].value;
            *known[i].value = value ? value : "";
        }
    }
    return MHD_YES;
}

static void note_client(struct MHD_Connection *connection, struct http_request *request)
{
    const struct sockaddr *address =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    socklen_t length =
        address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (getnameinfo(address, length, request->client, sizeof request->client, NULL, 0,
                    NI_NUMERICHOST) != 0) {
        request->client[0] = '\0';
    }
}

void headers_read(struct MHD_Connection *connection, struct http_request *request)
{
    note_client(connection, request);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, note_header, request);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value && value[0]) {
        MHD_add_response_header(response, name, value);
    }
}

static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

void headers_add(struct MHD_Response *response, const struct http_reply *reply)
{
    char retry[16];
    add_header(response, "Content-Type", reply->type);
    add_header(response, "Allow", reply->allow);
    add_header(response, "WWW-Authenticate", reply->challenge);
    snprintf(retry, sizeof retry, "%u", reply->retry_s);
    add_header(response, "Retry-After", reply->retry_s > 0 ? retry : NULL);
    add_header(response, "Content-Disposition", reply->disposition);
    add_header(response, "Set-Cookie", reply->cookie);
    add_header(response, "X-Accel-Buffering", reply->is_stream ? "no" : NULL); /* nginx */
    add_header(response, "Location", reply->location);
    add_header(response, "Cache-Control", "no-store");
    add_header(response, "Content-Security-Policy", reply->policy[0] ? reply->policy : page_policy);
    add_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    add_header(response, "Referrer-Policy", "same-origin");
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "X-Frame-Options", "DENY");
}
