#include "loadgen/drive/endpoints.h"

#include <stdlib.h>
#include <string.h>

static bool add(struct endpoints *endpoints, bool is_https, const char *host, uint16_t port)
{
    struct endpoint *endpoint = &endpoints->list[endpoints->count];
    *endpoint = (struct endpoint){.host = strdup(host), .port = port, .is_https = is_https};
    endpoints->count += endpoint->host != NULL;
    return endpoint->host;
}

bool endpoints_init(struct endpoints *endpoints, const struct targets *targets)
{
    bool ok = true;
    *endpoints = (struct endpoints){.room = targets->endpoint_count + ENDPOINTS_ADDED_MAX};
    endpoints->list = calloc(endpoints->room, sizeof *endpoints->list);
    for (size_t i = 0; ok && endpoints->list && i < targets->endpoint_count; i++) {
        const struct endpoint *known = &targets->endpoints[i];
        ok = add(endpoints, known->is_https, known->host, known->port);
    }
    return ok && endpoints->list;
}

void endpoints_fini(struct endpoints *endpoints)
{
    for (size_t i = 0; i < endpoints->count; i++) {
        free(endpoints->list[i].host);
    }
    free(endpoints->list);
    *endpoints = (struct endpoints){0};
}

uint32_t endpoints_find(struct endpoints *endpoints, bool is_https, const char *host, uint16_t port)
{
    for (size_t i = 0; i < endpoints->count; i++) {
        const struct endpoint *known = &endpoints->list[i];
        if (known->port == port && known->is_https == is_https && strcmp(known->host, host) == 0) {
            return (uint32_t)i;
        }
    }
    bool has_room = endpoints->count < endpoints->room;
    return has_room && add(endpoints, is_https, host, port) ? (uint32_t)(endpoints->count - 1)
                                                            : ENDPOINT_NONE;
}
