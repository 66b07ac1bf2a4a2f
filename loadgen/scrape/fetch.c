#include "loadgen/scrape/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

enum { HTTP_OK = 200, POLL_MS = 1000 };

static void fail(struct fetch *fetch, const char *why)
{
    if (fetch->problem[0] == '\0') {
        snprintf(fetch->problem, FETCH_PROBLEM, "%s", why);
    }
}

static size_t on_body(char *at, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    size_t length = size * count;
    if (length > FETCH_BYTES_MAX - fetch->body.length) {
        fail(fetch, "the metrics page is larger than 4 MiB");
        return 0;
    }
    bytes_add(&fetch->body, at, length);
    return fetch->body.has_failed ? 0 : length;
}

static bool set_options(CURL *easy, struct fetch *fetch, bool is_insecure, uint64_t timeout_ns)
{
    bool ok = true;
#define SET(option, value) ok = curl_easy_setopt(easy, option, value) == CURLE_OK && ok
    SET(CURLOPT_URL, fetch->url);
    SET(CURLOPT_CONNECT_TO, fetch->connect_to);
    SET(CURLOPT_PRIVATE, fetch);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, fetch);
    SET(CURLOPT_TIMEOUT_MS, (long)(timeout_ns / NS_PER_MS));
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, "loadgen");
    SET(CURLOPT_SSL_VERIFYPEER, is_insecure ? 0L : 1L);
    SET(CURLOPT_SSL_VERIFYHOST, is_insecure ? 0L : 2L);
#undef SET
    return ok;
}

static void end(CURLM *multi, struct fetch *fetch)
{
    curl_multi_remove_handle(multi, fetch->easy);
    curl_easy_cleanup(fetch->easy);
    curl_slist_free_all(fetch->connect_to);
    fetch->easy = fetch->connect_to = NULL;
}

static void begin(CURLM *multi, struct fetch *fetch, bool is_insecure, uint64_t timeout_ns)
{
    char address[ADDRESS_TEXT], rule[ADDRESS_TEXT + 4];
    snprintf(rule, sizeof rule, "::%s", address_print(&fetch->address, address));
    fetch->problem[0] = '\0';
    fetch->connect_to = curl_slist_append(NULL, rule);
    fetch->easy = curl_easy_init();
    if (!fetch->easy || !fetch->connect_to ||
        !set_options(fetch->easy, fetch, is_insecure, timeout_ns) ||
        curl_multi_add_handle(multi, fetch->easy) != CURLM_OK) {
        fail(fetch, "not enough memory");
        end(multi, fetch);
    }
}

static void conclude(CURLM *multi, const CURLMsg *message)
{
    struct fetch *fetch = NULL;
    long status = 0;
    CURLcode result = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &fetch);
    curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
    if (result == CURLE_OPERATION_TIMEDOUT) {
        fail(fetch, "no complete response in time");
    } else if (result != CURLE_OK) {
        fail(fetch, fetch->body.has_failed ? "not enough memory" : curl_easy_strerror(result));
    } else if (status != HTTP_OK) {
        snprintf(fetch->problem, FETCH_PROBLEM, "answered with status %ld", status);
    }
    end(multi, fetch);
}

static size_t count_open(const struct fetch *list, size_t count)
{
    size_t open = 0;
    for (size_t i = 0; i < count; i++) {
        open += list[i].easy != NULL;
    }
    return open;
}

/* Each transfer has the timeout, so this ends. */
static void await_all(CURLM *multi, const struct fetch *list, size_t count, int stop_fd)
{
    struct curl_waitfd stop = {.fd = stop_fd, .events = CURL_WAIT_POLLIN};
    int running = 0, left = 0;
    while (count_open(list, count) > 0 && stop.revents == 0 &&
           curl_multi_perform(multi, &running) == CURLM_OK) {
        for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
            conclude(multi, message);
        }
        if (running > 0 && curl_multi_poll(multi, &stop, stop_fd >= 0, POLL_MS, NULL) != CURLM_OK) {
            return;
        }
    }
}

void fetch_all(struct fetch *list, size_t count, bool is_insecure, uint64_t timeout_ns, int stop_fd)
{
    CURLM *multi = curl_multi_init();
    for (size_t i = 0; i < count; i++) {
        if (list[i].url) {
            begin(multi, &list[i], is_insecure, timeout_ns);
        }
    }
    if (multi) {
        await_all(multi, list, count, stop_fd);
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].easy) {
            fail(&list[i], "interrupted");
            end(multi, &list[i]);
        }
    }
    curl_multi_cleanup(multi);
}
