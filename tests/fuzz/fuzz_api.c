/*
 * fuzz_api - any bytes as the JSON of an order, a change and a path of the API, for libFuzzer
 * (`make fuzz`).
 *
 * What is checked beside the sanitizers: an order is read, or refused with a reason; one that was
 * read is within its limits, and what is shown of it is read as the same order; and an id is a part
 * of its path.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/text/utf8.h"
#include "loadgen/web/http/route.h"
#include "loadgen/web/orders/orders.h"

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_limits(const struct run_order *order)
{
    require(order->kind <= RUN_CAPACITY);
    require(order->users <= ORDERS_USERS_MAX);
    require(order->spawn_per_s >= 0 && order->spawn_per_s <= ORDERS_RATE_MAX);
    require(order->rate_per_s >= 0 && order->rate_per_s <= ORDERS_RATE_MAX);
    require(order->min_rate_per_s >= 0 && order->max_rate_per_s <= ORDERS_RATE_MAX);
    require(order->run_time_ns <= INT64_MAX);
    require(!order->host || utf8_is_text(order->host));
    require(utf8_is_text(order->course_text));
    require(order->arguments.length <= RUN_ARGUMENTS_BYTES);
}

/* Only what was shown is compared: secrets are not shown. */
static void check_round_trip(const struct run_order *order, const struct runner *users)
{
    struct orders again;
    json_t *shown = orders_to_json(order);
    require(orders_read(&again, shown, users, NULL));
    json_t *once_more = orders_to_json(&again.order);
    require(json_equal(shown, once_more));
    json_decref(once_more);
    json_decref(shown);
}

static void check_json(json_t *json, const struct runner *users)
{
    static const struct run_order before[] = {
        {.kind = RUN_USERS, .users = 5, .spawn_per_s = 1},
        {.kind = RUN_RATE, .rate_per_s = 5},
        {.kind = RUN_CAPACITY},
    };
    struct orders orders;
    struct err err = {.code = ERR_NONE};
    if (orders_read(&orders, json, users, &err)) {
        check_limits(&orders.order);
        check_round_trip(&orders.order, users);
    } else {
        require(err.code == ERR_USAGE && err.text[0] != '\0' && utf8_is_text(orders.field));
    }
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        err = (struct err){.code = ERR_NONE};
        if (orders_read_change(&orders, json, &before[i], &err)) {
            check_limits(&orders.order);
        } else {
            require(err.code == ERR_USAGE && err.text[0] != '\0');
        }
    }
}

static void check_path(const char *path)
{
    static const char *const patterns[] = {"/api/v1/runs", "/api/v1/runs/*",
                                           "/api/v1/runs/*/seconds"};
    char id[HTTP_ID_MAX + 1];
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        const struct http_route route = {.path = patterns[i]};
        if (http_route_is_at(&route, path, id)) {
            require(strlen(id) <= HTTP_ID_MAX && !strchr(id, '/'));
            require((id[0] == '\0') == (i == 0) && strstr(path, id));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = strndup((const char *)data, size);
    require(path != NULL);
    check_path(path);
    free(path);
    json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (json) {
        json_t *declared = json_pack("[{s:s}, {s:s}]", "name", "a", "name", "token");
        const struct runner plain = {.arguments = declared};
        const struct runner shaped = {.arguments = declared, .has_shape = true};
        check_json(json, NULL);
        check_json(json, &plain);
        check_json(json, &shaped);
        json_decref(declared);
        json_decref(json);
    }
    return 0;
}
