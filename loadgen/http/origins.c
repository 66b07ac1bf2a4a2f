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

static void destroy(const struct origins *origins, struct origin *origin)
{
    if (origins->end) {
        origins->end(origin);
    }
    link_host_fini(&origin->secure);
    free(origin->own_host);
    free(origin);
}

void origins_fini(struct origins *origins)
{
    while (origins->all) {
        struct origin *origin = origins->all;
        origins->all = origin->next;
        destroy(origins, origin);
    }
    free(origins->of_targets);
}

static struct destination *begin(const struct origins *origins, struct origin *origin)
{
    const struct engine_config *config = origins->config;
    return origins->begin ? origins->begin(config, origin)
                          : resolver_find(config->resolver, origin->host, origin->port);
}

/* Takes over `own_host`, which is the host or NULL. */
static struct origin *make(struct origins *origins, const char *host, char *own_host, uint16_t port,
                           bool is_https)
{
    struct origin *origin = calloc(1, origins->size);
    if (!origin) {
        free(own_host);
        return NULL;
    }
    *origin = (struct origin){
        .origins = origins,
        .base = origin,
        .host = host,
        .own_host = own_host,
        .port = port,
        .is_https = is_https,
        .secure.name = host,
    };
    origin->destination = begin(origins, origin);
    if (!origin->destination) {
        destroy(origins, origin);
        return NULL;
    }
    return origin;
}

static struct origin *add(struct origins *origins, struct origin *origin)
{
    if (origin) {
        origin->next = origins->all;
        origins->all = origin;
    }
    return origin;
}

/* The owner's counterpart of this origin; without an owner, this origin. NULL: out of memory. */
static struct origin *owned(struct origins *origins, struct origin *base, struct owner *owner)
{
    if (!base || !owner) {
        return base;
    }
    struct origin *origin = owner->first;
    while (origin && origin->base != base) {
        origin = origin->next;
    }
    if (!origin && (origin = make(origins, base->host, NULL, base->port, base->is_https))) {
        origin->base = base;
        origin->next = owner->first;
        owner->first = origin;
    }
    return origin;
}

void owner_close(struct owner *owner)
{
    while (owner->first) {
        struct origin *origin = owner->first;
        owner->first = origin->next;
        origin->origins->close(origin);
        destroy(origin->origins, origin);
    }
}

struct origin *origins_at(struct origins *origins, uint32_t endpoint, struct owner *owner)
{
    struct origin **origin = &origins->of_targets[endpoint];
    const struct endpoint *known = &origins->config->endpoints[endpoint];
    if (!*origin) {
        *origin = add(origins, make(origins, known->host, NULL, known->port, known->is_https));
    }
    return owner ? owned(origins, *origin, owner) : *origin;
}

/* Finds the shared origin. */
static struct origin *find(struct origins *origins, const struct redirect *hop,
                           char problem[REASON_MAX])
{
    for (struct origin *origin = origins->all; origin; origin = origin->next) {
        if (origin->is_https == hop->is_https && origin->port == hop->port &&
            strcasecmp(origin->host, hop->host) == 0) {
            return origin;
        }
    }
    if (origins->redirected_count == ORIGINS_REDIRECTED_MAX) {
        snprintf(
            problem, REASON_MAX,
            "redirected to %.80s, but redirects already led to %d other hosts, which is the limit",
            hop->host, ORIGINS_REDIRECTED_MAX);
        return NULL;
    }
    char *host = strdup(hop->host);
    struct origin *origin =
        host ? add(origins, make(origins, host, host, hop->port, hop->is_https)) : NULL;
    if (!origin) {
        snprintf(problem, REASON_MAX, "not enough memory for a redirect");
        return NULL;
    }
    origins->redirected_count++;
    return origin;
}

struct origin *origins_find(struct origins *origins, const struct redirect *hop,
                            struct owner *owner, char problem[REASON_MAX])
{
    struct origin *base = find(origins, hop, problem);
    struct origin *origin = owned(origins, base, owner);
    if (base && !origin) {
        snprintf(problem, REASON_MAX, "not enough memory for a redirect");
    }
    return origin;
}
