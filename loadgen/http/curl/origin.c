#include "loadgen/http/curl/origin.h"

#include <stdio.h>
#include <string.h>

static bool append(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    *list = longer ? longer : *list;
    return longer != NULL;
}

/* `options` may be NULL. */
static bool add_lists(struct curl_origin *origin, const struct proxy_options *options)
{
    char dummy[64];
    snprintf(dummy, sizeof dummy, "*:%u:127.0.0.1",
             origin->has_proxy ? origin->proxy.port : origin->origin.port);
    bool ok = append(&origin->dummies, dummy);
    for (size_t i = 0; ok && options && i < options->header_count; i++) {
        ok = append(&origin->proxy_headers, options->headers[i]);
    }
    return ok;
}

static void end(struct origin *base)
{
    struct curl_origin *origin = (struct curl_origin *)base;
    curl_slist_free_all(origin->dummies);
    curl_slist_free_all(origin->proxy_headers);
}

static struct destination *begin(const struct engine_config *config, struct origin *base)
{
    struct curl_origin *origin = (struct curl_origin *)base;
    bool is_v6 = strchr(base->host, ':') != NULL;
    struct err err = {0};
    if (config->proxy &&
        !proxy_check(config->proxy, base->is_https, base->host, base->port, &err)) {
        snprintf(origin->problem, sizeof origin->problem, "%.*s", REASON_MAX - 1, err.text);
    }
    origin->has_proxy = config->proxy && proxy_for(config->proxy, base->is_https, base->host,
                                                   base->port, &origin->proxy);
    if (origin->has_proxy && !resolver_allows_proxied(config->resolver, base->host, base->port)) {
        snprintf(origin->problem, sizeof origin->problem, "%.100s:%u: not an allowed target",
                 base->host, base->port);
    }
    snprintf(origin->url, sizeof origin->url, is_v6 ? "%s://[%s]:%u" : "%s://%s:%u",
             base->is_https ? "https" : "http", base->host, base->port);
    if (!add_lists(origin, config->proxy)) {
        return NULL;
    }
    return origin->has_proxy
               ? resolver_find_proxy(config->resolver, origin->proxy.host, origin->proxy.port)
               : resolver_find(config->resolver, base->host, base->port);
}

bool curl_origins_init(struct origins *origins, const struct engine_config *config)
{
    bool ok = origins_init(origins, config, sizeof(struct curl_origin));
    origins->begin = begin;
    origins->end = end;
    return ok;
}
