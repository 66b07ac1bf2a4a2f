#include "loadgen/net/hostname.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <idn2.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Characters that would end a host in a URL or a header, or belong to another field. */
static const char forbidden[] = " \"#%/:<>?@[\\]^`{|}";

static int hex(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

/* Decodes %XX. False: the host contains a forbidden byte, or is too long. */
static bool decode(const char *text, size_t length, char host[HOSTNAME_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%' && i + 2 < length && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        }
        bool is_control = (unsigned char)c < ' ' || c == 0x7f;
        if (is_control || strchr(forbidden, c) || count == HOSTNAME_MAX - 1) {
            return false;
        }
        host[count++] = c;
    }
    host[count] = '\0';
    return true;
}

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80) {
        text++;
    }
    return *text == '\0';
}

static const char *read_name(const char *text, size_t length, char host[HOSTNAME_MAX])
{
    if (!decode(text, length, host)) {
        return length < HOSTNAME_MAX ? "an invalid character in its host"
                                     : "a host that is longer than 255 bytes";
    }
    if (is_ascii(host)) {
        return NULL;
    }
    char *ascii = NULL;
    int problem = idn2_to_ascii_8z(host, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (problem != IDN2_OK && problem != IDN2_MALLOC) { /* symbols are allowed in IDNA 2003 */
        problem = idn2_to_ascii_8z(host, &ascii, IDN2_TRANSITIONAL);
    }
    if (problem != IDN2_OK) {
        return problem == IDN2_MALLOC
                   ? "a host that could not be converted to punycode: not enough memory"
                   : "a non-ASCII host that IDNA does not allow";
    }
    size_t count = strlen(ascii);
    bool fits = count < HOSTNAME_MAX && count > 0 && !strpbrk(ascii, forbidden);
    if (fits) {
        memcpy(host, ascii, count + 1);
    }
    idn2_free(ascii);
    return fits ? NULL : "a non-ASCII host that IDNA does not allow";
}

static const char *read_address(const char *text, size_t length, char host[HOSTNAME_MAX])
{
    const char *end = text + length;
    const char *zone = memchr(text, '%', length);
    size_t count = zone ? (size_t)(zone - text) : length;
    if (zone) {
        bool is_encoded = end - zone > 3 && zone[1] == '2' && zone[2] == '5';
        zone += is_encoded ? 3 : 1;
    }
    if (zone == end || length >= HOSTNAME_MAX) {
        return "an invalid IPv6 address";
    }
    struct in6_addr address;
    memcpy(host, text, count);
    host[count] = '\0';
    if (inet_pton(AF_INET6, host, &address) != 1) {
        return "an invalid IPv6 address";
    }
    if (!zone) {
        return NULL;
    }
    if (end - zone >= IF_NAMESIZE) {
        return "an IPv6 zone that is too long for an interface name";
    }
    host[count++] = '%';
    while (zone < end) {
        if (!isalnum((unsigned char)*zone) && !strchr("-._~", *zone)) {
            return "an invalid zone in its IPv6 address; write [fe80::1%25eth0]";
        }
        host[count++] = *zone++;
    }
    host[count] = '\0';
    return NULL;
}

const char *hostname_read(const char *text, size_t length, bool is_ipv6, char host[HOSTNAME_MAX])
{
    return is_ipv6 ? read_address(text, length, host) : read_name(text, length, host);
}

const char *hostname_bare(const char *host, char bare[HOSTNAME_MAX])
{
    size_t length = strcspn(host, "%");
    if (length > 1 && host[length] == '\0' && host[length - 1] == '.') {
        length--;
    }
    snprintf(bare, HOSTNAME_MAX, "%.*s", (int)length, host);
    return bare;
}

const char *hostname_print(const char *host, char text[HOSTNAME_TEXT])
{
    size_t length = strcspn(host, "%");
    bool has_zone = host[length] != '\0';
    if (strchr(host, ':')) {
        snprintf(text, HOSTNAME_TEXT, "[%.*s%s%s]", (int)length, host, has_zone ? "%25" : "",
                 host + length + has_zone);
    } else {
        snprintf(text, HOSTNAME_TEXT, "%s", host);
    }
    return text;
}
