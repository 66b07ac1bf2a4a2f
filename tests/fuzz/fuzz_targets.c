/*
 * fuzz_targets - the two readers of targets survive any bytes.
 *
 * The first byte chooses the format, the headers of the command line and whether bodies are
 * chunked; the rest is the text. A target that is taken has to make sense: its request is one, in
 * its own bytes, and its row is one that there is.
 *
 * A body file is read from wherever the text says, so inputs with a path that leads out of this
 * folder are passed over.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/target/targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_true)
{
    if (!is_true) {
        abort();
    }
}

static void check_request(const struct targets *targets, size_t i)
{
    const struct request *request = &targets->requests[i];
    const struct target *target = &targets->list[i];
    size_t method = strlen(target->method);
    check(request->target == i && request->endpoint < targets->endpoint_count);
    check(request->row == target->row && request->row < ROWS_ALL);
    check(request->length > method && request->body_length < request->length);
    check(memcmp(request->bytes, target->method, method) == 0 && request->bytes[method] == ' ');
    check(memmem(request->bytes, request->length, "\r\n\r\n", 4) != NULL);
    if (request->sequence_at) {
        static const char header[] = "X-Vegeta-Seq: ";
        check(memcmp(request->bytes + request->sequence_at - strlen(header), header,
                     strlen(header)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const headers[] = {"X-A: b", "Host: c"};
    if (size < 2 || memmem(data, size, "@/", 2) || memmem(data, size, "@.", 2)) {
        return 0;
    }
    const struct message_defaults defaults = {
        .target_host = data[0] & 128 ? "127.0.0.1:5000/base/" : NULL,
        .headers = headers,
        .header_count = data[0] >> 1 & 1,
        .body = "body",
        .body_length = data[0] & 4,
        .keepalive = data[0] & 8,
        .is_chunked = data[0] & 16,
        .is_numbered = data[0] & 32,
        .attack_name = data[0] & 64 ? "name" : NULL,
    };
    struct targets targets;
    struct err err = {.code = ERR_NONE};
    union {
        const uint8_t *data;
        void *bytes;
    } text = {.data = data + 1}; /* fmemopen only reads it */
    FILE *in = fmemopen(text.bytes, size - 1, "r");
    if (targets_read(&targets, in, "input", data[0] & 1 ? &format_json : &format_http, &defaults,
                     &err)) {
        for (size_t i = 0; i < targets.count; i++) {
            check_request(&targets, i);
        }
    } else {
        check(err.code != ERR_NONE && err.text[0] && targets.count == 0);
    }
    targets_free(&targets);
    fclose(in);
    return 0;
}
