/*
 * fuzz_addresses - any text as -allow-target, -connect-to, -dns-ttl or -resolvers, for libFuzzer
 * (`make fuzz`).
 *
 * The first byte chooses the flag, the rest is its text. What was taken is printed as something
 * that is taken again, and means the same. A name in a list of targets is allowed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/command/flags/address_flags.h"
#include "loadgen/net/allow.h"

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_rule(const char *text, struct err *err)
{
    struct address_rules rules = {0};
    struct connect_to again;
    char printed[CONNECT_TO_TEXT];
    if (address_add_connect_to(&rules, text, err)) {
        const struct connect_to *rule = &rules.list[0];
        require(connect_to_parse(connect_to_print(rule, printed), &again, NULL));
        require(strcmp(again.from_host, rule->from_host) == 0);
        require(strcmp(again.to_host, rule->to_host) == 0);
        require(again.from_port == rule->from_port && again.to_port == rule->to_port);
    }
}

static void check_resolvers(const char *text, struct err *err)
{
    char list[ADDRESS_RESOLVERS] = "";
    char again[ADDRESS_RESOLVERS] = "";
    if (address_set_resolvers(list, text, err)) {
        require(address_set_resolvers(again, list, NULL));
        require(strcmp(again, list) == 0);
    }
}

/* What follows the first comma is also a host. */
static void check_allowed(const char *text, struct err *err)
{
    char host[HOSTNAME_MAX];
    const char *comma = strchr(text, ',');
    const char *written = comma ? comma + 1 : text;
    struct address address;
    bool is_host = !hostname_read(written, strlen(written), strchr(written, ':') != NULL, host);
    bool is_list = allow_check(text, err);
    if (is_host) {
        allow_host(text, host, 80);
        require(allow_host(NULL, host, 80) == ALLOW_YES);
        require(allow_host("192.0.2.1:1", host, 80) == ALLOW_NO);
    }
    bool is_plain = is_host && host[0] && strcmp(host, written) == 0 && !strpbrk(host, "*,:");
    bool is_name = is_plain && !address_parse(host, 80, &address);
    require(!is_list || !is_name || allow_name(text, host, 80) == ALLOW_YES);
    require(!is_list || !allow_socket(text, "/not/listed") || strstr(text, "/not/listed"));
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
    switch (data[0] % 4) {
    case 0:
        check_rule(text, &err);
        break;
    case 1:
        check_resolvers(text, &err);
        break;
    case 2:
        require(!address_set_ttl(&ttl_ns, text, &err) || ttl_ns >= -1);
        break;
    default:
        check_allowed(text, &err);
        break;
    }
    free(text);
    return 0;
}
