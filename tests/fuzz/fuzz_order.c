/*
 * fuzz_order - any bytes as the JSON of an order, for libFuzzer (`make fuzz`).
 *
 * What is checked beside the sanitizers: an order is read, or refused with a reason; one that was
 * read comes back the same; and its requests are what engines expect of them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/order/order_json.h"
#include "loadgen/target/request/parts.h"

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* The lines of the headers, and the body, lie within the request. */
static void check_request(const struct request *request)
{
    struct parts parts;
    size_t lines = 0;
    parts_of(request, &parts);
    require(parts.method.length > 0 && parts.path.length > 0);
    for (struct slice rest = parts.headers; rest.length > 0; lines++) {
        struct slice line = parts_next_line(&rest);
        require(line.length > 0 && memchr(line.at, ':', line.length));
    }
    require(lines == parts.header_count);
    require(parts.body.at + parts.body.length <= request->bytes + request->length);
    require(request->sequence_at < request->length);
}

static void check_order(const struct order_copy *copy)
{
    struct order_files files = {0};
    struct order_copy again;
    struct err err = {0};
    for (size_t i = 0; i < copy->targets.count; i++) {
        check_request(&copy->targets.requests[i]);
    }
    if (!copy->source.requests) { /* a scenario, which its driver reads (users/cargo.h) */
        return;
    }
    /* Files that are only named are those of this machine, which nobody may read here. */
    if (copy->plan.tls.file_count == 0 && tls_has_files(&copy->plan.tls)) {
        return;
    }
    json_t *json = order_to_json(&copy->order, &files, &err);
    if (json) {
        require(order_from_json(json, &files, &again, &err));
        json_t *once_more = order_to_json(&again.order, &files, &err);
        require(json_equal(json, once_more));
        json_decref(once_more);
        order_copy_free(&again);
    }
    json_decref(json);
    order_files_free(&files);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct order_files files = {0};
    struct order_copy copy;
    struct err err = {0};
    json_t *json = json_loadb((const char *)data, size, 0, NULL);
    if (!json) {
        return 0;
    }
    order_files_add(&files, "", 0);
    order_files_add(&files, "abc", 3);
    if (order_from_json(json, &files, &copy, &err)) {
        check_order(&copy);
        order_copy_free(&copy);
    } else {
        require((err.code == ERR_FAILED || err.code == ERR_USAGE) && err.text[0]);
    }
    order_files_free(&files);
    order_expect_files(json, &files, &err);
    order_files_free(&files);
    json_decref(json);
    return 0;
}
