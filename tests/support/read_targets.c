#include "tests/support/read_targets.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/version.h"

bool read_targets(struct targets *targets, const char *text, size_t length,
                  const struct message_defaults *defaults, struct err *err)
{
    union {
        const char *text;
        void *bytes;
    } both = {.text = text}; /* fmemopen only reads it */
    FILE *in = length ? fmemopen(both.bytes, length, "r") : fopen("/dev/null", "r");
    ck_assert_ptr_nonnull(in);
    bool ok = targets_read(targets, in, "list.txt", &format_http, defaults, err);
    fclose(in);
    return ok;
}

void expect_targets(const struct targets *targets, size_t count, const struct err *err)
{
    ck_assert_msg(err->code == ERR_NONE, "%s", err->text);
    ck_assert_uint_eq(targets->count, count);
}

void expect_request(const struct targets *targets, size_t i, const char *expected)
{
    char full[1024];
    const char *agent = strstr(expected, "\r\nU\r\n");
    ck_assert_ptr_nonnull(agent);
    int length =
        snprintf(full, sizeof full, "%.*s\r\nUser-Agent: headroom-loadgen/%s\r\n%s",
                 (int)(agent - expected), expected, version_number, agent + strlen("\r\nU\r\n"));
    const struct request *request = &targets->requests[i];
    ck_assert_msg(request->length == (size_t)length &&
                      memcmp(request->bytes, full, request->length) == 0,
                  "got:\n%.*s", (int)request->length, request->bytes);
}
