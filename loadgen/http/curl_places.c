#include "loadgen/http/curl_places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool curl_places_init(struct curl_places *places, const struct engine_config *config)
{
    places->config = config;
    places->of_redirects = NULL;
    places->redirect_count = 0;
    places->of_targets = calloc(config->endpoint_count, sizeof *places->of_targets);
    return places->of_targets != NULL;
}

static void clear(struct curl_place *place)
{
    curl_slist_free_all(place->dummies);
    curl_slist_free_all(place->proxy_headers);
    place->dummies = place->proxy_headers = NULL;
}

void curl_places_fini(struct curl_places *places)
{
    for (size_t i = 0; places->of_targets && i < places->config->endpoint_count; i++) {
        clear(&places->of_targets[i]);
    }
    free(places->of_targets);
    while (places->of_redirects) {
        struct curl_place *place = places->of_redirects;
        places->of_redirects = place->next;
        clear(place);
        free(place);
    }
}

static bool append(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    *list = longer ? longer : *list;
    return longer != NULL;
}

static bool add_lists(struct curl_place *place, const struct proxy_options *options)
{
    char dummy[64];
    snprintf(dummy, sizeof dummy, "*:%u:127.0.0.1",
             place->has_proxy ? place->proxy.port : place->port);
    bool ok = append(&place->dummies, dummy);
    for (size_t i = 0; ok && place->has_proxy && i < options->header_count; i++) {
        ok = append(&place->proxy_headers, options->headers[i]);
    }
    return ok;
}

/* Fills in what a request needs to know. False: no memory, and the place is as it was. */
static bool fill(struct curl_places *places, struct curl_place *place)
{
    const struct engine_config *config = places->config;
    bool is_v6 = strchr(place->host, ':') != NULL;
    place->has_proxy = config->proxy && proxy_for(config->proxy, place->is_https, place->host,
                                                  place->port, &place->proxy);
    place->place = place->has_proxy
                       ? resolver_find(config->resolver, place->proxy.host, place->proxy.port)
                       : resolver_find(config->resolver, place->host, place->port);
    if (!place->place || !add_lists(place, config->proxy)) {
        clear(place);
        return false;
    }
    place->peer = (struct tls_peer){.tls = config->tls, .host = place->host};
    place->address = ADDRESS_NONE;
    snprintf(place->origin, sizeof place->origin, is_v6 ? "%s://[%s]:%u" : "%s://%s:%u",
             place->is_https ? "https" : "http", place->host, place->port);
    return true;
}

struct curl_place *curl_places_at(struct curl_places *places, uint32_t endpoint)
{
    struct curl_place *place = &places->of_targets[endpoint];
    if (place->origin[0]) {
        return place;
    }
    const struct endpoint *known = &places->config->endpoints[endpoint];
    snprintf(place->host, sizeof place->host, "%s", known->host);
    place->port = known->port;
    place->is_https = known->is_https;
    return fill(places, place) ? place : NULL;
}

static bool is_of(const struct redirect *hop, const struct curl_place *place)
{
    return hop->is_https == place->is_https && hop->port == place->port &&
           strcasecmp(hop->host, place->host) == 0;
}

struct curl_place *curl_places_find(struct curl_places *places, const struct redirect *hop)
{
    for (uint32_t i = 0; i < places->config->endpoint_count; i++) {
        struct curl_place *place = &places->of_targets[i];
        if (place->origin[0] && is_of(hop, place)) { /* else it is not there yet, or not needed */
            return place;
        }
    }
    for (struct curl_place *place = places->of_redirects; place; place = place->next) {
        if (is_of(hop, place)) {
            return place;
        }
    }
    if (places->redirect_count == CURL_PLACES_REDIRECTED_MAX) {
        return NULL;
    }
    struct curl_place *place = calloc(1, sizeof *place);
    if (!place) {
        return NULL;
    }
    snprintf(place->host, sizeof place->host, "%s", hop->host);
    place->port = hop->port;
    place->is_https = hop->is_https;
    if (!fill(places, place)) {
        free(place);
        return NULL;
    }
    place->next = places->of_redirects;
    places->of_redirects = place;
    places->redirect_count++;
    return place;
}
