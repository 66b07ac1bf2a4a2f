/*
 * fuzz_addresses - any text as -connect-to, -dns-ttl or -resolvers, for libFuzzer (`make fuzz`).
 *
 * The first byte chooses the flag, the rest is its text. What was taken is printed as something
 * that is taken again, and means the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/command/flags/address_flags.h"

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_rule(const char *text, struct err *err)
{
    struct address_flags flags = {0};
    struct connect_to again;
    char printed[CONNECT_TO_TEXT];
    if (address_add_connect_to(&flags, text, err)) {
        const struct connect_to *rule = &flags.rules[0];
        require(connect_to_parse(connect_to_print(rule, printed), &again, NULL));
        require(strcmp(again.from_host, rule->from_host) == 0);
        require(strcmp(again.to_host, rule->to_host) == 0);
        require(again.from_port == rule->from_port && again.to_port == rule->to_port);
    }
}

static void check_resolvers(const char *text, struct err *err)
{
    struct address_flags flags = {0};
    struct address_flags again = {0};
    if (address_set_resolvers(&flags, text, err)) {
        require(address_set_resolvers(&again, flags.resolvers, NULL));
        require(strcmp(again.resolvers, flags.resolvers) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    char *text = calloc(1, size);
    require(text != NULL);
    memcpy(text, data + 1, size - 1);
    struct err err = {0};
    int64_t ttl_ns = 0;
    switch (data[0] % 3) {
    case 0:
        check_rule(text, &err);
        break;
    case 1:
        check_resolvers(text, &err);
        break;
    default:
        require(!address_set_ttl(&ttl_ns, text, &err) || ttl_ns >= -1);
        break;
    }
    free(text);
    return 0;
}
