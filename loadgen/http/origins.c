#include "loadgen/http/origins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool origins_init(struct origins *origins, const struct engine_config *config, size_t size)
{
    *origins = (struct origins){.config = config, .size = size};
    origins->of_targets = calloc(config->endpoint_count, sizeof(struct origin *));
    return origins->of_targets != NULL;
}

static void destroy(struct origin *origin)
{
    link_host_fini(&origin->secure);
    free(origin->own_host);
    free(origin);
}

void origins_fini(struct origins *origins)
{
    while (origins->all) {
        struct origin *origin = origins->all;
        origins->all = origin->next;
        destroy(origin);
    }
    free(origins->of_targets);
}

/* `own_host` is the host or NULL. */
static struct origin *make(struct origins *origins, const char *host, char *own_host, uint16_t port,
                           bool is_https)
{
    struct origin *origin = calloc(1, origins->size);
    struct place *place = origin ? resolver_find(origins->config->resolver, host, port) : NULL;
    if (!place) {
        free(origin);
        return NULL;
    }
    *origin = (struct origin){
        .next = origins->all,
        .host = host,
        .own_host = own_host,
        .port = port,
        .is_https = is_https,
        .place = place,
        .secure.name = host,
    };
    origins->all = origin;
    return origin;
}

struct origin *origins_at(struct origins *origins, uint32_t endpoint)
{
    struct origin **origin = &origins->of_targets[endpoint];
    const struct endpoint *known = &origins->config->endpoints[endpoint];
    if (!*origin) {
        *origin = make(origins, known->host, NULL, known->port, known->is_https);
    }
    return *origin;
}

struct origin *origins_find(struct origins *origins, const struct redirect *hop,
                            char problem[REASON_MAX])
{
    for (struct origin *origin = origins->all; origin; origin = origin->next) {
        if (origin->is_https == hop->is_https && origin->port == hop->port &&
            strcasecmp(origin->host, hop->host) == 0) {
            return origin;
        }
    }
    if (origins->redirected_count == ORIGINS_REDIRECTED_MAX) {
        snprintf(problem, REASON_MAX, "redirected to %.40s, after %d other hosts", hop->host,
                 ORIGINS_REDIRECTED_MAX);
        return NULL;
    }
    char *host = strdup(hop->host);
    struct origin *origin = host ? make(origins, host, host, hop->port, hop->is_https) : NULL;
    if (!origin) {
        free(host);
        snprintf(problem, REASON_MAX, "not enough memory for a redirect");
        return NULL;
    }
    origins->redirected_count++;
    return origin;
}
