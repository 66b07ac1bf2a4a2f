/*
 * curl_places - where libcurl's requests go: the targets' endpoints, and what redirects add.
 *
 * Threads: belongs to the engine's. Memory: curl_places_fini; places stay where they are.
 */
#ifndef LOADGEN_HTTP_CURL_PLACES_H
#define LOADGEN_HTTP_CURL_PLACES_H

#include <curl/curl.h>

#include "loadgen/http/engine.h"
#include "loadgen/net/resolver.h"

enum { ORIGIN_MAX = 320, CURL_PLACES_REDIRECTED_MAX = 64 };

struct curl_place {
    struct curl_place *next; /* the last one that a redirect added comes first */
    struct tls_peer peer;    /* whom its certificate has to name; `reason` is not set */
    char origin[ORIGIN_MAX]; /* "https://host:port"; "": not asked for so far */
    char host[REDIRECT_HOST_MAX];
    uint16_t port;
    bool is_https;
    bool has_proxy;
    struct proxy proxy;
    struct place *place;              /* to connect to: its own or its proxy's */
    struct curl_slist *dummies;       /* for CURLOPT_RESOLVE: what libcurl is told instead */
    struct curl_slist *proxy_headers; /* for CONNECT */
    uint32_t address;                 /* of the last connection that was made */
    uint64_t in_flight;               /* requests */
};

struct curl_places {
    const struct engine_config *config;
    struct curl_place *of_targets; /* by endpoint */
    struct curl_place *of_redirects;
    size_t redirect_count;
};

bool curl_places_init(struct curl_places *places, const struct engine_config *config);
void curl_places_fini(struct curl_places *places);

/* The place of an endpoint. NULL: no memory. */
struct curl_place *curl_places_at(struct curl_places *places, uint32_t endpoint);

/* The place that a redirect names. NULL: no memory, or there are too many of them. */
struct curl_place *curl_places_find(struct curl_places *places, const struct redirect *hop);

#endif
