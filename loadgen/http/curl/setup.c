#include "loadgen/http/curl/setup.h"

#include <assert.h>
#include <stdlib.h>

#include "loadgen/http/curl/try.h"

/* The limits, or the owner of the connection, may have changed. */
static void allow_reuse(struct curl_transfer *t)
{
    bool keeps_none = t->config->limits->max_idle == 0 && !origin_is_owned(&t->origin->origin);
    bool forbids_reuse = !t->config->keepalive || keeps_none;
    if (t->forbids_reuse != forbids_reuse) {
        t->forbids_reuse = forbids_reuse;
        curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, forbids_reuse ? 1L : 0L);
    }
}

static bool set_fixed(struct curl_transfer *t)
{
    const struct engine_config *config = t->config;
    bool verifies = !config->secure->is_insecure;
    CURL *easy = t->easy;
    bool ok = true;
#define SET(option, value) ok = curl_easy_setopt(easy, option, value) == CURLE_OK && ok
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->problem);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    t->forbids_reuse = false;                /* see allow_reuse */
    SET(CURLOPT_HTTP_TRANSFER_DECODING, 0L); /* answer.h reads the chunks */
    SET(CURLOPT_FRESH_CONNECT, config->keepalive ? 0L : 1L);
    SET(CURLOPT_DNS_CACHE_TIMEOUT, -1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)INT32_MAX);
    SET(CURLOPT_CAINFO, NULL); /* tls.h supplies the trusted roots */
    SET(CURLOPT_CAPATH, NULL);
    SET(CURLOPT_SSL_VERIFYPEER, verifies ? 1L : 0L);
    SET(CURLOPT_SSL_VERIFYHOST, verifies ? 2L : 0L);
    SET(CURLOPT_SSL_SESSIONID_CACHE, config->secure->has_tickets ? 1L : 0L);
    SET(CURLOPT_NOPROXY, ""); /* proxy.h has read the environment */
    SET(CURLOPT_SHARE, t->share);
#undef SET
    return curl_try_set_callbacks(t) && ok;
}

/* libcurl 7.88 counts retries over the life of a handle, and fails the sixth. */
static bool make_anew(struct curl_transfer *t)
{
    curl_easy_reset(t->easy);
    t->prepared_origin = NULL;
    return set_fixed(t);
}

struct curl_transfer *curl_setup_create(const struct engine_config *config,
                                        struct curl_sockets *sockets, CURLSH *share,
                                        struct err *err)
{
    struct curl_transfer *t = calloc(1, sizeof *t);
    if (t) {
        t->config = config;
        t->sockets = sockets;
        t->share = share;
        t->easy = curl_easy_init();
    }
    if (!t || !t->easy || !set_fixed(t)) {
        curl_setup_destroy(t);
        err_set(err, ERR_FAILED, "libcurl %s cannot be used: not enough memory, or it lacks TLS",
                curl_version_info(CURLVERSION_NOW)->version);
        return NULL;
    }
    return t;
}

void curl_setup_destroy(struct curl_transfer *t)
{
    if (t) {
        curl_easy_cleanup(t->easy);
        curl_message_fini(&t->message);
        answer_fini(&t->answer);
        capture_fini(&t->capture);
        free(t->hop_bytes);
        free(t);
    }
}

static bool prepare_origin(struct curl_transfer *t)
{
    const struct curl_origin *origin = t->origin;
    struct curl_slist *headers =
        origin->has_proxy && origin->origin.is_https ? origin->proxy_headers : NULL;
    return curl_easy_setopt(t->easy, CURLOPT_RESOLVE, origin->dummies) == CURLE_OK &&
           curl_easy_setopt(t->easy, CURLOPT_PROXYHEADER, headers) == CURLE_OK &&
           curl_easy_setopt(t->easy, CURLOPT_PROXY, origin->has_proxy ? origin->proxy.url : "") ==
               CURLE_OK;
}

bool curl_setup_request(struct curl_transfer *t)
{
    const struct request *request = t->request;
    const struct curl_origin *origin = t->origin;
    assert(request && origin);
    if (t->tries > 1 && !make_anew(t)) {
        return false;
    }
    t->tries = 0;
    t->stop = CURL_STOP_NONE;
    t->is_abandoned = t->is_reset = false;
    t->exchange.bytes_in = 0;
    curl_transfer_begin_answer(t);
    allow_reuse(t);
    if (t->prepared_origin != origin) {
        t->prepared_request = NULL;
        t->prepared_origin = prepare_origin(t) ? origin : NULL;
    }
    if (t->prepared_request != request || !request->is_constant) {
        bool ok =
            t->prepared_origin && curl_message_set(&t->message, t->easy, origin->url, request);
        t->prepared_request = ok ? request : NULL;
    }
    curl_message_number(&t->message, t->exchange.number);
    return t->prepared_request != NULL;
}

void curl_setup_another_try(struct curl_transfer *t)
{
    t->stop = CURL_STOP_NONE;
    t->exchange.system_error = 0;
    curl_message_number(&t->message, t->exchange.number);
}
